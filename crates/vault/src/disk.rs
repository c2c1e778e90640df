//! The few things that a vault does with its folder, and the real folder.
//!
//! A trait, so that tests can put a disk underneath that stops, fills up or loses what was not yet durable. Invariant:
//! a vault writes a file once and as a whole; nothing is ever changed in place.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    thread,
};

/// Held by the process that has the folder.
const LOCK: &str = "lock";

/// Where the files of a vault lie: a flat folder.
pub trait Disk: Send {
    /// The names of all files, and their lengths in bytes.
    ///
    /// # Errors
    ///
    /// [`DiskError`], as everywhere here.
    fn list(&mut self) -> Result<Vec<(String, u64)>, DiskError>;

    /// Fills `into` with the bytes of a file from `at` on. [`DiskError::Short`] if there are not as many.
    ///
    /// # Errors
    ///
    /// [`DiskError`].
    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> Result<(), DiskError>;

    /// Writes a new file, in place of one that may be there. Its bytes are durable afterwards, its name is not.
    ///
    /// # Errors
    ///
    /// [`DiskError`]. A part of the file may be there then.
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Gives a file another name, at once, in place of the file that may have it.
    ///
    /// # Errors
    ///
    /// [`DiskError`].
    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// [`DiskError`].
    fn remove(&mut self, name: &str) -> Result<(), DiskError>;

    /// Makes names durable: what was written, renamed and removed before.
    ///
    /// # Errors
    ///
    /// [`DiskError`]. It is not known then which of them are durable.
    fn settle(&mut self) -> Result<(), DiskError>;

    /// Writes files that do not need each other, and makes names durable: [`Disk::write`] of each and [`Disk::settle`], in
    /// any order or all at once.
    ///
    /// # Errors
    ///
    /// [`DiskError`]. Any of it may be done then, and any part of a file be there.
    fn write_and_settle(&mut self, files: &[(&str, &[u8])]) -> Result<(), DiskError> {
        for (name, bytes) in files {
            self.write(name, bytes)?;
        }
        self.settle()
    }
}

/// What a disk answers when it does not do what it should.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DiskError {
    /// There is no room.
    #[error("the disk is full")]
    Full,
    /// There is no such file.
    #[error("a file is missing")]
    Missing,
    /// A file ends too early.
    #[error("a file is too short")]
    Short,
    /// Anything else.
    #[error("the disk failed: {0}")]
    Failed(ErrorKind),
}

impl From<io::Error> for DiskError {
    fn from(error: io::Error) -> DiskError {
        let kind = error.kind();
        if [ErrorKind::StorageFull, ErrorKind::QuotaExceeded, ErrorKind::FileTooLarge].contains(&kind) {
            DiskError::Full
        } else if kind == ErrorKind::NotFound {
            DiskError::Missing
        } else if kind == ErrorKind::UnexpectedEof {
            DiskError::Short
        } else {
            DiskError::Failed(kind)
        }
    }
}

/// What a thread needs that makes one call: the limit of locked memory counts all of a stack, touched or not.
const SYNC_STACK_BYTES: usize = 128 << 10;

/// Why a folder cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ClaimError {
    /// Another process has it, or another vault of this one.
    Taken,
    Disk(DiskError),
}

/// A folder of the file system, with everything in it readable by its owner only.
pub(crate) struct Folder {
    path: PathBuf,
    /// The folder itself, opened: for making names durable.
    itself: File,
    /// Unlocked when it is dropped, or when the process ends, however it ends.
    lock: File,
}

impl Folder {
    /// Makes the folder if there is none. Its parent must be there.
    pub(crate) fn make(path: &Path) -> Result<Folder, ClaimError> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(ClaimError::Disk(error.into())),
            Ok(()) | Err(_) => Folder::claim(path),
        }
    }

    /// Takes a folder for this process alone.
    pub(crate) fn claim(path: &Path) -> Result<Folder, ClaimError> {
        let opened = || -> io::Result<(File, File)> {
            let itself = File::open(path)?;
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false).mode(0o600);
            Ok((itself, options.open(path.join(LOCK))?))
        };
        let (itself, lock) = opened().map_err(|error| ClaimError::Disk(error.into()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Folder { path: path.to_owned(), itself, lock }),
            Err(TryLockError::WouldBlock) => Err(ClaimError::Taken),
            Err(TryLockError::Error(error)) => Err(ClaimError::Disk(error.into())),
        }
    }
}

