//! The folder of an embedded store, and what is checked in it before fjall touches anything.
//!
//! ```text
//! lock      held by the one process that has the folder open
//! rows/     fjall's folder; it appears whole, by rename, or not at all
//! new/      the same while it is being made
//! seal      checksum of the files in rows/ that never change: its version and its list of keyspaces
//! mark      a commit that was durable: "HGM1" ‖ commit(8) ‖ XXH3-64(8); a store that ends before it has lost something
//! torn      numbers in what was cut off journals, until the store has seen to them (`torn`)
//! suspect   is there after a failed write or sync: the journals are then written anew before they are believed
//! ```
//!
//! Left to itself fjall makes a new, empty database where a file is missing, deletes what its list of tables does not
//! name, and does not verify that list. So all that leads to the tables is verified here: version and keyspaces by
//! `seal`, the list of tables (`vN`) by the checksum in `current`, the journals by [`journal::repair`]. What the tables
//! themselves hold is verified by fjall, block by block, as it is read; how much they say they hold, here.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::border::Trouble;
use super::journal::{self, Journals};
use super::torn;
use crate::{Commit, Torn};

/// The keyspace that holds everything, as fjall numbers it.
const KEYSPACE: &str = "keyspaces/1";
/// fjall's list of keyspaces.
const LIST: &str = "keyspaces/0";

/// What comes behind the list of parts of a table.
const TRAILER_BYTES: u64 = 38;

/// How much of a journal is copied at once.
const COPY_BYTES: usize = 1 << 20;

/// An open folder. The lock ends with it.
pub(super) struct Folder {
    path: PathBuf,
    lock: File,
}

impl Drop for Folder {
    /// Given up at once: a child that another thread is just starting holds a copy of the file until it runs.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Folder {
    /// Takes the folder, making it if there is none.
    pub(super) fn take(path: &Path) -> Result<Self, Trouble> {
        if !path.try_exists()? {
            std::fs::create_dir_all(path)?;
            sync_folder(path.parent().unwrap_or(path))?;
        }
        let lock =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(Trouble::Locked),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Where fjall works.
    pub(super) fn rows(&self) -> PathBuf {
        self.path.join("rows")
    }

    /// Makes `rows` if there is none: `fill` is given a folder that becomes it once it is complete.
    pub(super) fn create(&self, fill: impl FnOnce(&Path) -> Result<(), Trouble>) -> Result<(), Trouble> {
        if self.rows().try_exists()? {
            // Whoever made it may have died before its name was on the disk, and all that follows builds on that.
            return sync_folder(&self.path);
        }
        if self.path.join("mark").try_exists()? {
            // There was a store here.
            return Err(Trouble::Damaged);
        }
        let new = self.path.join("new");
        if new.try_exists()? {
            std::fs::remove_dir_all(&new)?;
        }
        fill(&new)?;
        // What fjall tidied away must not come back: the seal knows nothing of it.
        sync_folders(&new)?;
        self.replace("seal", &seal(&new)?.to_be_bytes())?;
        std::fs::rename(&new, self.rows())?;
        sync_folder(&self.path)
    }

    /// Verifies what leads to the rows and repairs the torn end of the journal.
    pub(super) fn check(&self) -> Result<Journals, Trouble> {
        let rows = self.rows();
        if std::fs::read(self.path.join("seal"))? != seal(&rows)?.to_be_bytes() {
            return Err(Trouble::Damaged);
        }
        check_list_of_tables(&rows.join(KEYSPACE))?;
        check_ends_of_tables(&rows.join(KEYSPACE).join("tables"))?;
        // A process may have died between a change of names and its sync; what follows here builds on them, and so
        // does fjall, which removes the list of tables before this one as it opens.
        sync_folders(&rows)?;
        let mut journals = journal::repair(&rows, |found| self.keep_torn(found))?;
        if self.path.join("suspect").try_exists()? {
            self.write_anew()?;
        }
        journals.promised = journals.promised.max(self.marked()?);
        Ok(journals)
    }

    /// What was torn off and not forgotten.
    pub(super) fn torn(&self) -> Result<BTreeSet<Torn>, Trouble> {
        torn::read(&self.path)
    }

    /// Keeps what is about to be cut off, beside what earlier starts have cut off.
    fn keep_torn(&self, mut found: BTreeSet<Torn>) -> Result<(), Trouble> {
        if found.is_empty() {
            return Ok(());
        }
        found.extend(self.torn()?);
        self.replace(torn::NAME, &torn::encode(&found))
    }

    /// What was torn off is taken care of.
    pub(super) fn forget_torn(&self) -> Result<(), Trouble> {
        match std::fs::remove_file(self.path.join(torn::NAME)) {
            Ok(()) => sync_folder(&self.path),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes a commit as durable, so that a journal that is lost or cut later is found out.
    pub(super) fn mark(&self, durable: Commit) -> Result<(), Trouble> {
        let mut mark = [*b"HGM1", [0; 4], [0; 4]].concat();
        mark.splice(4.., durable.0.to_be_bytes());
        mark.extend(xxh3_64(&mark).to_be_bytes());
        self.replace("mark", &mark)
    }

    fn marked(&self) -> Result<Commit, Trouble> {
        let mark = match std::fs::read(self.path.join("mark")) {
            Ok(mark) => mark,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Commit(0)),
            Err(error) => return Err(error.into()),
        };
        let Some((said, check)) = mark.split_last_chunk::<8>() else { return Err(Trouble::Damaged) };
        let commit = said.strip_prefix(b"HGM1").and_then(|commit| commit.try_into().ok());
        match commit {
            Some(commit) if *check == xxh3_64(said).to_be_bytes() => Ok(Commit(u64::from_be_bytes(commit))),
            Some(_) | None => Err(Trouble::Damaged),
        }
    }

    /// Remembers over a restart that a write or sync failed. The disk may refuse that too; then the next start believes what
    /// the operating system still shows it.
    pub(super) fn suspect(&self) -> Result<(), Trouble> {
        File::create(self.path.join("suspect"))?.sync_all()?;
        sync_folder(&self.path)
    }

    /// After a failed sync the operating system may show bytes that are not on the disk and take them for written.
    /// Copies are not: they are written and synced. By hand, since the system's own way of copying may share what lies on
    /// the disk.
    fn write_anew(&self) -> Result<(), Trouble> {
        let mut buffer = vec![0; COPY_BYTES];
        for (_, path) in journal::list(&self.rows())? {
            let copy = path.with_extension("copy");
            let (mut from, mut to) = (File::open(&path)?, File::create(&copy)?);
            loop {
                let read = from.read(&mut buffer)?;
                let Some(read) = buffer.get(..read).filter(|read| !read.is_empty()) else { break };
                to.write_all(read)?;
            }
            to.sync_all()?;
            std::fs::rename(&copy, &path)?;
        }
        sync_folder(&self.rows())?;
        std::fs::remove_file(self.path.join("suspect"))?;
        sync_folder(&self.path)
    }

    /// Takes everything out of the journals, oldest first, and leaves the newest one, empty.
    pub(super) fn empty_journals(&self) -> Result<(), Trouble> {
        let mut journals = journal::list(&self.rows())?;
        let newest = journals.pop().ok_or(Trouble::Damaged)?;
        for (_, path) in journals {
            std::fs::remove_file(path)?;
            sync_folder(&self.rows())?;
        }
        journal::cut(&newest.1, 0)
    }

    /// Bytes that unprivileged writers have left on this file system.
    pub(super) fn free_bytes(&self) -> Result<u64, Trouble> {
        let space = rustix::fs::statvfs(&self.path).map_err(std::io::Error::from)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// What all files of tables take, those that no list names any more included.
    pub(super) fn tables_bytes(&self) -> Result<u64, Trouble> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.rows().join(KEYSPACE).join("tables"))? {
            // fjall removes files meanwhile.
            bytes += entry?.metadata().map_or(0, |data| data.len());
        }
        Ok(bytes)
    }

    /// Replaces a small file as a whole.
    fn replace(&self, name: &str, content: &[u8]) -> Result<(), Trouble> {
        let next = self.path.join(name).with_extension("next");
        let mut file = File::create(&next)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&next, self.path.join(name))?;
        sync_folder(&self.path)
    }
}

