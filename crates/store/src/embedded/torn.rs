//! What is salvaged from the torn end of a journal before it is cut off: whose versions lay there and their numbers, kept in
//! a file of the folder until the store has seen to it that they are cut out.
//!
//! ```text
//! torn = "HGT1" ‖ versions × (owner(12) ‖ number(8) ‖ kind(1): 1 record, 2 short-lived record) ‖ XXH3-64 of all before it(8)
//! ```
//!
//! A torn end can lack any of its sectors, so items are found by their shape, wherever they begin; what is found by chance
//! names an owner that does not exist. Source: docs/keys.md 4.5, 5.4.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use sealed::{AtRest, Number, RowKey};
use xxhash_rust::xxh3::xxh3_64;

use super::border::Trouble;
use super::journal::{CHUNK_BYTES, data_after, len};
use super::row;
use crate::Torn;

/// The name of the file.
pub(super) const NAME: &str = "torn";
const MAGIC: [u8; 4] = *b"HGT1";
/// Owner, number and kind.
const ENTRY_BYTES: usize = 21;
/// An item up to its key.
const HEAD_BYTES: usize = 21;
/// Longer than any key of a row, with the byte before it.
const KEY_BYTES_MAX: usize = 255;
/// First byte of a value, and its number.
const NUMBERED_BYTES: usize = 12;
/// What an item takes up to the number of its value.
const ITEM_BYTES_MAX: usize = HEAD_BYTES + KEY_BYTES_MAX + NUMBERED_BYTES;

/// The versions that lie in a journal from `at` on.
pub(super) fn salvage(journal: &mut File, at: u64) -> Result<BTreeSet<Torn>, Trouble> {
    let mut found = BTreeSet::new();
    let mut at = at;
    while let Some(data) = data_after(journal, at)? {
        journal.seek(SeekFrom::Start(data))?;
        let mut chunk = Vec::new();
        // An item may lie across the border of two chunks.
        journal.take(len(CHUNK_BYTES + ITEM_BYTES_MAX)).read_to_end(&mut chunk)?;
        let begins = (0..chunk.len().min(CHUNK_BYTES)).filter_map(|begin| chunk.get(begin..));
        found.extend(begins.filter_map(version));
        at = data + len(CHUNK_BYTES);
    }
    Ok(found)
}

/// The version in the item that begins here, if one does; its end may be missing.
pub(crate) fn version(bytes: &[u8]) -> Option<Torn> {
    let (head, rest) = bytes.split_first_chunk::<HEAD_BYTES>()?;
    let [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, k0, k1, ..] = *head else { return None };
    let key_bytes = usize::from(u16::from_le_bytes([k0, k1]));
    let (key, value) = rest.split_at_checked(key_bytes).filter(|_| key_bytes <= KEY_BYTES_MAX)?;
    let (&row::ROWS, key) = key.split_first()? else { return None };
    let numbered = value.get(..value.len().min(NUMBERED_BYTES))?;
    Torn::of(&RowKey::read_back(key.to_vec()), &AtRest::read_back(numbered.to_vec()))
}

/// What the file of a folder says; nothing if there is none.
pub(super) fn read(folder: &Path) -> Result<BTreeSet<Torn>, Trouble> {
    let bytes = match std::fs::read(folder.join(NAME)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error.into()),
    };
    decode(&bytes).ok_or(Trouble::Damaged)
}

pub(crate) fn encode(torn: &BTreeSet<Torn>) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    for Torn { owner, number, is_short } in torn {
        out.extend(owner);
        out.extend(number.0.to_be_bytes());
        out.push(if *is_short { 2 } else { 1 });
    }
    out.extend(xxh3_64(&out).to_be_bytes());
    out
}

pub(crate) fn decode(bytes: &[u8]) -> Option<BTreeSet<Torn>> {
    let (said, check) = bytes.split_last_chunk::<8>()?;
    if *check != xxh3_64(said).to_be_bytes() {
        return None;
    }
    let entry = |entry: &[u8]| {
        let (owner, rest) = entry.split_first_chunk::<12>()?;
        let (number, kind) = rest.split_first_chunk::<8>()?;
        let is_short = match kind {
            [1] => false,
            [2] => true,
            _ => return None,
        };
        Some(Torn { owner: *owner, number: Number(u64::from_be_bytes(*number)), is_short })
    };
    said.strip_prefix(&MAGIC)?.chunks(ENTRY_BYTES).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R5: and what is no such file is not taken for one.
    #[test]
    fn r5_one_wrong_bit_is_found() {
        let torn = |owner, number, is_short| Torn { owner: [owner; 12], number: Number(number), is_short };
        let all = BTreeSet::from([torn(1, 7, false), torn(2, 1 << 60, true)]);
        let good = encode(&all);
        assert!(decode(&good) == Some(all) && decode(&encode(&BTreeSet::new())) == Some(BTreeSet::new()));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bad).is_none(), "bit {bit}");
        }
        assert!((0..good.len()).all(|end| decode(&good[..end]).is_none()));
    }
}
