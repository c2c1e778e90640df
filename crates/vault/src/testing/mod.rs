//! For tests of this and of other crates: a disk in memory that fails on demand, and a vault that misbehaves.
//!
//! Only behind the feature `testing`, which no crate may ask for but in its dev-dependencies.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is wrong about its own data should stop at once"
)]

mod faulty;
mod ram;

pub use faulty::{Faulty, Misdeed};
pub use ram::Ram;
