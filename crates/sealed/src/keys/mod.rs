//! The keys that seal and open values, one type for each kind.

use ids::BoxId;

use crate::{AtRest, Change, Number, OwnerNames, PageId, RowKey, Secret, State, StateError, Version};

pub(crate) mod prf;

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

/// The key of one version of one record.
pub struct RecordKey(#[allow(dead_code, reason = "skeleton")] Secret<[u8; 32]>);

/// The keys of a box in memory. Holding one pins the box: it is not dropped for idleness meanwhile.
#[derive(Clone)]
pub struct BoxKeys(OwnerNames);

impl BoxKeys {
    /// The box.
    #[must_use]
    pub fn id(&self) -> BoxId {
        BoxId(0)
    }

    /// The epoch of its erasure state.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        0
    }

    /// Makes its row keys.
    #[must_use]
    pub fn names(&self) -> &OwnerNames {
        &self.0
    }

    /// Issues a number whose leaf is alive and at hand.
    ///
    /// # Errors
    /// See [`LeafError`]; never `Dead`, since dead numbers are skipped.
    pub fn next_number(&self) -> Result<Number, LeafError> {
        Err(LeafError::Closed)
    }

    /// The number that would be issued next. All numbers of this box that exist anywhere lie below, as long as the box
    /// stays in memory.
    #[must_use]
    pub fn next_up(&self) -> Number {
        Number(0)
    }

    /// Takes a page of the erasure state in; at most 32 stay, the longest unused is erased.
    ///
    /// # Errors
    /// When the page is not of this state, or not the one that was sealed.
    pub fn open_page(&self, _page: PageId, _at_rest: &AtRest) -> Result<(), StateError> {
        Err(StateError::Forged)
    }

    /// The key of a record of this box: kind 1.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn record_key(&self, _number: Number, _row: &RowKey) -> Result<RecordKey, LeafError> {
        Err(LeafError::Closed)
    }

    /// Seals a record: kind 1, 40 bytes longer than `plain`.
    ///
    /// # Errors
    /// See [`LeafError`].
    pub fn seal(
        &self,
        _row: &RowKey,
        _version: Version,
        _plain: &[u8],
        _rng: &mut dyn crypto::Rng,
    ) -> Result<AtRest, LeafError> {
        Err(LeafError::Closed)
    }

    /// Opens a record: kind 1.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&self, _row: &RowKey, _at_rest: &AtRest) -> Result<Secret<Vec<u8>>, OpenError> {
        Err(OpenError::Forged)
    }

    /// Seals a short-lived record of this box: kind 2, with the next number of the short-lived tree.
    ///
    /// # Errors
    /// See [`LeafError`]; pages are those of the short-lived tree.
    pub fn seal_short(
        &self,
        _short: &BoxKeys,
        _row: &RowKey,
        _number: Number,
        _plain: &[u8],
        _rng: &mut dyn crypto::Rng,
    ) -> Result<AtRest, LeafError> {
        Err(LeafError::Closed)
    }

    /// Opens a short-lived record of this box: kind 2.
    ///
    /// # Errors
    /// See [`OpenError`]; pages are those of the short-lived tree.
    pub fn open_short(
        &self,
        _short: &BoxKeys,
        _row: &RowKey,
        _at_rest: &AtRest,
    ) -> Result<Secret<Vec<u8>>, OpenError> {
        Err(OpenError::Forged)
    }

    /// The erasure state as it is now, for the shred tick.
    ///
    /// # Errors
    /// `Closed` only.
    pub fn state(&self) -> Result<State, LeafError> {
        Err(LeafError::Closed)
    }

    /// Goes over to the next epoch, in place: seeds and pages of the earlier one are erased. Going over twice is as
    /// going over once.
    ///
    /// # Errors
    /// `Stale` when the change does not follow the epoch that the box is at.
    pub fn advance(&self, _change: &Change) -> Result<(), StateError> {
        Err(StateError::Stale)
    }
}

macro_rules! plain_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(());

        impl $name {
            /// Seals a value for its row.
            pub fn seal(&self, _row: &RowKey, _plain: &[u8], _rng: &mut dyn crypto::Rng) -> AtRest {
                AtRest::sealed(Vec::new())
            }

            /// Opens a value of this row.
            ///
            /// # Errors
            /// `Forged` or `OtherKind`.
            pub fn open(&self, _row: &RowKey, _at_rest: &AtRest) -> Result<Secret<Vec<u8>>, OpenError> {
                Err(OpenError::Forged)
            }
        }
    };
}

plain_key! {
    /// The key of a device: kind 3.
    DeviceKey
}
plain_key! {
    /// The key of a day: kind 4. A key opens values of its own day only.
    DayKey
}
plain_key! {
    /// The system key: kind 5. Nothing that names or describes a person lies under it.
    SystemKey
}
