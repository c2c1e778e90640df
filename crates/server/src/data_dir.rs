//! The folder of everything that is kept: one server at a time, readable by its owner only.
//!
//! | file | what |
//! |---|---|
//! | `lock` | held while a server runs on this folder |
//! | `server.key.pem` | the RSA key, PKCS#1, mode 0600; in clear until vaults hold it (T18) |
//! | `server.pem` | its public half, PKCS#1: what clients are given |
//! | `metrics.sock` | the socket of the metrics, mode 0600 |
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use crypto::rsa::{PrivateKey, PublicKey};
use zeroize::Zeroizing;

/// Threads that draw the key, if there are as many cores.
const DRAWING_THREADS_MAX: usize = 4;
/// Bytes of a public key as PEM, with the newline at its end: the form that can replace the key built into TDLib.
const PUBLIC_PEM_BYTES: usize = 426;

/// Bytes of a private key as PEM, and some: with room for all of it, reading leaves no copies behind in memory.
const KEY_PEM_BYTES: usize = 4096;

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
    #[error("{0} does not hold a PKCS#1 PEM of a 2048-bit RSA key")]
    BadKey(PathBuf),
    /// The key can be read by others.
    #[error("{0} can be read by other users of this machine; chmod it to 600")]
    KeyExposed(PathBuf),
    /// The key is somebody else's, who knows it and can pose as this server.
    #[error("{0} belongs to another user of this machine; move it away if it is not yours, or chown it")]
    KeyForeign(PathBuf),
}

/// The server's key, and whether it was drawn just now.
pub(crate) struct ServerKey {
    pub(crate) private: PrivateKey,
    pub(crate) is_new: bool,
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

    /// Where the public key lies.
    pub(crate) fn public_key_path(&self) -> PathBuf {
        self.path.join("server.pem")
    }

    /// Where the metrics are served.
    pub(crate) fn metrics_path(&self) -> PathBuf {
        self.path.join("metrics.sock")
    }

    /// Reads the server's key, or draws it at the first start; writes the public half beside it.
    pub(crate) fn server_key(&self) -> Result<ServerKey, DataDirError> {
        let path = self.path.join("server.key.pem");
        let key = match File::open(&path) {
            Ok(mut file) => {
                // What is looked at is the file that is read, whatever the name leads to meanwhile.
                let metadata = file.metadata().map_err(|source| failed("look at", &path, source))?;
                let us = rustix::process::geteuid().as_raw();
                judge_key_file(metadata.mode(), metadata.uid(), us, &path)?;
                let mut pem = Zeroizing::new(String::with_capacity(KEY_PEM_BYTES));
                file.read_to_string(&mut pem).map_err(|source| failed("read", &path, source))?;
                let private = PrivateKey::from_pem(&pem).map_err(|_| DataDirError::BadKey(path.clone()))?;
                ServerKey { private, is_new: false }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let private = draw();
                write_whole(&path, private.to_pem().as_bytes(), 0o600)?;
                ServerKey { private, is_new: true }
            }
            Err(source) => return Err(failed("read", &path, source)),
        };
        write_whole(&self.public_key_path(), key.private.public().to_pem().as_bytes(), 0o644)?;
        Ok(key)
    }
}

/// A key that others can read, or have put there, is no secret.
fn judge_key_file(mode: u32, owner: u32, us: u32, path: &Path) -> Result<(), DataDirError> {
    const ROOT: u32 = 0;
    if owner != us && owner != ROOT {
        return Err(DataDirError::KeyForeign(path.to_owned()));
    }
    if mode & 0o077 != 0 { Err(DataDirError::KeyExposed(path.to_owned())) } else { Ok(()) }
}

/// Draws keys until every client can hold one: the first hex digit of the fingerprint is not zero (mtcute prints
/// it without leading zeros) and the PEM is as long as the ones built into clients.
///
/// How long that takes is a matter of luck, so all cores try theirs and the first success counts: it shortens the
/// long waits most.
fn draw() -> PrivateKey {
    let (found, first) = channel();
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(DRAWING_THREADS_MAX) {
        let found = found.clone();
        // Late successes have nobody to hear of them and are erased. A thread that cannot start is not missed.
        let _ = std::thread::Builder::new().spawn(move || found.send(draw_one()));
    }
    drop(found);
    first.recv().unwrap_or_else(|_| draw_one())
}

fn draw_one() -> PrivateKey {
    loop {
        let private = PrivateKey::generate_for_clients();
        if fits_clients(&private.public()) {
            return private;
        }
    }
}

fn fits_clients(public: &PublicKey) -> bool {
    public.fingerprint() >> 60 != 0 && public.to_pem().len() == PUBLIC_PEM_BYTES
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

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> DataDirError {
    DataDirError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t18_a_key_that_others_know_is_refused() {
        let judged = |mode, owner| judge_key_file(mode, owner, 1000, Path::new("server.key.pem"));
        assert!(judged(0o100_600, 1000).is_ok() && judged(0o100_400, 0).is_ok());
        for mode in [0o100_640, 0o100_604, 0o100_660, 0o100_777] {
            assert!(matches!(judged(mode, 1000), Err(DataDirError::KeyExposed(_))), "{mode:o}");
        }
        assert!(matches!(judged(0o100_600, 1001), Err(DataDirError::KeyForeign(_))));
    }
}
