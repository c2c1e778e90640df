//! What a data folder says of its vaults: the files `local` and `vaults` (docs/keys.md 2, 3, 6.3).
//!
//! Invariant: a local part is drawn for an empty store only. Under rows that lie there already it would be another
//! deployment's, and nothing would ever open.
use std::path::{Path, PathBuf};

use crypto::Rng;
use custody::{Away, Deployment, Member, Roster, RosterError};
use link::{Caller, Identity, Pin};
use sealed::Secret;
use vault::{OpenError, Vault};

use super::children::{self, ChildVault};
use super::dev_vaults::{self, DevVaults};
use super::far::{Address, Far};
use super::link_key;
use super::links::AnyVault;
use super::listed::{self, ListedError};
use super::own_files::{local_file, local_in};
use super::production::{self, ProductionError};
use super::replace::Deeds;
use crate::config::Settings;
use crate::data_dir::{DataDir, DataDirError, write_whole};
use crate::entropy::OsRng;

/// Why the folder says nothing of vaults that can be used. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file operation failed.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// No vaults are named.
    #[error(
        "no vaults are named: name them with the setting `vaults`, or start with --dev, which keeps keys in three folders of \
         this machine"
    )]
    NoVaults,
    /// The vaults named are folders of this machine.
    #[error("{0} names vaults that are kept by --dev: start with --dev")]
    DevVaults(PathBuf),
    /// Vaults of both kinds.
    #[error("{0} names folders of this machine beside vaults of a network")]
    Mixed(PathBuf),
    /// The list of vaults is gone, and there is a store.
    #[error(
        "{0} is missing, which says in which order the vaults hold the shares: bring it back from a backup"
    )]
    RosterLost(PathBuf),
    /// What the configuration says of them.
    #[error(transparent)]
    Listed(#[from] ListedError),
    /// The key by which vaults know this server would lie in clear.
    #[error(
        "the key by which vaults know this server would lie in clear in the data folder, which only development mode allows: \
         name a passphrase_file; a link.key that is there already has to be removed, and every vault has to enroll the new one"
    )]
    ClearLinkKey,
    /// It lies under a passphrase, and none was named.
    #[error("the key by which vaults know this server lies under a passphrase: name a passphrase_file")]
    NoPassphrase,
    /// It lies under another one.
    #[error("the passphrase is not the one under which the key for the vaults lies")]
    WrongPassphrase,
    /// There is no passphrase where one should be.
    #[error("{0} has no passphrase in its first line: {1}")]
    PassphraseFile(PathBuf, std::io::Error),
    /// What production demands.
    #[error(transparent)]
    Production(#[from] ProductionError),
    /// That key is damaged.
    #[error(
        "{0} is damaged: bring it back from a backup, or remove it and have every vault enroll the new one"
    )]
    LinkKey(PathBuf),
    /// TLS.
    #[error(transparent)]
    Link(#[from] link::LinkError),
    /// A vault's process cannot be started.
    #[error("cannot start the processes of the vaults: {0}")]
    Children(std::io::Error),
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

/// Where the vaults are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In folders of this machine, opened by this process.
    Folders,
    /// In folders of this machine, each with a process of its own.
    Processes,
    /// In other hands.
    Elsewhere {
        /// The key by which they know this server lies in clear, as development mode allows.
        in_clear: bool,
    },
}

/// The vaults of a deployment, and the ways to them.
pub(crate) struct Custody {
    pub(crate) kept: Kept,
    pub(super) is_production: bool,
    pub(super) deployment: Deployment,
    pub(super) vaults: Vec<AnyVault>,
    pub(super) deeds: Option<Deeds>,
}

impl Custody {
    /// Reads what the folder says, or makes it at the first start.
    pub(crate) fn open(data: &DataDir, settings: &Settings, is_empty: bool) -> Result<Self, FolderError> {
        if settings.production && (settings.dev || settings.dev_processes) {
            return Err(ProductionError::Development.into());
        }
        let path = data.path().join("vaults");
        let folder = DevVaults::of(data, settings).place().to_owned();
        let roster = match known(data, settings, is_empty, &path)? {
            None => dev_vaults::make(&folder, &path, is_empty)?,
            Some(Known { roster, is_written }) => {
                // Before anything is written that the next start would go by.
                judge(&roster, data, settings, &path)?;
                if !is_written {
                    write_whole(&path, roster.to_text().as_bytes(), 0o644)?;
                }
                roster
            }
        };
        let passphrase_file = settings.passphrase_file.as_deref();
        let local = local(data, is_empty)?;
        let kept = match settings.dev_processes {
            _ if far(&roster) > 0 => Kept::Elsewhere { in_clear: link_key::is_clear(data, passphrase_file)? },
            true => Kept::Processes,
            false => Kept::Folders,
        };
        let (vaults, own) = match kept {
            Kept::Elsewhere { .. } => {
                let own = link_key::identity(data, passphrase_file)?;
                (far_away(&roster, &own)?, Some(own))
            }
            Kept::Processes => (in_processes(&roster, &folder)?, None),
            Kept::Folders => (in_folders(&roster, &folder), None),
        };
        Ok(Self {
            kept,
            is_production: settings.production,
            deployment: Deployment::new(roster, &local),
            vaults,
            deeds: Some(Deeds { roster: path, own, settings: settings.clone() }),
        })
    }

