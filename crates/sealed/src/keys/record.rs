//! The key of one record: what a leaf and C give together. Source: docs/keys.md 4.2.

use crypto::hkdf;
use zeroize::Zeroizing;

use crate::tree::Seed;
use crate::{AtRest, Header, Number, OpenError, RowKey, Secret, value};

/// The key of one number of one row. Neither C without the leaf nor the leaf without C gives it.
pub struct RecordKey {
    number: Number,
    key: Zeroizing<[u8; 32]>,
}

impl RecordKey {
    pub(crate) fn of(number: Number, leaf: &Seed, c: &[u8; 32], row: &RowKey) -> Self {
        Self { number, key: hkdf::derive(&**leaf, c, &[b"heliograph record", row.binding()]) }
    }

    /// Seals a value under a header that names this number.
    pub(crate) fn seal(
        &self,
        header: Header,
        row: &RowKey,
        plain: &[u8],
        rng: &mut dyn crypto::Rng,
    ) -> AtRest {
        value::seal(&self.key, header, row, plain, rng)
    }

    /// Opens a value whose header names this number.
    pub(crate) fn open(
        &self,
        header_bytes: usize,
        row: &RowKey,
        at_rest: &AtRest,
    ) -> Result<Secret<Vec<u8>>, OpenError> {
        value::open(&self.key, header_bytes, row, at_rest)
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> Number {
        self.number
    }
}
