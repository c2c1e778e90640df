//! Syncing the journal without holding fjall's lock on it.
//!
//! fjall's own `persist` holds the journal's lock while it waits for the disk, so that nothing can be applied meanwhile
//! (measured: ARCHITECTURE.md, Decisions). Syncing through a second handle on the same file makes the same bytes durable
//! and holds nothing. fjall syncs a journal itself before it begins the next one, so the newest is the only one that can
//! hold anything unsynced; a handle is kept on the one before until it was synced once more, so that an error which the
//! system reported to fjall's handle is reported to ours as well.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::border::Trouble;
use super::journal;

/// A handle on the newest journal.
pub(super) struct Newest {
    folder: PathBuf,
    id: u64,
    file: File,
}

impl Newest {
    /// Opens the newest journal of fjall's folder.
    pub(super) fn open(folder: &Path) -> Result<Self, Trouble> {
        let (id, path) = journal::list(folder)?.pop().ok_or(Trouble::Damaged)?;
        Ok(Self { folder: folder.to_owned(), id, file: File::open(path)? })
    }

    /// Makes durable what the operating system has been given of the journals.
    pub(super) fn sync(&mut self) -> Result<(), Trouble> {
        loop {
            // The size is synced with it where that is needed to read the bytes; when they were written is nobody's business.
            self.file.sync_data()?;
            let id = self.id + 1;
            let next = self.folder.join(format!("{id}.jnl"));
            if !next.try_exists()? {
                return Ok(());
            }
            (self.id, self.file) = (id, File::open(next)?);
        }
    }
}
