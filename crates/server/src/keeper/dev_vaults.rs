//! The three vaults that `--dev` keeps on this machine, which protect nothing from whoever owns it, and where they lie:
//! beside the data folder, so that no copy of that takes the keys of everything deleted along (P34).
//!
//! Earlier versions kept them in the data folder. A start moves such ones out; where that cannot be done (the data folder
//! is a disk of its own), they are used where they are and the log says so.
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use custody::{Member, Roster};
use vault::{OpenError, Vault};

use super::folder::FolderError;
use crate::config::Settings;
use crate::data_dir::{DataDir, DataDirError, write_whole};
use crate::entropy::OsRng;
use crate::log::{Event, Log};

/// The vaults that are made, and how many of them open a key.
const VAULTS: u8 = 3;
const K: u8 = 2;
/// What stands behind the data folder's name in theirs.
const SUFFIX: &str = "-vaults";
/// Where earlier versions kept them, in the data folder.
const INSIDE: &str = "vaults-dev";

/// Where the vaults are, and where they should be.
pub(super) enum DevVaults {
    /// Where a setting says, or beside the data folder.
    Apart(PathBuf),
    /// In the data folder, from which they are to move.
    Inside {
        /// There.
        place: PathBuf,
        /// To here; nowhere if the data folder has no name.
        apart: Option<PathBuf>,
    },
}

impl DevVaults {
    /// Looks where they are. Those beside the data folder come first: others inside it then came with an old copy.
    pub(super) fn of(data: &DataDir, settings: &Settings) -> Self {
        if let Some(place) = &settings.dev_vaults {
            return Self::Apart(place.clone());
        }
        let inside = data.path().join(INSIDE);
        let apart = data.path().file_name().map(|name| {
            let mut name = name.to_owned();
            name.push(SUFFIX);
            data.path().with_file_name(name)
        });
        match apart {
            Some(apart) if apart.exists() || !inside.exists() => Self::Apart(apart),
            apart => Self::Inside { place: inside, apart },
        }
    }

    /// Where they are.
    pub(super) fn place(&self) -> &Path {
        match self {
            Self::Apart(place) | Self::Inside { place, .. } => place,
        }
    }

    /// Moves them out of the data folder, as a whole or not at all. False if they have to stay.
    fn move_apart(self) -> bool {
        let (place, apart) = match self {
            Self::Apart(_) => return true,
            Self::Inside { apart: None, .. } => return false,
            Self::Inside { place, apart: Some(apart) } => (place, apart),
        };
        let moved = std::fs::rename(&place, &apart);
        // Neither place is lost if the machine dies before this: a crash undoes the move or leaves it.
        for folder in [place.parent(), apart.parent()].into_iter().flatten() {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        moved.is_ok()
    }
}

/// Brings them to where they should be, before anything opens them, and says what keeps keys in the data folder.
pub(crate) fn move_out(data: &DataDir, settings: &Settings, log: &Log) {
    if !DevVaults::of(data, settings).move_apart() {
        log.event(&Event::VaultsInside {});
    } else if data.path().join(INSIDE).exists() {
        log.event(&Event::VaultsLeft {});
    }
}

/// Makes three vaults, or finds those of a first start that was cut short, and writes the list of them. For an empty store
/// they must be new: those of another one would answer nothing.
pub(super) fn make(folder: &Path, roster_path: &Path, is_empty: bool) -> Result<Roster, FolderError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| DataDirError::Io { action: "make the folder", path: folder.into(), source })?;
    let mut members = Vec::new();
    for number in 1..=VAULTS {
        let path = folder.join(number.to_string());
        let vault = match Vault::open(&path, Box::new(OsRng)) {
            Err(OpenError::NotAVault) => Vault::init(&path, Box::new(OsRng)),
            opened => opened,
        };
        let vault = vault.map_err(|error| FolderError::Vault(path, error))?;
        // One of a first start that was cut short has never been asked for anything.
        if is_empty && vault.is_taken() {
            return Err(FolderError::VaultsTaken(folder.to_owned()));
        }
        let key = vault.verifying();
        members.push(Member { key, place: number.to_string(), jurisdiction: format!("dev-{number}") });
    }
    let roster =
        Roster::new(K, members).map_err(|error| FolderError::Roster(roster_path.to_owned(), error))?;
    write_whole(roster_path, roster.to_text().as_bytes(), 0o644)?;
    Ok(roster)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The data folder may be a disk of its own, or lie where nobody may make anything.
    #[test]
    fn vaults_that_cannot_be_moved_stay_whole_where_they_are() {
        let folder = crate::data_dir::testing::Folder::new();
        let base = folder.path();
        let place = base.join("data").join(INSIDE);
        std::fs::create_dir_all(place.join("1")).expect("a folder");
        for apart in [None, Some(base.join("is-not-there/data-vaults"))] {
            let vaults = DevVaults::Inside { place: place.clone(), apart };
            assert_eq!(vaults.place(), place);
            assert!(!vaults.move_apart() && place.join("1").is_dir());
        }
        let apart = base.join("data-vaults");
        assert!(DevVaults::Inside { place: place.clone(), apart: Some(apart.clone()) }.move_apart());
        assert!(apart.join("1").is_dir() && !place.exists());
    }
}