impl Folder {
    /// Writes a new file that is not durable yet.
    fn begin(&self, name: &str, bytes: &[u8]) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.path.join(name))?;
        file.write_all(bytes)?;
        Ok(file)
    }
}

impl Drop for Folder {
    /// Given up at once: a child that another thread is just starting holds a copy of the file until it runs.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Disk for Folder {
    fn list(&mut self) -> Result<Vec<(String, u64)>, DiskError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            // What has a name that is no text is none of ours.
            let Ok(name) = entry.file_name().into_string() else { continue };
            files.push((name, entry.metadata()?.len()));
        }
        Ok(files)
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> Result<(), DiskError> {
        Ok(File::open(self.path.join(name))?.read_exact_at(into, at)?)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        Ok(self.begin(name, bytes)?.sync_all()?)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        Ok(fs::rename(self.path.join(from), self.path.join(to))?)
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        Ok(fs::remove_file(self.path.join(name))?)
    }

    fn settle(&mut self) -> Result<(), DiskError> {
        Ok(self.itself.sync_all()?)
    }

    /// The syncs are under way together: a disk has about as much work with them as with one. The folder is synced when all
    /// files have their names.
    fn write_and_settle(&mut self, files: &[(&str, &[u8])]) -> Result<(), DiskError> {
        let begun = files.iter().map(|(name, bytes)| self.begin(name, bytes));
        let begun = begun.collect::<io::Result<Vec<File>>>()?;
        let synced = thread::scope(|scope| {
            let sync = |file| {
                let begun = thread::Builder::new().stack_size(SYNC_STACK_BYTES);
                let begun = begun.spawn_scoped(scope, move || File::sync_all(file));
                // Where no thread is to be had it is done here, one after the other.
                begun.map_err(|_| File::sync_all(file))
            };
            let under_way: Vec<_> = begun.iter().map(sync).collect();
            let folder = self.itself.sync_all();
            let ended = under_way.into_iter().map(|file| match file {
                Ok(thread) => thread.join().unwrap_or_else(|_| Err(ErrorKind::Other.into())),
                Err(here) => here,
            });
            // All are waited for, whichever fails first.
            ended.fold(folder, |before, file| before.and(file))
        });
        Ok(synced?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_together_is_there_whole_and_one_failure_fails_all() {
        let path = std::env::temp_dir().join(format!("heliograph-vault-disk-{}", std::process::id()));
        let mut disk = Folder::make(&path).unwrap_or_else(|_| panic!("a folder of its own"));
        let (long, short) = (vec![7; 3 << 20], vec![8; 100]);
        assert_eq!(disk.write_and_settle(&[("long", &long), ("short", &short)]), Ok(()));
        for (name, bytes) in [("long", &long), ("short", &short)] {
            let mut read = vec![0; bytes.len()];
            assert_eq!(disk.read(name, 0, &mut read), Ok(()));
            assert!(read == *bytes);
            assert_eq!(disk.read(name, 1, &mut read), Err(DiskError::Short));
        }
        // A device that takes bytes and cannot be synced stands for a disk that fails when it should make them durable.
        assert!(std::os::unix::fs::symlink("/dev/null", path.join("device")).is_ok());
        for files in [[("device", &*short), ("short", &short)], [("short", &short), ("device", &*short)]] {
            assert!(
                matches!(disk.write_and_settle(&files), Err(DiskError::Failed(_))),
                "a failed sync is told"
            );
        }
        let missing = disk.write_and_settle(&[("short", &short), ("no/such/folder", &short)]);
        assert_eq!(missing, Err(DiskError::Missing));
        drop(disk);
        assert!(fs::remove_dir_all(&path).is_ok());
    }
}
