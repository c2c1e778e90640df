//! What exhume opens of folders that a miniature writer made, written from docs/keys.md like exhume itself.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that fails may panic"
)]

mod alone;
mod finds;
mod folder;
mod program;
mod writer;
