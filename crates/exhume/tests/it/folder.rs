//! A folder that is gone when the test is over, and copies of folders as `cp -a` makes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("exhume-test-{}-{number}", process::id()));
        fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    pub(crate) fn copy_of(other: &Path) -> Folder {
        let folder = Folder::new();
        copy(other, &folder.0);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            // As `cp -a` does: the zeros at the end of a journal are a hole.
            let bytes = fs::read(entry.path()).unwrap();
            let end = bytes
                .chunks(4096)
                .rposition(|chunk| chunk != &[0; 4096][..chunk.len()])
                .map_or(0, |last| last + 1);
            fs::write(&to, &bytes[..bytes.len().min(end * 4096)]).unwrap();
            fs::OpenOptions::new().write(true).open(to).unwrap().set_len(bytes.len() as u64).unwrap();
        }
    }
}
