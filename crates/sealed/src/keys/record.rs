//! The key of one record: what a leaf and C give together. Source: docs/keys.md 4.2.

use crypto::sha256_keyed;

use crate::secret::Erased;
use crate::tree::Seed;
use crate::{AtRest, Header, Number, OpenError, Plaintext, RowKey, value};

/// The key of one number of one row. Neither C without the leaf nor the leaf without C gives it.
#[derive(Clone)]
pub struct RecordKey {
    number: Number,
    /// That of the box whose C is in it.
    epoch: u32,
    key: Erased,
}

impl RecordKey {
    pub(crate) fn of((number, epoch): (Number, u32), leaf: &Seed, c: &[u8; 32], row: &RowKey) -> Self {
        let row = row.binding();
        let [.., high, low] = row.len().to_be_bytes();
        // Both secrets are one block of the hash and all else is another: two compressions, where HKDF takes eight.
        let key = sha256_keyed([c, leaf], &[b"heliograph record", &[high, low], row]);
        Self { number, epoch, key: Erased::new(key) }
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
    ) -> Result<Plaintext, OpenError> {
        value::open(&self.key, header_bytes, row, at_rest)
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> Number {
        self.number
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }
}
