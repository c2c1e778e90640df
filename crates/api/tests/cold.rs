//! Every method again, over a keyring in which each first use of a box, a device or a blank box is a need: a call that
//! was run again leaves the same as one that ran once.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test reports by panicking"
)]

/// See `main.rs`.
pub(crate) const COLD: bool = true;

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
