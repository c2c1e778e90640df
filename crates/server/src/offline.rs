//! What is done to a data folder while no server runs on it: dump and restore of its rows, sealed as they lie.
//!
//! Neither needs a key or a vault. Who restores brings `local`, `vaults` and `server.key` along; the next start finds the
//! store behind what the vaults were told, and repairs every box before it is read (docs/keys.md 7).
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use store::dump::{DumpError, Dumped};
use store::{Embedded, Engine, OpenError, Settings};

use crate::data_dir::{DataDir, DataDirError, failed};

/// Why nothing was dumped or restored. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// There is no store in the folder.
    #[error("there is no store in {0}")]
    NoStore(PathBuf),
    /// The store.
    #[error("cannot open the store in {0}: {1}")]
    Engine(PathBuf, OpenError),
    /// The dump, or the store while it was read or written.
    #[error(transparent)]
    Dump(#[from] DumpError),
}

/// Writes all rows of a data folder's store to `out`.
///
/// # Errors
/// The [`OfflineError`]; also when a server runs on the folder.
pub fn dump(data: &Path, out: &mut dyn Write) -> Result<Dumped, OfflineError> {
    let folder = data.join("store");
    if !folder.is_dir() {
        return Err(OfflineError::NoStore(data.to_owned()));
    }
    let _held = DataDir::open(data)?;
    let engine = open(&folder)?;
    let view = engine.view().map_err(DumpError::from)?;
    Ok(store::dump::dump(&*view, out)?)
}

/// Fills the empty store of a data folder from a dump. What came of a dump that is damaged is removed again.
///
/// # Errors
/// The [`OfflineError`]; also when a server runs on the folder, or its store has rows.
pub fn restore(data: &Path, from: &mut dyn Read) -> Result<Dumped, OfflineError> {
    let held = DataDir::open(data)?;
    let folder = held.path().join("store");
    let engine = open(&folder)?;
    let restored = store::dump::restore(&engine, from);
    let synced = engine.sync();
    engine.close();
    drop(engine);
    match restored {
        Ok(restored) => {
            synced.map_err(DumpError::from)?;
            Ok(restored)
        }
        Err(DumpError::NotEmpty) => Err(DumpError::NotEmpty.into()),
        Err(error) => {
            let removed = std::fs::remove_dir_all(&folder);
            removed.map_err(|source| failed("remove", &folder, source))?;
            Err(error.into())
        }
    }
}

fn open(folder: &Path) -> Result<Embedded, OfflineError> {
    Embedded::open(folder, &Settings::default())
        .map_err(|error| OfflineError::Engine(folder.to_owned(), error))
}
