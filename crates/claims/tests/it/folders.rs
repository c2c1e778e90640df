//! Folders of a run: where everything lies, copies of chosen times, and that all of it goes in the end.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Vaults of a deployment; two of them open.
pub(crate) const VAULTS: usize = 3;

/// Where folders are made: in memory if there is such a place. Processes are killed here and no power is cut, so nothing
/// depends on what a sync does, and there are thousands of them.
fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// A folder for temporary files, removed when dropped.
pub(crate) struct Base(PathBuf);

impl Base {
    pub(crate) fn new() -> Base {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = place().join(format!("claims-{}-{count}", std::process::id()));
        std::fs::create_dir_all(path.join("images")).unwrap();
        Base(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// All folders at one time.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) data: PathBuf,
    pub(crate) vaults: Vec<PathBuf>,
}

impl Image {
    /// Those that are in use.
    pub(crate) fn live(base: &Path) -> Image {
        let vaults = (0..VAULTS).map(|vault| base.join(format!("vault-{vault}"))).collect();
        Image { data: base.join("data"), vaults }
    }

    /// Copies them as they lie, open files and all.
    pub(crate) fn take(base: &Path, name: &str) -> Image {
        let to = base.join("images").join(name);
        std::fs::create_dir(&to).unwrap();
        let (live, image) = (Image::live(base), Image::live(&to));
        copy(&live.data, &image.data);
        live.vaults.iter().zip(&image.vaults).for_each(|(from, to)| copy(from, to));
        image
    }
}

/// `cp -a`.
pub(crate) fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}
