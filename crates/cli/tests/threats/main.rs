//! The threats to the protocol, one file per row of the threat table, each against the real binary over loopback.
//!
//! A file names in its header the expression of the server that, removed, turns it red. How often something random is
//! tried is scaled to a few minutes for all; HELIOGRAPH_RUNS multiplies it, up to the figures of the table.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it waits for; anything else of hundreds of kinds fails it"
)]

#[path = "../support/mod.rs"]
mod support;

mod blocking;
mod bystander;
mod exchange;
mod ground;
mod packet;
mod probing;
mod raw;
mod schema;
mod statistics;

mod t01_reordering;
mod t02_resends;
mod t03_broken_packets;
mod t04_rsa_oracle;
mod t05_handshake_states;
mod t06_replays;
mod t07_duplicates;
mod t08_weak_dh;
mod t09_key_collisions;
mod t10_salts;
mod t11_session_confusion;
mod t12_temp_keys;
mod t13_probing;
mod t15_lengths;
mod t16_containers;
mod t17_randomness;

mod a06_slowloris;
mod a07_memory;
mod a08_gzip_bombs;
mod a09_nesting;
mod a10_huge_vectors;
mod a16_log_out;
