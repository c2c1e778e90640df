//! Every method through one door: a world with a fake clock, a seeded source of randomness and the in-memory engine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test reports by panicking"
)]

mod auth;
mod contacts;
mod dispatch;
mod help;
mod messages;
mod stubs;
mod updates;
mod users;
mod world;
