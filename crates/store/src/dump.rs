//! All rows of a store as one stream of bytes, as they lie: sealed. It knows no engine, so leaving one is a dump and a
//! restore, and it knows no key, so whoever holds a dump holds what a thief of the disk would. Source: docs/keys.md 7.
//!
//! A restored store counts its commits from the beginning, so the next start finds it behind what was reported of it, and
//! every box is repaired: deleted rows that a dump still has stay deleted.

use std::io::{self, Read, Write};

use sealed::{AtRest, RowKey};

use crate::{Batch, Commit, Engine, EngineError, Order, Scan, View};

/// What a dump begins with.
const MAGIC: &[u8; 4] = b"HGD1";
/// Rows in one block, and in one commit of a restore.
const BLOCK_ROWS: usize = 1_000;
/// Bytes of a block that a restore takes: rows of pages are some 60 KiB.
const BLOCK_BYTES_MAX: usize = 256 << 20;

/// What a dump or a restore went through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dumped {
    /// The newest commit in the dump.
    pub commit: Commit,
    /// Rows.
    pub rows: u64,
}

/// Why there is no dump, or no store from it.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The stream cannot be read or written.
    #[error("the dump cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The stream is no dump, ends early, or is not what was written.
    #[error("the dump is damaged")]
    Damaged,
    /// There are rows in the engine already.
    #[error("the store is not empty")]
    NotEmpty,
}

/// Writes all rows that a view has.
///
/// # Errors
/// The [`DumpError`].
pub fn dump(view: &dyn View, out: &mut dyn Write) -> Result<Dumped, DumpError> {
    let mut dumped = Dumped { commit: view.commit(), rows: 0 };
    let mut check = [0; 32];
    let head = [MAGIC.as_slice(), &dumped.commit.0.to_be_bytes()].concat();
    seal_off(&mut check, &head, out)?;
    let mut from = Vec::new();
    loop {
        let scan = Scan { from: &from, to: &[0xff; 32], skip: 0, limit: BLOCK_ROWS, order: Order::Ascending };
        let rows = view.range(&scan)?;
        let mut body = Vec::new();
        for (key, value) in &rows {
            put(&mut body, key.as_bytes());
            put(&mut body, value.as_bytes());
        }
        dumped.rows += rows.len() as u64;
        let Some((last, _)) = rows.last() else { break };
        from = last.as_bytes().to_vec();
        from.push(0);
        let head = [length(rows.len()), length(body.len())].concat();
        seal_off(&mut check, &[head, body].concat(), out)?;
    }
    let end = [length(0).as_slice(), &length(8), &dumped.rows.to_be_bytes()].concat();
    seal_off(&mut check, &end, out)?;
    out.flush()?;
    Ok(dumped)
}

/// Writes the rows of a dump into an empty engine. When it fails the engine has a part of them and is of no use.
///
/// # Errors
/// The [`DumpError`].
pub fn restore(engine: &dyn Engine, from: &mut dyn Read) -> Result<Dumped, DumpError> {
    let everything = Scan { from: &[], to: &[0xff; 32], skip: 0, limit: 1, order: Order::Ascending };
    if !engine.view()?.range(&everything)?.is_empty() {
        return Err(DumpError::NotEmpty);
    }
    let mut check = [0; 32];
    let mut head = [0; 12];
    fill(from, &mut head)?;
    verify(&mut check, &head, from)?;
    let commit = head.strip_prefix(MAGIC).and_then(|commit| commit.try_into().ok());
    let commit = Commit(u64::from_be_bytes(commit.ok_or(DumpError::Damaged)?));
    let mut restored = Dumped { commit, rows: 0 };
    let mut last: Option<RowKey> = None;
    loop {
        let mut head = [0; 8];
        fill(from, &mut head)?;
        let mut lengths = head.as_slice();
        let (rows, bytes) = (number(&mut lengths)?, number(&mut lengths)?);
        if rows > BLOCK_ROWS || bytes > BLOCK_BYTES_MAX {
            return Err(DumpError::Damaged);
        }
        let mut block = head.to_vec();
        if from.take(bytes as u64).read_to_end(&mut block)? != bytes {
            return Err(DumpError::Damaged);
        }
        verify(&mut check, &block, from)?;
        let mut body = block.get(head.len()..).unwrap_or_default();
        if rows == 0 {
            let whole = body.try_into().is_ok_and(|rows| u64::from_be_bytes(rows) == restored.rows);
            return if whole { Ok(restored) } else { Err(DumpError::Damaged) };
        }
        let mut batch = Batch::new();
        for _ in 0..rows {
            let key = RowKey::read_back(take(&mut body)?);
            let value = AtRest::read_back(take(&mut body)?);
            if last.as_ref().is_some_and(|last| *last >= key) {
                return Err(DumpError::Damaged);
            }
            last = Some(key.clone());
            batch.insert(key, Some(value));
        }
        if !body.is_empty() {
            return Err(DumpError::Damaged);
        }
        restored.rows += rows as u64;
        engine.session()?.apply(batch)?;
    }
}

/// Writes bytes, and the check over them and all before them.
fn seal_off(check: &mut [u8; 32], bytes: &[u8], out: &mut dyn Write) -> Result<(), DumpError> {
    *check = crypto::sha256(&[check.as_slice(), bytes]);
    out.write_all(bytes)?;
    Ok(out.write_all(check)?)
}

/// Reads the check over bytes and all before them.
fn verify(check: &mut [u8; 32], bytes: &[u8], from: &mut dyn Read) -> Result<(), DumpError> {
    *check = crypto::sha256(&[check.as_slice(), bytes]);
    let mut written = [0; 32];
    fill(from, &mut written)?;
    if written == *check { Ok(()) } else { Err(DumpError::Damaged) }
}

fn fill(from: &mut dyn Read, bytes: &mut [u8]) -> Result<(), DumpError> {
    from.read_exact(bytes).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof { DumpError::Damaged } else { DumpError::Io(error) }
    })
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length(bytes.len()));
    out.extend_from_slice(bytes);
}

fn take(body: &mut &[u8]) -> Result<Vec<u8>, DumpError> {
    let bytes = number(body)?;
    let (head, rest) = body.split_at_checked(bytes).ok_or(DumpError::Damaged)?;
    *body = rest;
    Ok(head.to_vec())
}

fn number(bytes: &mut &[u8]) -> Result<usize, DumpError> {
    let (head, rest) = bytes.split_first_chunk::<4>().ok_or(DumpError::Damaged)?;
    *bytes = rest;
    usize::try_from(u32::from_be_bytes(*head)).map_err(|_| DumpError::Damaged)
}

/// A length in four bytes; nothing in a store is longer.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}
