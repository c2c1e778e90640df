//! The folder of everything that is kept: one server at a time, readable by its owner only.
//!
//! | file | what |
//! |---|---|
//! | `lock` | held while a server runs on this folder |
//! | `local` | the local part of every key (docs/keys.md 2) |
//! | `vaults` | who the vaults are, as text |
//! | `link.key` | the key by which vaults elsewhere know this server |
//! | `store/` | the rows, sealed |
//! | `server.key` | the RSA key, sealed (docs/keys.md 3) |
//! | `server.pem` | its public half, PKCS#1: what clients are given |
//! | `admin.sock` | the socket of `heliograph admin`, mode 0600 |
//! | `metrics.sock` | the socket of the metrics, mode 0600 |
//!
//! The three vaults of `--dev` lie beside it, in the folder of its name with `-vaults` behind it (`keeper::dev_vaults`).
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The name of the socket by which the operator asks a running server.
pub const ADMIN: &str = "admin.sock";

/// The folder, and the lock that makes it ours. Dropping it gives it up.
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why the folder cannot be used. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another server runs on it.
    #[error(
        "another server already runs on the data folder {0}; stop it, or give this one a folder of its own with --data"
    )]
    InUse(PathBuf),
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The key is there and is not one.
    #[error("{0} does not hold the 2048-bit RSA key of this server")]
    BadKey(PathBuf),
    /// The key can be read by others.
    #[error("{0} can be read by other users of this machine; chmod it to 600")]
    KeyExposed(PathBuf),
    /// The key is somebody else's, who knows it and can pose as this server.
    #[error("{0} belongs to another user of this machine; move it away if it is not yours, or chown it")]
    KeyForeign(PathBuf),
}

impl DataDir {
    /// Makes the folder if there is none, and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| failed("make the folder", path, source))?;
        // The absolute path outlives a change of the working directory, and is what the ready file names.
        let path = path.canonicalize().map_err(|source| failed("find the folder", path, source))?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock_path);
        let lock = lock.map_err(|source| failed("open", &lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path)),
            Err(TryLockError::Error(source)) => Err(failed("lock", &lock_path, source)),
        }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the public key lies.
    pub(crate) fn public_key_path(&self) -> PathBuf {
        self.path.join("server.pem")
    }

    /// Where the operator asks a running server.
    pub(crate) fn admin_path(&self) -> PathBuf {
        self.path.join(ADMIN)
    }

    /// Where the metrics are served.
    pub(crate) fn metrics_path(&self) -> PathBuf {
        self.path.join("metrics.sock")
    }

    /// A file of the folder, if it is there.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, DataDirError> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed("read", path, source)),
        }
    }
}

/// Writes a file so that it is there whole or not at all, even after a crash.
pub(crate) fn write_whole(path: &Path, content: &[u8], mode: u32) -> Result<(), DataDirError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = (|| {
        // A file left by a crash may have another mode, so it is made anew.
        let _ = std::fs::remove_file(&new);
        let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(&new)?;
        file.write_all(content)?;
        file.sync_all()
    })();
    written.map_err(|source| failed("write", &new, source))?;
    std::fs::rename(&new, path).map_err(|source| failed("rename to", path, source))?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| failed("sync", folder, source))
}

pub(crate) fn failed(action: &'static str, path: &Path, source: std::io::Error) -> DataDirError {
    DataDirError::Io { action, path: path.to_owned(), source }
}

/// Data folders of tests.
#[cfg(test)]
pub(crate) mod testing {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::{DataDir, Path, PathBuf};

    /// A place for a data folder and what lies beside it, gone with the test.
    pub(crate) struct Folder(PathBuf);

    impl Folder {
        pub(crate) fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path =
                std::env::temp_dir().join(format!("heliograph-server-{}-{number}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a temporary folder");
            Self(path)
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }

        pub(crate) fn open(&self) -> DataDir {
            DataDir::open(&self.0.join("data")).expect("a data folder")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
