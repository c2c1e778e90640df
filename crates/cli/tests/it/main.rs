//! The real binary, from outside: processes, sockets and files, nothing of the code in between.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for a few variants among the hundreds of the schema"
)]
mod admin;
mod backup;
mod bad_input;
mod bad_rows;
#[cfg(feature = "sabotage")]
mod breaches;
mod budgets;
mod devices;
mod disk;
mod doctor;
mod examined;
mod exhumed;
mod http;
mod kit;
mod limits;
mod logins;
mod memory;
mod nothing;
mod operators;
mod order;
mod peer;
mod places;
mod private;
mod process;
mod raw_image;
mod replaced;
mod sealed;
mod serve;
#[path = "../support/shim.rs"]
mod shim;
mod socket;
mod timers;
mod vaults;
mod wire;
