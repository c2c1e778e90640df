//! The only door to a disk: what is not an [`AtRest`] cannot be stored, and nothing but sealing makes one.
//!
//! Every record is locked by two keys at once: the confidentiality key C of its box, and a leaf of the box's erasure tree,
//! which a deletion makes underivable for ever. This crate holds both while they are warm ([`Keyring`]), derives record
//! keys, and computes the next state of a tree when leaves are cut out ([`State::cut`]). Where shared keys come from is
//! none of its business: what is missing is said as a [`Need`]. Every byte is drawn in docs/keys.md. Invariants:
//! - No randomness, clock or disk of its own; secrets have no `Debug`, `Display` or serialisation, and are erased on drop.
//! - What was cut out of the tree cannot be derived from anything that is left.
//! - A value opens under the row key it was sealed for, and under no other (P16).
//! - No record number is issued twice in a box.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a test that fails may panic"
    )
)]
#![forbid(unsafe_code)]

pub mod log;
#[cfg(feature = "testing")]
pub mod testing;

mod at_rest;
mod few;
mod header;
mod keys;
mod need;
mod number;
mod ring;
mod row;
mod secret;
mod state;
mod tree;
mod value;

pub use at_rest::{AtRest, Sealed};
pub use few::Few;
pub use header::{Header, Version};
pub use keys::{BoxKeys, DayKey, DeviceKey, LeafError, OpenError, RecordKey, SystemKey};
pub use need::{Missing, Need};
pub use number::{Incarnation, Number, NumberRange, Numbering};
pub use ring::{Blank, BoxSecrets, Evicted, InstallError, Keyring};
pub use row::{
    DirectoryBox, NAME_PAGES, OwnerNames, OwnerTag, PageOfNames, RowKey, RowNames, Subject, table,
};
pub use secret::{Plaintext, Secret};
pub use state::{Change, CutError, Estimate, Life, PageId, State, StateError};
