//! What the crate promises, from outside: bytes as docs/keys.md draws them, nothing that was cut out, nothing moved.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that fails may panic"
)]

mod answers;
mod cover;
mod debug;
mod forgeries;
mod held;
mod memory;
mod naive;
mod numbers;
mod size;
mod world;