    /// For whoever talks to the vaults without a keeper.
    pub(crate) fn into_parts(self) -> (Deployment, Vec<AnyVault>) {
        (self.deployment, self.vaults)
    }
}

/// Vaults that somebody has named.
struct Known {
    roster: Roster,
    /// The folder says the same already.
    is_written: bool,
}

/// Who the vaults are: what the file says, at the addresses of the configuration; at a first start what the configuration
/// says, or nothing, where development mode is to make some.
fn known(
    data: &DataDir,
    settings: &Settings,
    is_empty: bool,
    path: &Path,
) -> Result<Option<Known>, FolderError> {
    let members = listed::read(&settings.vaults)?;
    let Some(text) = data.read(path)? else {
        return match members.is_empty() {
            true if settings.dev => Ok(None),
            true => Err(FolderError::NoVaults),
            false if !is_empty => Err(FolderError::RosterLost(path.to_owned())),
            false => Ok(Some(Known { roster: listed::roster(members)?, is_written: false })),
        };
    };
    let text = String::from_utf8_lossy(&text);
    let roster = Roster::parse(&text).map_err(|error| FolderError::Roster(path.to_owned(), error))?;
    let moved = if members.is_empty() { None } else { listed::moved(&roster, &members)? };
    Ok(Some(match moved {
        None => Known { roster, is_written: true },
        Some(roster) => Known { roster, is_written: false },
    }))
}

/// Whether these vaults, and the key by which they know this server, are what this mode allows.
fn judge(roster: &Roster, data: &DataDir, settings: &Settings, path: &Path) -> Result<(), FolderError> {
    let far = far(roster);
    if far != 0 && far != roster.n() {
        return Err(FolderError::Mixed(path.to_owned()));
    }
    if settings.production {
        production::check(settings, roster, far > 0)?;
    }
    if !settings.dev && far == 0 {
        return Err(FolderError::DevVaults(path.to_owned()));
    }
    if !settings.dev && link_key::is_clear(data, settings.passphrase_file.as_deref())? {
        return Err(FolderError::ClearLinkKey);
    }
    Ok(())
}

/// How many of them are not folders of this machine.
fn far(roster: &Roster) -> usize {
    roster.vaults().filter(|(_, member)| listed::is_address(&member.place)).count()
}

/// The ways to vaults over a network.
fn far_away(roster: &Roster, own: &Identity) -> Result<Vec<AnyVault>, FolderError> {
    let far = |(_, member): (_, &Member)| {
        let caller = Caller::new(own, Pin(member.key))?;
        Ok(AnyVault::Far(Far { address: Address::Named(member.place.clone()), caller, alone: None }))
    };
    roster.vaults().map(far).collect()
}

/// The vaults of development mode in this process.
fn in_folders(roster: &Roster, folder: &Path) -> Vec<AnyVault> {
    let vault = |(_, member): (_, &Member)| {
        AnyVault::Here(Box::new(FolderVault { path: folder.join(&member.place), open: None }))
    };
    roster.vaults().map(vault).collect()
}

/// The vaults of development mode in processes of their own, and the ways to them.
fn in_processes(roster: &Roster, folder: &Path) -> Result<Vec<AnyVault>, FolderError> {
    let own = link_key::passing();
    let folders: Vec<PathBuf> = roster.vaults().map(|(_, member)| folder.join(&member.place)).collect();
    let children = children::start(&folders, own.pin()).map_err(FolderError::Children)?;
    let far = |((_, member), child): ((_, &Member), ChildVault)| {
        let caller = Caller::new(&own, Pin(member.key))?;
        Ok(AnyVault::Far(Far { address: Address::Child(child), caller, alone: None }))
    };
    roster.vaults().zip(children).map(far).collect()
}

/// Reads the local part, or draws it for an empty store.
fn local(data: &DataDir, is_empty: bool) -> Result<Secret<[u8; 32]>, FolderError> {
    let path = data.path().join("local");
    let read = data.read(&path)?;
    if let Some(bytes) = &read {
        let local = local_in(bytes).ok_or_else(|| FolderError::Local(path.clone()))?;
        return Ok(Secret::made(|to: &mut [u8; 32]| to.copy_from_slice(local)));
    }
    if !is_empty {
        return Err(FolderError::Local(path));
    }
    let local = Secret::made(|local: &mut [u8; 32]| OsRng.fill(local));
    write_whole(&path, &local_file(local.expose()), 0o600)?;
    Ok(local)
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
                | FolderError::Mixed(_)
                | FolderError::RosterLost(_)
                | FolderError::Listed(_)
                | FolderError::ClearLinkKey
                | FolderError::NoPassphrase
                | FolderError::WrongPassphrase
                | FolderError::PassphraseFile(..)
                | FolderError::Production(_)
                | FolderError::LinkKey(_)
                | FolderError::Link(_)
                | FolderError::Children(_)
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
