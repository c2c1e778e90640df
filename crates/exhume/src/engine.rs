//! The rows that the engine itself sees in a folder, as a check on what was carved.
//!
//! Opening changes a folder, and what is evidence must not change: the engine is given a copy.

use std::fs::{self, File};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use fjall::{Database, KeyspaceCreateOptions};

/// Whether a folder is one of the engine's.
pub(crate) fn is_database(folder: &Path) -> bool {
    folder.join("keyspaces").is_dir() && folder.join("version").is_file()
}

/// Calls `found` with every row. `false` if the engine does not take the folder; then carving is all there is.
pub(crate) fn read(folder: &Path, found: &mut dyn FnMut(&[u8], &[u8])) -> io::Result<bool> {
    let copy = Copy::of(folder)?;
    // The engine panics on some damaged files.
    Ok(catch_unwind(AssertUnwindSafe(|| rows(&copy.0, found).is_ok())).unwrap_or(false))
}

fn rows(folder: &Path, found: &mut dyn FnMut(&[u8], &[u8])) -> fjall::Result<()> {
    let database = Database::builder(folder).worker_threads(1).open()?;
    for name in database.list_keyspace_names() {
        let keyspace = database.keyspace(&name, KeyspaceCreateOptions::default)?;
        for guard in keyspace.iter() {
            let (key, value) = guard.into_inner()?;
            found(&key, &value);
        }
    }
    Ok(())
}

/// A copy in the folder for temporary files, gone when dropped. It holds ciphertext only.
struct Copy(PathBuf);

impl Copy {
    fn of(folder: &Path) -> io::Result<Copy> {
        static COPIES: AtomicU32 = AtomicU32::new(0);
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let copy = Copy(std::env::temp_dir().join(format!("exhume-{}-{number}", process::id())));
        copy_folder(folder, &copy.0)?;
        Ok(copy)
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            copy_file(&entry.path(), &to)?;
        }
    }
    Ok(())
}

const PAGE: usize = 4096;

/// Leaves out the zeros at the end: of the 64 MiB of a journal they are most.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = fs::read(from)?;
    let end = bytes
        .chunks(PAGE)
        .rposition(|page| page != &[0; PAGE][..page.len()])
        .map_or(0, |last| (last + 1) * PAGE);
    let mut file = File::create(to)?;
    file.write_all(&bytes[..end.min(bytes.len())])?;
    file.set_len(bytes.len() as u64)
}

impl Drop for Copy {
    fn drop(&mut self) {
        // A copy that cannot be removed holds nothing that the original does not.
        let _ = fs::remove_dir_all(&self.0);
    }
}
