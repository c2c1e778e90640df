//! Syncing the journal without holding fjall's lock on it.
//!
//! fjall's own `persist` holds the journal's lock while it waits for the disk, so that nothing can be applied meanwhile
//! (measured: ARCHITECTURE.md, Decisions). Syncing through a second handle on the same file makes the same bytes durable
//! and holds nothing. An error that the system reported to fjall's handle is reported to ours as well (fsync(2)).
//!
//! fjall syncs a journal itself before it begins the next one, but it makes the next one before it has begun it, and stays with
//! the old one if that fails. So ours stays too until something was written to the next: then the old one was synced to its end,
//! and it is once more by us, with the next one's name.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::border::Trouble;
use super::folder::sync_folder;
use super::journal;

/// A handle on the journal that is being written.
pub(super) struct Newest {
    folder: PathBuf,
    id: u64,
    file: File,
    /// The one after it, as soon as it is there: whatever goes wrong with it from then on is told to this handle.
    next: Option<File>,
}

impl Newest {
    /// Opens the newest journal of fjall's folder.
    pub(super) fn open(folder: &Path) -> Result<Self, Trouble> {
        let (id, path) = journal::list(folder)?.pop().ok_or(Trouble::Damaged)?;
        Ok(Self { folder: folder.to_owned(), id, file: File::open(path)?, next: None })
    }

    /// Makes durable what the operating system has been given of the journals.
    pub(super) fn sync(&mut self) -> Result<(), Trouble> {
        loop {
            // The size is synced with it where that is needed to read the bytes; when they were written is nobody's business.
            self.file.sync_data()?;
            if self.next.is_none() {
                self.next = self.made()?;
            }
            let Some(next) = self.next.take_if(|next| is_begun(next)) else { return Ok(()) };
            sync_folder(&self.folder)?;
            (self.id, self.file) = (self.id + 1, next);
        }
    }

    fn made(&self) -> Result<Option<File>, Trouble> {
        match File::open(self.folder.join(format!("{}.jnl", self.id + 1))) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether something was written to a journal: a new one is all zeros, and no batch begins with one (`journal`).
fn is_begun(journal: &File) -> bool {
    let mut first = [0];
    // What cannot be read will not be synced either, and is found out then.
    journal.read_exact_at(&mut first, 0).is_ok_and(|()| first != [0])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R4: fjall goes on with the journal that it has when it cannot begin the next one, which may be there by then.
    #[test]
    fn r4_a_journal_is_synced_until_the_next_one_is_begun() {
        let folder = std::env::temp_dir().join(format!("heliograph-sync-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("0.jnl"), [1, 2, 3]).unwrap();
        let mut newest = Newest::open(&folder).unwrap();
        let mut stands = |content: &[u8]| {
            std::fs::write(folder.join("1.jnl"), content).unwrap();
            newest.sync().map(|()| newest.id).unwrap()
        };
        assert_eq!(stands(&[]), 0);
        assert_eq!(stands(&[0; 64]), 0);
        assert_eq!(stands(&[1, 0, 0]), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
