//! Newtypes and limits shared by every floor.
//!
//! A number that means something has a type here, so that a message number cannot be passed where a peer is
//! expected. This crate has no dependency, and no behaviour beyond conversion and the counting that limits are kept with
//! ([`Budgets`]).
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![forbid(unsafe_code)]

pub mod limits;
pub mod sabotage;

mod address;
mod budget;
mod number;
mod time;

pub use address::counted_address;
pub use budget::Budgets;
pub use number::{
    AuthKeyId, BoxId, ConnId, DcId, FileId, Layer, MsgId, Pts, Qts, RandomId, SessionId, UserId, WireMsgId,
};
pub use time::{Now, UnixTime};
