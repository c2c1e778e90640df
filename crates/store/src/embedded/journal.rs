//! The journal as it lies on the disk, read before fjall reads it.
//!
//! fjall takes a journal that ends in the middle of a batch, but not one whose last batches lost some of their sectors in a
//! power cut: a batch whose checksum is wrong is an error to it, and its checksum covers neither a batch's sequence number
//! nor what comes after a batch that does not parse. So the journals are walked here first. A batch counts when it
//! parses, its checksum is right, it holds the engine's row, and commit and sequence numbers go on from those before.
//! The first that does not count is the end, if nothing behind it can have been promised to anybody: the end is cut
//! off; what numbers it held is kept (`torn`). If a row behind it knew a commit as durable that would be cut, the journal is damaged and nothing is touched.
//!
//! Layout (fjall 3.1.13, little-endian): start `1 ‖ items(4) ‖ sequence(8)`; item `2 ‖ kind(1) ‖ compression(1) ‖
//! keyspace(8) ‖ key length(2) ‖ value length(4) ‖ stored length(4) ‖ key ‖ value`; end `3 ‖ XXH3-64 of all items(8) ‖
//! "FJL\x03"`. A new journal is 64 MiB of zeros.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rustix::fs::SeekFrom as Sparse;
use xxhash_rust::xxh3::Xxh3;

use super::border::Trouble;
use super::row::{self, OwnRow};
use super::torn;
use crate::{Commit, Torn};

/// Items that one batch can have; a transaction has a few.
const BATCH_ITEMS_MAX: u32 = 1 << 20;
/// fjall takes sequence numbers for its own changes too; a jump beyond this is a wrong bit.
const COUNTER_JUMP_MAX: u64 = 1 << 24;
/// How much is read at once.
pub(super) const CHUNK_BYTES: usize = 64 * 1024;

/// What the journals say together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Journals {
    /// How long they are together.
    pub(super) bytes: u64,
    /// The last commit in them.
    pub(super) last: Option<Commit>,
    /// The greatest watermark that any of their rows knew.
    pub(super) promised: Commit,
    /// The number before the first commit in them, and fjall's counter then: what the tables must hold.
    pub(super) before: Option<OwnRow>,
}

/// The journals of a folder, oldest first.
pub(super) fn list(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Trouble> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".jnl")) else { continue };
        found.push((stem.parse().map_err(|_| Trouble::Damaged)?, entry.path()));
    }
    found.sort_unstable();
    Ok(found)
}

/// Walks all journals and cuts off the torn end of the newest one, once `keep` has kept what is to be known of it.
pub(super) fn repair(
    folder: &Path,
    keep: impl FnOnce(BTreeSet<Torn>) -> Result<(), Trouble>,
) -> Result<Journals, Trouble> {
    let mut keep = Some(keep);
    let files = list(folder)?;
    let mut told = Journals::default();
    let mut walk = Walk { previous: None };
    let newest = files.len().checked_sub(1).ok_or(Trouble::Damaged)?;
    for (place, (_, path)) in files.iter().enumerate() {
        let mut file = BufReader::with_capacity(CHUNK_BYTES, File::open(path)?);
        let mut end = 0;
        while let Some(row) = walk.batch(&mut file)? {
            end = file.stream_position()?;
            told.before.get_or_insert(row);
            told.promised = told.promised.max(row.durable);
            told.last = Some(row.commit);
        }
        told.bytes += end;
        let mut file = file.into_inner();
        let Some(rest) = data_after(&mut file, end)? else {
            continue;
        };
        if place != newest {
            // It was synced before the next one was made, so no power cut did this.
            return Err(Trouble::Damaged);
        }
        let behind = promised_behind(&mut file, rest)?;
        if told.last.is_some_and(|last| behind > last) {
            return Err(Trouble::Damaged);
        }
        told.promised = told.promised.max(behind);
        let torn = torn::salvage(&mut file, rest)?;
        keep.take().map_or(Ok(()), |keep| keep(torn))?;
        cut(path, end)?;
    }
    Ok(told)
}

pub(super) fn cut(path: &Path, end: u64) -> Result<(), Trouble> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(end)?;
    file.sync_all()?;
    Ok(())
}

struct Walk {
    /// The row of the batch before, and that batch's own sequence number.
    previous: Option<(OwnRow, u64)>,
}

