//! One page: a run of rows, sealed together under a key that is used once and forgotten when any of them changes.
//!
//! Source: docs/keys.md 6.1. Invariant: what is read is exactly what was written, in the order of the keys, or it is
//! damage; the seal binds a page to its place, so that one cannot stand for another.

use std::collections::BTreeMap;

use crypto::{Rng, aead};
use zeroize::Zeroizing;

use crate::row_key::RowKey;

const MAGIC: &[u8; 4] = b"HGVP";

/// The value of a row. Erased when dropped: it may hold a share.
pub(crate) type Value = Zeroizing<Vec<u8>>;

/// Rows in the order of their keys.
#[derive(Default)]
pub(crate) struct Rows {
    rows: BTreeMap<RowKey, Value>,
    /// Bytes that they take in a page.
    bytes: usize,
}

/// A page that is only read from: the bytes of its rows, none of which is taken out but the one asked for.
pub(crate) struct Plain {
    /// As it was sealed, with the rows in place of the ciphertext.
    page: Zeroizing<Vec<u8>>,
    /// The first key and the last one.
    ends: Option<(RowKey, RowKey)>,
}

impl Plain {
    /// Opens a page.
    pub(crate) fn open(entry: &Entry, mut page: Zeroizing<Vec<u8>>) -> Result<Plain, Damaged> {
        let (nonce, sealed) = page.split_first_chunk_mut().ok_or(Damaged)?;
        aead::Key::new(&entry.key).open(nonce, &entry.place(), sealed).map_err(|_| Damaged)?;
        let mut plain = Plain { page, ends: None };
        let (mut first, mut last): (Option<&[u8]>, Option<&[u8]>) = (None, None);
        let mut from = plain.rows();
        while !from.is_empty() {
            let (key, _) = next_row(&mut from).ok_or(Damaged)?;
            if last.is_some_and(|last| last >= key) {
                return Err(Damaged);
            }
            (first, last) = (first.or(Some(key)), Some(key));
        }
        if let (Some(first), Some(last)) = (first, last) {
            plain.ends = Some((RowKey::read(first).ok_or(Damaged)?, RowKey::read(last).ok_or(Damaged)?));
        }
        Ok(plain)
    }

    /// Whether all keys are from `first` on and below `end`.
    pub(crate) fn are_between(&self, first: &RowKey, end: Option<&RowKey>) -> bool {
        self.ends.is_none_or(|(from, last)| from >= *first && end.is_none_or(|end| last < *end))
    }

    /// The value of a row.
    pub(crate) fn value(&self, wanted: &RowKey) -> Option<&[u8]> {
        let mut from = self.rows();
        while let Some((key, value)) = next_row(&mut from) {
            if key >= wanted.bytes() {
                return (key == wanted.bytes()).then_some(value);
            }
        }
        None
    }

    fn rows(&self) -> &[u8] {
        let until = self.page.len().saturating_sub(aead::TAG_BYTES);
        self.page.get(aead::NONCE_BYTES..until).unwrap_or_default()
    }
}

/// Takes the first row off.
fn next_row<'a>(from: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (len, rest) = from.split_first()?;
    let (key, rest) = rest.split_at_checked(usize::from(*len))?;
    let (len, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)?;
    *from = rest;
    Some((key, value))
}

/// A page that is not what was written. Nothing of it is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Damaged;

/// Where a page lies, and what opens it.
pub(crate) struct Entry {
    /// In a box, so that what moves an entry leaves no key behind.
    pub(crate) key: Box<Zeroizing<[u8; 32]>>,
    /// The number of the file.
    pub(crate) pack: u64,
    /// Where in it, in bytes.
    pub(crate) at: u32,
    /// Nonce, ciphertext and tag, in bytes.
    pub(crate) len: u32,
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn value(&self, key: &RowKey) -> Option<&Value> {
        self.rows.get(key)
    }

    /// The keys from one on, in order.
    pub(crate) fn keys_from(&self, key: &RowKey) -> impl Iterator<Item = &RowKey> {
        self.rows.range(key..).map(|(key, _)| key)
    }

