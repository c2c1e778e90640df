//! What a data folder says of its vaults: the files `local` and `vaults` (docs/keys.md 2, 3, 6.3).
//!
//! Invariant: a local part is drawn for an empty store only. Under rows that lie there already it would be another
//! deployment's, and nothing would ever open.
use std::path::PathBuf;

use crypto::Rng;
use custody::{Away, Deployment, Member, Roster, RosterError};
use sealed::Secret;
use vault::{OpenError, Vault};
use zeroize::Zeroizing;

use super::dev_vaults::{self, DevVaults};
use super::links::AnyVault;
use crate::config::Settings;
use crate::data_dir::{DataDir, DataDirError, write_whole};
use crate::entropy::OsRng;

/// Bytes of the local part, and of what tells that it is damaged.
const LOCAL_BYTES: usize = 32 + 8;

/// Why the folder says nothing of vaults that can be used. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file operation failed.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// No vaults are named.
    #[error(
        "the data folder names no vaults, and vaults over a network are not there yet: start with --dev, which keeps \
         keys in three folders of this machine"
    )]
    NoVaults,
    /// The vaults named are not of this machine's folders.
    #[error(
        "{0} names vaults that are kept by --dev: start with --dev, since vaults over a network are not there yet"
    )]
    DevVaults(PathBuf),
    /// The list of vaults is none.
    #[error("{0}: {1}")]
    Roster(PathBuf, RosterError),
    /// The local part is missing or damaged, and there is a store.
    #[error(
        "{0} is missing or damaged, and without it nothing in the store opens: bring it back from a backup"
    )]
    Local(PathBuf),
    /// A vault's folder cannot be made.
    #[error("cannot make a vault in {0}: {1}")]
    Vault(PathBuf, OpenError),
    /// The vaults that are there keep the keys of another store.
    #[error(
        "{0} holds the vaults of another data folder than this new one: remove it if that one is gone for good, or name \
         another place with --dev-vaults"
    )]
    VaultsTaken(PathBuf),
}

/// The vaults of a deployment, and the ways to them.
pub(crate) struct Custody {
    pub(super) deployment: Deployment,
    pub(super) vaults: Vec<AnyVault>,
}

impl Custody {
    /// Reads what the folder says, or makes it at the first start.
    pub(crate) fn open(data: &DataDir, settings: &Settings, is_empty: bool) -> Result<Self, FolderError> {
        let path = data.path().join("vaults");
        let folder = DevVaults::of(data, settings).place().to_owned();
        let roster = match data.read(&path)? {
            Some(text) => {
                let text = String::from_utf8_lossy(&text);
                Roster::parse(&text).map_err(|error| FolderError::Roster(path.clone(), error))?
            }
            None if settings.dev => dev_vaults::make(&folder, &path, is_empty)?,
            None => return Err(FolderError::NoVaults),
        };
        if !settings.dev {
            return Err(FolderError::DevVaults(path));
        }
        let local = local(data, is_empty)?;
        let vault = |(_, member): (_, &Member)| -> AnyVault {
            Box::new(FolderVault { path: folder.join(&member.place), open: None })
        };
        let vaults = roster.vaults().map(vault).collect();
        Ok(Self { deployment: Deployment::new(roster, &local), vaults })
    }

    /// For whoever talks to the vaults without a keeper.
    pub(crate) fn into_parts(self) -> (Deployment, Vec<AnyVault>) {
        (self.deployment, self.vaults)
    }
}

/// Reads the local part, or draws it for an empty store.
fn local(data: &DataDir, is_empty: bool) -> Result<Secret<[u8; 32]>, FolderError> {
    let path = data.path().join("local");
    let read = data.read(&path)?;
    if let Some(bytes) = &read {
        let whole = bytes.first_chunk::<LOCAL_BYTES>().filter(|_| bytes.len() == LOCAL_BYTES);
        let parts = whole.and_then(|whole| whole.split_first_chunk::<32>());
        let (local, _) = parts
            .filter(|(local, check)| local_check(local) == **check)
            .ok_or_else(|| FolderError::Local(path.clone()))?;
        return Ok(Secret::made(|to: &mut [u8; 32]| to.copy_from_slice(local)));
    }
    if !is_empty {
        return Err(FolderError::Local(path));
    }
    let local = Secret::made(|local: &mut [u8; 32]| OsRng.fill(local));
    let file = Zeroizing::new([&local.expose()[..], &local_check(local.expose())].concat());
    write_whole(&path, &file, 0o600)?;
    Ok(local)
}

fn local_check(local: &[u8; 32]) -> [u8; 8] {
    let hash = crypto::sha256(&[b"heliograph local", local]);
    std::array::from_fn(|at| hash[at])
}

/// A vault in a folder of this machine: opened when it is needed, and again after it failed.
struct FolderVault {
    path: PathBuf,
    open: Option<Vault>,
}

impl custody::Vault for FolderVault {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        let vault = match self.open.take() {
            Some(vault) => vault,
            None => Vault::open(&self.path, Box::new(OsRng)).map_err(|_| Away)?,
        };
        let answer = custody::Vault::exchange(self.open.insert(vault), request);
        if answer.is_err() {
            self.open = None;
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_dir::testing::Folder;

    /// Whether the file, written so, is named as what is wrong.
    fn is_named(data: &DataDir, name: &str, bytes: &[u8]) -> bool {
        let path = data.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        let settings = Settings { dev: true, ..Settings::default() };
        match Custody::open(data, &settings, false).err() {
            Some(FolderError::Local(named) | FolderError::Roster(named, _)) => named == path,
            Some(
                FolderError::Data(_)
                | FolderError::NoVaults
                | FolderError::DevVaults(_)
                | FolderError::Vault(..)
                | FolderError::VaultsTaken(_),
            )
            | None => false,
        }
    }

    #[test]
    fn r5_every_bit_of_local_and_of_the_list_of_vaults_that_turns_over_is_found() {
        let folder = Folder::new();
        let data = folder.open();
        let settings = Settings { dev: true, ..Settings::default() };
        assert!(Custody::open(&data, &settings, true).is_ok());
        for name in ["local", "vaults"] {
            let file = std::fs::read(data.path().join(name)).expect("a file");
            for bit in 0..file.len() * 8 {
                let mut turned = file.clone();
                turned[bit / 8] ^= 1 << (bit % 8);
                assert!(is_named(&data, name, &turned), "bit {bit} of {name}");
            }
            assert!((0..file.len()).all(|length| is_named(&data, name, &file[..length])), "{name} cut short");
            assert!(is_named(&data, name, &[&file[..], b"\n"].concat()), "{name} made longer");
            std::fs::write(data.path().join(name), &file).expect("a file");
            assert!(Custody::open(&data, &settings, false).is_ok(), "{name} as it was");
        }
    }
}