impl Walk {
    /// The next batch's row; `None` where there is no batch that counts.
    fn batch(&mut self, file: &mut impl Read) -> Result<Option<OwnRow>, Trouble> {
        match self.read(file) {
            Ok(found) => Ok(found),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self, file: &mut impl Read) -> io::Result<Option<OwnRow>> {
        let [1] = bytes(file)? else { return Ok(None) };
        let items = u32::from_le_bytes(bytes(file)?);
        let sequence = u64::from_le_bytes(bytes(file)?);
        if items == 0 || items > BATCH_ITEMS_MAX {
            return Ok(None);
        }
        let mut hash = Xxh3::new();
        let mut own = None;
        for item in 0..items {
            let Some(found) = read_item(file, &mut hash)? else { return Ok(None) };
            match (item, found) {
                (0, Some(row)) => own = Some(row),
                (1.., None) => {}
                (_, _) => return Ok(None),
            }
        }
        let [3] = bytes(file)? else { return Ok(None) };
        let sum = u64::from_le_bytes(bytes(file)?);
        if sum != hash.digest() || bytes(file)? != *b"FJL\x03" {
            return Ok(None);
        }
        let Some(row) = own.filter(|row| self.follows(row, sequence)) else { return Ok(None) };
        self.previous = Some((row, sequence));
        Ok(Some(row))
    }

    fn follows(&self, row: &OwnRow, sequence: u64) -> bool {
        let counted = sequence >= row.counter && sequence - row.counter <= COUNTER_JUMP_MAX;
        counted
            && self.previous.is_none_or(|(before, taken)| {
                row.commit.0 == before.commit.0 + 1
                    && row.counter > taken
                    && row.counter - taken <= COUNTER_JUMP_MAX
                    && row.durable >= before.durable
            })
    }
}

/// Reads an item. Outer `None`: it is none. Inner: the engine's row, if it is that.
fn read_item(file: &mut impl Read, hash: &mut Xxh3) -> io::Result<Option<Option<OwnRow>>> {
    let head: [u8; 21] = bytes(file)?;
    let [2, 0 | 1, 0, rest @ ..] = head else { return Ok(None) };
    let [1, 0, 0, 0, 0, 0, 0, 0, key @ .., _, _, _, _, _, _, _, _] = rest else { return Ok(None) };
    let [.., v0, v1, v2, v3, s0, s1, s2, s3] = rest;
    let value_bytes = u32::from_le_bytes([v0, v1, v2, v3]);
    if value_bytes != u32::from_le_bytes([s0, s1, s2, s3]) {
        return Ok(None);
    }
    hash.update(&head);
    let key = read_some(file, u64::from(u16::from_le_bytes(key)))?;
    let value = read_some(file, u64::from(value_bytes))?;
    hash.update(&key);
    hash.update(&value);
    if key != row::OWN_KEY {
        let known = key.first() == Some(&row::ROWS) || key == row::FILLER_KEY;
        return Ok(known.then_some(None));
    }
    Ok(OwnRow::decode(&value).map(Some))
}

/// Reads without believing the length: memory is taken as bytes come.
fn read_some(file: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let read = file.take(length).read_to_end(&mut out)?;
    if u64::try_from(read) == Ok(length) { Ok(out) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn bytes<const N: usize>(file: &mut impl Read) -> io::Result<[u8; N]> {
    let mut out = [0; N];
    file.read_exact(&mut out)?;
    Ok(out)
}

/// Where the first byte after `end` is that is not zero. Holes are passed over without reading them.
pub(super) fn data_after(file: &mut File, end: u64) -> Result<Option<u64>, Trouble> {
    let mut at = end;
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        match rustix::fs::seek(&*file, Sparse::Data(at)) {
            Ok(data) => at = data,
            Err(rustix::io::Errno::NXIO) => return Ok(None),
            // The file system knows no holes.
            Err(_) => at = file.seek(SeekFrom::Start(at))?,
        }
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(None);
        }
        if let Some(found) = buffer.iter().take(read).position(|&byte| byte != 0) {
            return Ok(Some(at + len(found)));
        }
        at += len(read);
    }
}

/// The greatest watermark in any whole row of the engine from `at` on.
fn promised_behind(file: &mut File, at: u64) -> Result<Commit, Trouble> {
    let mut promised = Commit(0);
    let mut at = at;
    while let Some(data) = data_after(file, at)? {
        file.seek(SeekFrom::Start(data))?;
        let mut chunk = Vec::new();
        // Rows may lie across the border of two chunks.
        file.take(len(CHUNK_BYTES + row::BYTES)).read_to_end(&mut chunk)?;
        for window in chunk.windows(row::BYTES).filter(|window| window.starts_with(&row::MAGIC)) {
            promised = promised.max(OwnRow::decode(window).map_or(Commit(0), |row| row.durable));
        }
        at = data + len(CHUNK_BYTES);
    }
    Ok(promised)
}

pub(super) fn len(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
