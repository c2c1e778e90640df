//! Every method through one door: a world with a fake clock, a seeded source of randomness and the in-memory engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test reports by panicking"
)]

/// Whether each first use of a key is a need, and the call is run again: `cold.rs` runs all of this so.
pub(crate) const COLD: bool = false;

mod account;
mod auth;
mod contacts;
mod dispatch;
mod flood;
mod folders;
mod foreign;
mod help;
mod lists;
mod messages;
mod starts;
mod stories;
mod stubs;
mod updates;
mod upload;
mod users;
mod world;
