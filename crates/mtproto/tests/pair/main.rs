//! Client and server against each other, without sockets: a clock that is moved by hand, links that delay, cut, lose,
//! repeat and reorder, all from one seed.
//!
//! `streams` runs the whole stack (transports, key exchange, connections, sessions) over byte streams that break;
//! `middleman` runs sessions over a link on which single packets are lost, repeated and exchanged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that is wrong about its own data should stop at once"
)]

mod answering;
mod binding;
mod device;
mod middleman;
mod network;
mod replays;
mod server;
mod sessions;
mod start;
mod streams;