    pub(crate) fn insert(&mut self, key: RowKey, value: Value) {
        self.bytes += row_len(&key, &value);
        if let Some(old) = self.rows.insert(key, value) {
            self.bytes -= row_len(&key, &old);
        }
    }

    pub(crate) fn remove(&mut self, key: &RowKey) -> Option<Value> {
        let value = self.rows.remove(key)?;
        self.bytes -= row_len(key, &value);
        Some(value)
    }

    /// Takes over rows that are not among these.
    pub(crate) fn append(&mut self, mut others: Rows) {
        self.bytes += others.bytes;
        self.rows.append(&mut others.rows);
    }

    /// Cuts off what is more than `most` bytes, at a border between two rows; at least one row stays. The pieces come
    /// out about equally large, so that each has room to grow.
    pub(crate) fn split(mut self, most: usize) -> Vec<Rows> {
        let pieces = self.bytes.div_ceil(most).max(1);
        if pieces == 1 {
            return vec![self];
        }
        let fair = self.bytes.div_ceil(pieces);
        let mut split = Vec::with_capacity(pieces);
        let mut piece = Rows::default();
        while let Some((key, value)) = self.rows.pop_first() {
            let with = piece.bytes + row_len(&key, &value);
            if !piece.is_empty() && (with > most || piece.bytes >= fair) {
                split.push(std::mem::take(&mut piece));
            }
            piece.insert(key, value);
        }
        split.push(piece);
        split
    }

    /// Whether all keys are from `first` on and below `end`.
    pub(crate) fn are_between(&self, first: &RowKey, end: Option<&RowKey>) -> bool {
        self.first().is_none_or(|key| key >= first)
            && end.is_none_or(|end| self.last().is_none_or(|key| key < end))
    }

    pub(crate) fn first(&self) -> Option<&RowKey> {
        self.rows.first_key_value().map(|(key, _)| key)
    }

    pub(crate) fn last(&self) -> Option<&RowKey> {
        self.rows.last_key_value().map(|(key, _)| key)
    }

    /// Seals the rows under a new key at the end of a file that is being made.
    pub(crate) fn seal(&self, rng: &mut dyn Rng, pack: u64, file: &mut Vec<u8>) -> Entry {
        let at = file.len();
        // Room first: growing with plaintext in it would leave the plaintext behind.
        file.reserve(aead::NONCE_BYTES + self.bytes + aead::TAG_BYTES);
        let mut key = Box::new(Zeroizing::new([0; 32]));
        rng.fill(key.as_mut_slice());
        let mut nonce = [0; aead::NONCE_BYTES];
        rng.fill(&mut nonce);
        file.extend_from_slice(&nonce);
        for (key, value) in &self.rows {
            file.push(key.len());
            file.extend_from_slice(key.bytes());
            file.extend_from_slice(&length(value.len()).to_be_bytes());
            file.extend_from_slice(value);
        }
        let entry = Entry { key, pack, at: length(at), len: length(aead::TAG_BYTES + file.len() - at) };
        aead::Key::new(&entry.key).seal(&nonce, &entry.place(), file, at + aead::NONCE_BYTES);
        entry
    }

    /// Opens a page.
    pub(crate) fn open(entry: &Entry, mut sealed: Zeroizing<Vec<u8>>) -> Result<Rows, Damaged> {
        let (nonce, sealed) = sealed.split_first_chunk_mut().ok_or(Damaged)?;
        let key = aead::Key::new(&entry.key);
        let opened = key.open(nonce, &entry.place(), sealed).map_err(|_| Damaged)?;
        Rows::read(opened).ok_or(Damaged)
    }

