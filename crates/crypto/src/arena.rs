//! Memory for the keys that live long: locked, so that it is never swapped; left out of core dumps and of forks;
//! between guard pages; slots of 32 bytes that are erased when they are given up (docs/keys.md 1).
//!
//! The slots are kept in `sys`, since they are raw memory; this is what is seen of them.

pub use crate::sys::{Arena, Full, Slot};
