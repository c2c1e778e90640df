//! What a data folder says of its vaults: the files `local` and `vaults` (docs/keys.md 2, 3, 6.3), and with `--dev` the
//! folders of three vaults of our own, which protect nothing from whoever owns this machine.
//!
//! Invariant: a local part is drawn for an empty store only. Under rows that lie there already it would be another
//! deployment's, and nothing would ever open.
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crypto::Rng;
use custody::{Away, Deployment, Member, Roster, RosterError};
use sealed::Secret;
use vault::{OpenError, Vault};
use zeroize::Zeroizing;

use super::links::AnyVault;
use crate::config::Settings;
use crate::data_dir::{DataDir, DataDirError, write_whole};
use crate::entropy::OsRng;

/// Bytes of the local part, and of what tells that it is damaged.
const LOCAL_BYTES: usize = 32 + 8;
/// The vaults that `--dev` makes, and how many of them open a key.
const DEV_VAULTS: u8 = 3;
const DEV_K: u8 = 2;

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
        let folder = settings.dev_vaults.clone().unwrap_or_else(|| data.path().join("vaults-dev"));
        let roster = match data.read(&path)? {
            Some(text) => {
                let text = String::from_utf8_lossy(&text);
                Roster::parse(&text).map_err(|error| FolderError::Roster(path.clone(), error))?
            }
            None if settings.dev => make_dev_vaults(&folder, &path)?,
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

/// Makes three vaults, or finds those of a first start that was cut short, and writes the list of them.
fn make_dev_vaults(folder: &Path, roster_path: &Path) -> Result<Roster, FolderError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|source| DataDirError::Io { action: "make the folder", path: folder.into(), source })?;
    let mut members = Vec::new();
    for number in 1..=DEV_VAULTS {
        let path = folder.join(number.to_string());
        let vault = match Vault::open(&path, Box::new(OsRng)) {
            Err(OpenError::NotAVault) => Vault::init(&path, Box::new(OsRng)),
            opened => opened,
        };
        let key = vault.map_err(|error| FolderError::Vault(path, error))?.verifying();
        members.push(Member { key, place: number.to_string(), jurisdiction: format!("dev-{number}") });
    }
    let roster =
        Roster::new(DEV_K, members).map_err(|error| FolderError::Roster(roster_path.to_owned(), error))?;
    write_whole(roster_path, roster.to_text().as_bytes(), 0o644)?;
    Ok(roster)
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