/// Checksum of the files in fjall's folder that do not change once its keyspace is made.
fn seal(rows: &Path) -> Result<u128, Trouble> {
    let mut all = std::fs::read(rows.join("version"))?;
    for folder in [rows.join(LIST), rows.join(LIST).join("tables")] {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.push(entry.file_name());
            }
        }
        names.sort_unstable();
        for name in names {
            all.extend_from_slice(name.as_encoded_bytes());
            all.push(0);
            let content = std::fs::read(folder.join(&name))?;
            all.extend_from_slice(&xxh3_128(&content).to_be_bytes());
        }
    }
    Ok(xxh3_128(&all))
}

/// `current` names the list of tables and its checksum, which fjall does not compare. (`current`, little-endian:
/// version(8) ‖ XXH3-128(16) ‖ 0.)
fn check_list_of_tables(keyspace: &Path) -> Result<(), Trouble> {
    let current = std::fs::read(keyspace.join("current"))?;
    let (Some((version, rest)), 25) = (current.split_first_chunk::<8>(), current.len()) else {
        return Err(Trouble::Damaged);
    };
    let list = std::fs::read(keyspace.join(format!("v{}", u64::from_le_bytes(*version))))?;
    if rest.split_first_chunk::<16>() != Some((&xxh3_128(&list).to_le_bytes(), &[0])) {
        return Err(Trouble::Damaged);
    }
    // What a crash in the middle of replacing `current` leaves behind.
    for entry in std::fs::read_dir(keyspace)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".tmp") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A table ends with a list of its parts, and fjall makes room for as many as that says before it compares checksums: a wrong
/// bit there would end the process for want of memory. Every part takes more than a byte of the list. What is no such
/// list may be a table that a crash left unfinished, which fjall removes. (Little-endian: "TOC!" ‖ parts(4) ‖ ... ‖
/// "SFA!" ‖ 1 ‖ 0 ‖ XXH3-128 of the list(16) ‖ where it begins(8) ‖ its length(8).)
fn check_ends_of_tables(tables: &Path) -> Result<(), Trouble> {
    for entry in std::fs::read_dir(tables)? {
        let mut file = File::open(entry?.path())?;
        let length = file.metadata()?.len();
        let Some(trailer) = length.checked_sub(TRAILER_BYTES) else { continue };
        file.seek(SeekFrom::Start(trailer + TRAILER_BYTES - 16))?;
        let mut begins = [0; 8];
        file.read_exact(&mut begins)?;
        let begins = u64::from_le_bytes(begins);
        let Some(room) = trailer.checked_sub(begins).filter(|room| *room >= 8) else { continue };
        file.seek(SeekFrom::Start(begins))?;
        let mut start = [0; 8];
        file.read_exact(&mut start)?;
        if let [b'T', b'O', b'C', b'!', parts @ ..] = start
            && u64::from(u32::from_le_bytes(parts)) > room
        {
            return Err(Trouble::Damaged);
        }
    }
    Ok(())
}

fn sync_folders(path: &Path) -> Result<(), Trouble> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(path)
}

pub(super) fn sync_folder(path: &Path) -> Result<(), Trouble> {
    // A bare name has an empty parent.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    Ok(File::open(path)?.sync_all()?)
}
