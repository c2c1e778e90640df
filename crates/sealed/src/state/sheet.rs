//! The sheet of an epoch: which pages there are, and their keys. Source: docs/keys.md 5.

use crypto::hkdf;
use ids::limits::STATE_SHEET_BYTES_MAX;
use zeroize::Zeroizing;

use crate::state::page::{PageKey, SEAL_BYTES};
use crate::{AtRest, Header, PageId, RowKey, Secret, StateError, value};

/// Version of the form below.
const VERSION: u8 = 1;
/// Bytes before the entries, and of each.
const HEAD_BYTES: usize = 5;
const ENTRY_BYTES: usize = 50;

/// Where a page stands; no secret.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) id: PageId,
    /// The first leaf of its first node.
    pub(crate) first: u64,
    /// How many nodes are in it.
    pub(crate) nodes: u16,
}

/// A page in a sheet.
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) key: PageKey,
}

pub(crate) fn seal(x: &[u8; 32], row: &RowKey, entries: &[Entry], rng: &mut dyn crypto::Rng) -> AtRest {
    let plain = Secret::made(|bytes: &mut Vec<u8>| {
        bytes.reserve_exact(HEAD_BYTES + entries.len() * ENTRY_BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(&u32::try_from(entries.len()).unwrap_or(u32::MAX).to_be_bytes());
        for Entry { place, key } in entries {
            bytes.extend_from_slice(&place.id.to_bytes());
            bytes.extend_from_slice(&place.first.to_be_bytes());
            bytes.extend_from_slice(&place.nodes.to_be_bytes());
            bytes.extend_from_slice(key.expose());
        }
    });
    value::seal(&sheet_key(x), Header::State, row, plain.expose(), rng)
}

pub(crate) fn open(x: &[u8; 32], row: &RowKey, at_rest: &AtRest) -> Result<Vec<Entry>, StateError> {
    let Some((Header::State, header_bytes)) = Header::split(at_rest.as_bytes()) else {
        return Err(StateError::Forged);
    };
    let plain = value::open(&sheet_key(x), header_bytes, row, at_rest).map_err(|_| StateError::Forged)?;
    read(plain.expose()).ok_or(StateError::Forged)
}

fn read(plain: &[u8]) -> Option<Vec<Entry>> {
    let (&VERSION, rest) = plain.split_first()? else { return None };
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let (chunks, tail) = rest.as_chunks::<ENTRY_BYTES>();
    if !tail.is_empty() || u32::try_from(chunks.len()) != Ok(u32::from_be_bytes(*count)) {
        return None;
    }
    let entries: Vec<Entry> = chunks.iter().map(read_entry).collect::<Option<_>>()?;
    let ascending =
        entries.iter().zip(entries.iter().skip(1)).all(|(one, next)| one.place.first < next.place.first);
    ascending.then_some(entries)
}

fn read_entry(bytes: &[u8; ENTRY_BYTES]) -> Option<Entry> {
    let (id, rest) = bytes.split_first_chunk::<8>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let (nodes, key) = rest.split_first_chunk::<2>()?;
    let place = Place {
        id: PageId::from_bytes(*id),
        first: u64::from_be_bytes(*first),
        nodes: u16::from_be_bytes(*nodes),
    };
    let key: &[u8; 32] = key.first_chunk()?;
    Some(Entry { place, key: Secret::made(|copy: &mut [u8; 32]| copy.copy_from_slice(key)) })
}

fn sheet_key(x: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    hkdf::derive(x, b"", &[b"heliograph sheet"])
}

/// Bytes of a sealed sheet of this many pages; nothing if there is no such one.
pub(crate) fn sealed_bytes(pages: usize) -> Option<usize> {
    let bytes = SEAL_BYTES + HEAD_BYTES + pages * ENTRY_BYTES;
    (bytes <= STATE_SHEET_BYTES_MAX).then_some(bytes)
}
