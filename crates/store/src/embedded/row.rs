//! The engine's own row: it goes with every batch, so that the commit number survives restarts and a journal can be
//! judged by itself.
//!
//! Rows of the store lie under [`ROWS`] ‖ key, the engine's one row under [`OWN_KEY`]. Its value, big-endian:
//! `"HGC1" ‖ commit(8) ‖ durable(8) ‖ counter(8) ‖ XXH3-64 of all before it(8)`: the number of this commit, the
//! watermark and the sequence counter of fjall just before it was written. It says nothing about any row.

use crate::Commit;

/// What stands before each key of the store's own.
pub(super) const ROWS: u8 = 1;
/// The key of the engine's row.
pub(super) const OWN_KEY: [u8; 1] = [0];
/// The key of zeros that fill a journal, so that fjall begins the next one; deleted again at once.
pub(super) const FILLER_KEY: [u8; 2] = [0, 0];
/// What the value of the engine's row begins with.
pub(super) const MAGIC: [u8; 4] = *b"HGC1";
/// Bytes of that value.
pub(super) const BYTES: usize = 36;

/// What the engine's row says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct OwnRow {
    /// The commit that wrote it.
    pub(super) commit: Commit,
    /// What was known to be durable then.
    pub(super) durable: Commit,
    /// fjall's sequence counter then: the batch itself has this number or a greater one.
    pub(super) counter: u64,
}

impl OwnRow {
    pub(super) fn encode(&self) -> [u8; BYTES] {
        let mut out = [0; BYTES];
        let fields = [
            &MAGIC[..],
            &self.commit.0.to_be_bytes(),
            &self.durable.0.to_be_bytes(),
            &self.counter.to_be_bytes(),
        ];
        for (place, byte) in out.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
        let check = check(&out);
        for (place, byte) in out.iter_mut().rev().zip(check.iter().rev()) {
            *place = *byte;
        }
        out
    }

    /// `None` unless these are exactly the bytes of a row.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
        let number = |from: usize| {
            bytes.get(from..from + 8).and_then(|field| field.try_into().ok()).map(u64::from_be_bytes)
        };
        if !bytes.starts_with(&MAGIC) || bytes.last_chunk() != Some(&check(bytes)) {
            return None;
        }
        Some(Self { commit: Commit(number(4)?), durable: Commit(number(12)?), counter: number(20)? })
    }
}

fn check(row: &[u8; BYTES]) -> [u8; 8] {
    xxhash_rust::xxh3::xxh3_64(row.get(..BYTES - 8).unwrap_or_default()).to_be_bytes()
}

/// The key under which fjall keeps a key of the store.
pub(super) fn stored_key(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 1);
    out.push(ROWS);
    out.extend_from_slice(key);
    out
}

#[cfg(test)]
mod tests {
    use super::{BYTES, OwnRow};
    use crate::Commit;

    #[test]
    fn one_wrong_bit_is_no_row() {
        let row = OwnRow { commit: Commit(7), durable: Commit(5), counter: u64::MAX };
        let good = row.encode();
        assert_eq!(OwnRow::decode(&good), Some(row));
        for bit in 0..BYTES * 8 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(OwnRow::decode(&bad), None, "bit {bit}");
        }
        assert_eq!(OwnRow::decode(&good[1..]), None);
    }
}
