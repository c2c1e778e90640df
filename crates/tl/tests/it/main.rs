//! The crate from outside: codec, limits, layers, look-ups, and another implementation as an oracle.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and its own tables are small"
)]

mod bridges;
mod checksums;
mod codec;
mod dice;
mod examples;
mod history;
mod hostile;
mod layers;
mod lookups;
mod notation;
mod oracle;
mod strict;
