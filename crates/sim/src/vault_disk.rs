//! The folder of a vault, in memory. It promises what POSIX does, and no more: bytes of a file are durable when they were
//! synced, a name when its folder was; a crash keeps any of the names that changed since and loses any other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use vault::{Disk, DiskError};

use crate::dice::Dice;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct VaultDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    files: Files,
    durable: Files,
    pending: Vec<Change>,
}

enum Change {
    Appears(String, Vec<u8>),
    Moves(String, String),
    Goes(String),
}

impl Change {
    fn apply(&self, files: &mut Files) {
        match self {
            Change::Appears(name, bytes) => {
                files.insert(name.clone(), bytes.clone());
            }
            Change::Moves(from, to) => {
                if let Some(bytes) = files.remove(from) {
                    files.insert(to.clone(), bytes);
                }
            }
            Change::Goes(name) => {
                files.remove(name);
            }
        }
    }
}

impl VaultDisk {
    /// A disk that holds these files.
    pub(crate) fn holding(files: Files) -> VaultDisk {
        VaultDisk(Arc::new(Mutex::new(State { durable: files.clone(), files, pending: Vec::new() })))
    }

    /// All files as a process sees them.
    pub(crate) fn files(&self) -> Files {
        self.state().files.clone()
    }

    /// The power goes.
    pub(crate) fn crash(&self, dice: &mut Dice) {
        let mut state = self.state();
        let mut files = state.durable.clone();
        for change in std::mem::take(&mut state.pending) {
            // A name that moves over another one takes its bytes along, which were synced before.
            if dice.chance(50) {
                change.apply(&mut files);
            }
        }
        state.durable.clone_from(&files);
        state.files = files;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: Change) {
        let mut state = self.state();
        change.apply(&mut state.files);
        state.pending.push(change);
    }
}

impl Disk for VaultDisk {
    fn list(&mut self) -> Result<Vec<(String, u64)>, DiskError> {
        Ok(self.state().files.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> Result<(), DiskError> {
        let state = self.state();
        let bytes = state.files.get(name).ok_or(DiskError::Missing)?;
        let from = usize::try_from(at).ok().and_then(|at| bytes.get(at..)?.get(..into.len()));
        into.copy_from_slice(from.ok_or(DiskError::Short)?);
        Ok(())
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.change(Change::Appears(name.to_owned(), bytes.to_vec()));
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        if !self.state().files.contains_key(from) {
            return Err(DiskError::Missing);
        }
        self.change(Change::Moves(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        if !self.state().files.contains_key(name) {
            return Err(DiskError::Missing);
        }
        self.change(Change::Goes(name.to_owned()));
        Ok(())
    }

    fn settle(&mut self) -> Result<(), DiskError> {
        let mut state = self.state();
        state.durable = state.files.clone();
        state.pending.clear();
        Ok(())
    }
}