    fn read(mut from: &[u8]) -> Option<Rows> {
        let bytes = from.len();
        // In a list first: a map that is made of sorted rows is not searched for the place of each.
        let mut rows: Vec<(RowKey, Value)> = Vec::new();
        while !from.is_empty() {
            let (key, value) = next_row(&mut from)?;
            let key = RowKey::read(key)?;
            if rows.last().is_some_and(|(last, _)| *last >= key) {
                return None;
            }
            rows.push((key, Zeroizing::new(value.to_vec())));
        }
        Some(Rows { rows: rows.into_iter().collect(), bytes })
    }
}

impl Entry {
    /// What the seal binds besides the rows.
    fn place(&self) -> [u8; 16] {
        let mut place = [0; 16];
        let parts = [MAGIC.as_slice(), &self.pack.to_be_bytes(), &self.at.to_be_bytes()];
        for (to, from) in place.iter_mut().zip(parts.concat()) {
            *to = from;
        }
        place
    }
}

/// What a row takes in a page.
fn row_len(key: &RowKey, value: &Value) -> usize {
    1 + usize::from(key.len()) + 4 + value.len()
}

/// Files are about four megabytes long, and a row at most 256 KiB.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use crypto::testing::Seeded;
    use custody::wire::Handle;

    use super::*;

    fn key(n: u8) -> RowKey {
        RowKey::share(Handle([n; 16]))
    }

    fn rows(count: u8, len: usize) -> Rows {
        let mut rows = Rows::default();
        for n in 0..count {
            rows.insert(key(n), Zeroizing::new(vec![n; len]));
        }
        rows
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only() {
        let mut rng = Seeded::new(1);
        let mut file = vec![1, 2, 3];
        let entry = rows(9, 100).seal(&mut rng, 7, &mut file);
        assert_eq!((entry.at, entry.len as usize), (3, file.len() - 3));
        let sealed = || Zeroizing::new(file[3..].to_vec());
        let opened = Rows::open(&entry, sealed()).unwrap_or_else(|_| panic!("it is whole"));
        assert!((0..9).all(|n| opened.value(&key(n)).is_some_and(|value| ***value == [n; 100])));
        assert_eq!(opened.bytes(), rows(9, 100).bytes());
        for bit in 0..sealed().len() * 8 {
            let mut flipped = sealed();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Rows::open(&entry, flipped).is_err());
        }
        for len in 0..sealed().len() {
            assert!(Rows::open(&entry, Zeroizing::new(sealed()[..len].to_vec())).is_err());
        }
        let elsewhere = Entry { at: 4, key: entry.key.clone(), ..entry };
        assert!(Rows::open(&elsewhere, sealed()).is_err());
        let elsewhere = Entry { at: 3, pack: 8, ..elsewhere };
        assert!(Rows::open(&elsewhere, sealed()).is_err());
    }

    #[test]
    fn the_same_rows_never_come_out_the_same() {
        let mut rng = Seeded::new(1);
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let (first, second) = (rows(2, 50).seal(&mut rng, 1, &mut a), rows(2, 50).seal(&mut rng, 1, &mut b));
        assert!(a != b && **first.key != **second.key);
    }

    #[test]
    fn pieces_are_fair_and_a_large_row_stands_alone() {
        let pieces = rows(100, 100).split(4000);
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|piece| piece.bytes() > 2800 && piece.bytes() <= 4000));
        let mut uneven = rows(3, 100);
        uneven.insert(key(1), Zeroizing::new(vec![0; 5000]));
        let sizes: Vec<usize> = uneven.split(1000).iter().map(|piece| piece.rows.len()).collect();
        assert_eq!(sizes, [1, 1, 1]);
        assert_eq!(rows(1, 10).split(4000).len(), 1);
    }

    #[test]
    fn rows_out_of_order_are_damage() {
        let row = |n: u8| [&[17][..], key(n).bytes(), &[0, 0, 0, 1, n]].concat();
        assert!(Rows::read(&[row(1), row(2)].concat()).is_some());
        assert!(Rows::read(&[row(2), row(1)].concat()).is_none());
        assert!(Rows::read(&[row(2), row(2)].concat()).is_none());
        assert!(Rows::read(&[27]).is_none());
    }
}
