//! A disk in memory: it can stop, fail once, fill up, and lose what was not durable when the power goes.
//!
//! What it promises is what POSIX does, and no more: the bytes of a file are durable when they were synced, a name when
//! its folder was. A cut may keep any of the names that changed since, and lose any other.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::disk::{Disk, DiskError};

type Files = BTreeMap<String, Vec<u8>>;

/// The disk. Clones are the same disk, as long as it is not cut.
#[derive(Clone, Default)]
pub struct Ram(Arc<Mutex<State>>);

#[derive(Clone, Default)]
struct State {
    /// What a running process sees.
    files: Files,
    /// What is durable.
    durable: Files,
    /// Changes of names since, in order.
    pending: Vec<Change>,
    /// Operations so far.
    done: u64,
    /// From this one on every operation fails.
    stops_at: Option<u64>,
    /// These fail.
    fails: BTreeMap<u64, DiskError>,
    /// Bytes that there is room for.
    room: Option<u64>,
}

#[derive(Clone)]
enum Change {
    Appears(String, Vec<u8>),
    Moves(String, String, Vec<u8>),
    Goes(String),
}

impl Ram {
    /// A disk that holds these files, durably.
    #[must_use]
    pub fn holding(files: BTreeMap<String, Vec<u8>>) -> Ram {
        let state = State { durable: files.clone(), files, ..State::default() };
        Ram(Arc::new(Mutex::new(state)))
    }

    /// All files as a process sees them now. With [`Ram::holding`]: what a killed process leaves.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.state().files.clone()
    }

    /// Everything that can be found when the power goes now.
    #[must_use]
    pub fn after_power_cut(&self) -> Vec<BTreeMap<String, Vec<u8>>> {
        let state = self.state();
        assert!(state.pending.len() < 16, "too many changes of names to try them all");
        let subsets = 0..1u32 << state.pending.len();
        let after = |subset: u32| {
            let mut files = state.durable.clone();
            let kept = state.pending.iter().enumerate().filter(|(at, _)| subset & 1 << at != 0);
            kept.for_each(|(_, change)| change.apply(&mut files));
            files
        };
        subsets.map(after).collect()
    }

    /// How many operations were begun.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.state().done
    }

    /// After `more` operations nothing is done any more; one that writes is cut short in the middle.
    pub fn stop_after(&self, more: u64) {
        let mut state = self.state();
        state.stops_at = Some(state.done + more);
    }

    /// Of the operations to come, the one after `more` fails once.
    pub fn fail_after(&self, more: u64, error: DiskError) {
        let mut state = self.state();
        let at = state.done + more;
        state.fails.insert(at, error);
    }

    /// There is room for so many bytes in all files together; without a number, for any.
    pub fn limit(&self, bytes: Option<u64>) {
        self.state().room = bytes;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an operation.
    fn begin(&self) -> Result<MutexGuard<'_, State>, (MutexGuard<'_, State>, DiskError)> {
        let mut state = self.state();
        let number = state.done;
        state.done += 1;
        if state.stops_at.is_some_and(|stops_at| number >= stops_at) {
            // What was under way when it stopped may be there in part, what comes later is not.
            let is_first = state.stops_at == Some(number);
            let error = DiskError::Failed(std::io::ErrorKind::BrokenPipe);
            return Err((state, if is_first { error } else { DiskError::Missing }));
        }
        match state.fails.remove(&number) {
            Some(error) => Err((state, error)),
            None => Ok(state),
        }
    }
}

impl State {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.files);
        self.pending.push(change);
    }
}

impl Change {
    fn apply(&self, files: &mut Files) {
        match self {
            Change::Appears(name, bytes) => {
                files.insert(name.clone(), bytes.clone());
            }
            Change::Moves(from, to, bytes) => {
                files.remove(from);
                files.insert(to.clone(), bytes.clone());
            }
            Change::Goes(name) => {
                files.remove(name);
            }
        }
    }
}

impl Disk for Ram {
    fn list(&mut self) -> Result<Vec<(String, u64)>, DiskError> {
        let state = self.begin().map_err(|(_, error)| error)?;
        Ok(state.files.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    fn read(&mut self, name: &str, at: u64, into: &mut [u8]) -> Result<(), DiskError> {
        let state = self.begin().map_err(|(_, error)| error)?;
        let bytes = state.files.get(name).ok_or(DiskError::Missing)?;
        let from = bytes.get(usize::try_from(at).expect("small")..).and_then(|from| from.get(..into.len()));
        into.copy_from_slice(from.ok_or(DiskError::Short)?);
        Ok(())
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let (mut state, error) = match self.begin() {
            Ok(state) => {
                let used: usize =
                    state.files.iter().filter(|(other, _)| *other != name).map(|(_, f)| f.len()).sum();
                let is_full = state.room.is_some_and(|room| (used + bytes.len()) as u64 > room);
                (state, is_full.then_some(DiskError::Full))
            }
            Err((state, error)) => (state, Some(error)),
        };
        let part = if error.is_some() { &bytes[..bytes.len() / 2] } else { bytes };
        if error != Some(DiskError::Missing) {
            state.change(Change::Appears(name.to_owned(), part.to_vec()));
        }
        error.map_or(Ok(()), Err)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.begin().map_err(|(_, error)| error)?;
        let bytes = state.files.get(from).ok_or(DiskError::Missing)?.clone();
        state.change(Change::Moves(from.to_owned(), to.to_owned(), bytes));
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        let mut state = self.begin().map_err(|(_, error)| error)?;
        if !state.files.contains_key(name) {
            return Err(DiskError::Missing);
        }
        state.change(Change::Goes(name.to_owned()));
        Ok(())
    }

    fn settle(&mut self) -> Result<(), DiskError> {
        let mut state = self.begin().map_err(|(_, error)| error)?;
        state.durable = state.files.clone();
        state.pending.clear();
        Ok(())
    }
}
