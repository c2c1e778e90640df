//! The keys that seal and open values, one type for each kind. Source: docs/keys.md 4.2.

mod box_keys;
mod fixed;
mod leaves;
mod opened;
mod record;

pub use box_keys::BoxKeys;
pub use fixed::{DayKey, DeviceKey, SystemKey};
pub use record::RecordKey;

use crate::PageId;

/// Why a number has no leaf here and now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LeafError {
    /// It was cut out, and with it everything that lies under it.
    #[error("the number was cut out of the tree")]
    Dead,
    /// Its page of the erasure state has to be read and handed to [`BoxKeys::open_page`] first.
    #[error("a page of the erasure state is not open")]
    PageMissing(PageId),
    /// The box was closed while somebody still held it: its keys are erased.
    #[error("the keys of the box are erased")]
    Closed,
    /// No number is left for this start of the server.
    #[error("the box has no number left")]
    Exhausted,
}

/// Why a value does not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Its leaf is dead or not at hand.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// It was not sealed for this row under this key: changed, moved, or of another owner.
    #[error("the value was not sealed for this row")]
    Forged,
    /// It lies under a key of another kind.
    #[error("the value lies under another kind of key")]
    OtherKind,
}
