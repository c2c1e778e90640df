//! Everything the crate computes, against published vectors and against independent implementations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that fails may panic"
)]

mod aead;
mod arena;
mod ctr;
mod dh;
mod hash;
mod hkdf;
mod ige;
mod padding;
mod pq;
mod rsa;
mod sched;
mod secrets;
mod share;
mod sign;
mod stream;
mod support;
