//! The examination of a stopped server's folder: opens the sealed store as a start does, with the vaults, and holds every
//! account's box against what it says of itself (P16; docs/keys.md 4.4). It says counts only.
//!
//! The store is not written. The vaults are asked as by any start: they issue an incarnation and, on a new day, its key.
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use custody::{
    Away, Boot, BootError, Deployment, Machine, Opening, Pace, Release, Released, Start, StateRows, Vault,
    Want, World,
};
use domain::audit::{self, Wrong};
use ids::limits::KEYS_PER_EXCHANGE_MAX;
use ids::{BoxId, UserId};
use sealed::{Keyring, Missing, OwnerTag, RowKey};
use store::{Class, Commit, Door, Embedded, Engine, EngineError, Order, Scan, Store, StoreError};

use crate::clock::Clock;
use crate::config::Settings;
use crate::data_dir::{DataDir, DataDirError};
use crate::entropy::OsRng;
use crate::keeper::{AnyVault, BootFailure, Custody, FolderError, day};

/// Keys in memory at a time: those of the system, and of one exchange.
const SLOTS: usize = 4 * KEYS_PER_EXCHANGE_MAX + 1024;
/// Rows looked at in one go.
const STEP: usize = 4096;
/// Steps of one exchange; none takes as many.
const STEPS_MAX: usize = 1_000_000;

/// Why a folder was not examined. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// There is no store in the folder.
    #[error("there is no store in {0}")]
    NoStore(std::path::PathBuf),
    /// The store.
    #[error("cannot open the store in {0}: {1}")]
    Engine(std::path::PathBuf, store::OpenError),
    /// The vaults.
    #[error(transparent)]
    Sealed(#[from] BootFailure),
    /// Too few of them answered.
    #[error("too few vaults have answered, so nothing can be read")]
    Away,
    /// A row that all else hangs on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was looked at, and how much of it is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Examined {
    /// Accounts whose boxes were looked at.
    pub accounts: u64,
    /// Their dialogs.
    pub dialogs: u64,
    /// Their messages.
    pub messages: u64,
    /// The store is older than the vaults were told: it was brought back, and the next start repairs it. Nothing else was
    /// looked at.
    pub is_old: bool,
    /// Accounts whose boxes wait for a repair, since the store was brought back: not wrong, and not looked at.
    pub unrepaired: u64,
    /// Accounts that the phone index names and that are not there.
    pub accounts_lost: u64,
    /// Accounts whose keys are gone, or in whose box a row cannot be read.
    pub unreadable: u64,
    /// Dialogs whose messages are not those that were written.
    pub altered: u64,
    /// Dialogs that do not say the truth of their messages.
    pub miscounted: u64,
    /// Accounts with messages of dialogs that are gone.
    pub orphaned: u64,
    /// Accounts with a hole in the list of changes.
    pub holes: u64,
    /// Rows in boxes that no account has.
    pub strays: u64,
}

impl Examined {
    /// Whether nothing is wrong, as far as could be seen.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let Self { accounts_lost, unreadable, altered, miscounted, orphaned, holes, strays, .. } = *self;
        !self.is_old && [accounts_lost, unreadable, altered, miscounted, orphaned, holes, strays] == [0; 7]
    }
}

/// Examines the data folder of a stopped server, whose key for the vaults may lie under a passphrase.
///
/// # Errors
/// The [`ExamineError`]; also when a server runs on the folder.
pub fn examine(
    data: &Path,
    dev_vaults: Option<&Path>,
    passphrase_file: Option<&Path>,
) -> Result<Examined, ExamineError> {
    let folder = data.join("store");
    if !folder.is_dir() {
        return Err(ExamineError::NoStore(data.to_owned()));
    }
    let held = DataDir::open(data)?;
    if !held.path().join("vaults").exists() {
        return Err(BootFailure::from(FolderError::NoVaults).into());
    }
    let engine = Embedded::open(&folder, &store::Settings::default())
        .map_err(|error| ExamineError::Engine(folder, error))?;
    let engine: Arc<dyn Engine> = Arc::new(engine);
    if engine.durable() == Commit(0) {
        return Ok(Examined::default());
    }
    let settings = Settings {
        dev: true,
        dev_vaults: dev_vaults.map(Path::to_owned),
        passphrase_file: passphrase_file.map(Path::to_owned),
        ..Settings::default()
    };
    let custody = Custody::open(&held, &settings, false).map_err(BootFailure::from)?;
    let (mut bench, is_old) = Bench::open(engine, custody)?;
    let mut found = Examined { is_old, ..Examined::default() };
    if !found.is_old {
        bench.examine(&mut found)?;
    }
    bench.store.engine().close();
    Ok(found)
}

/// An opened store, and what brings keys to it.
struct Bench {
    store: Store,
    keyring: Keyring,
    deployment: Deployment,
    vaults: Vec<AnyVault>,
    /// Vaults answer before the next step, so time passes only where a machine waits.
    now_ms: u64,
}

impl Bench {
    /// Opens it; whether it is older than what was reported of it.
    fn open(engine: Arc<dyn Engine>, custody: Custody) -> Result<(Self, bool), ExamineError> {
        let (deployment, mut vaults) = custody.into_parts();
        let keyring = Keyring::new(SLOTS);
        let (ring, rows_of) = (keyring.clone(), engine.clone());
        let open =
            move || Door::new(ring.clone(), Box::new(OsRng)).map(|door| Store::new(rows_of.clone(), door));
        let start = Start { is_first: false, day: day(Clock::start().now().unix().get()) };
        let mut now_ms = 1;
        let mut boot = Boot::new(&deployment, &keyring, start, Pace::default(), now_ms);
        let outcomes = drive(&mut boot, &mut vaults, &mut Opening::new(&open), &mut now_ms);
        let booted = match outcomes.into_iter().next_back() {
            None | Some(Err(BootError::Away)) => return Err(ExamineError::Away),
            Some(Err(error)) => return Err(BootFailure::Vaults(error).into()),
            Some(Ok(booted)) => booted,
        };
        let store = open().map_err(|_: Missing| StoreError::Sealed)?;
        store.load_repairs()?;
        // As `domain::start` compares them.
        let is_old = booted.reported > (store.last_start()?, engine.durable().0);
        Ok((Self { store, keyring, deployment, vaults, now_ms }, is_old))
    }

    fn examine(&mut self, found: &mut Examined) -> Result<(), ExamineError> {
        let everybody = self.store.read(audit::everybody).result?;
        found.accounts_lost = everybody.lost;
        for users in everybody.users.chunks(KEYS_PER_EXCHANGE_MAX) {
            self.examine_boxes(users, found)?;
        }
        found.strays = self.strays(&everybody.users)?;
        Ok(())
    }

    fn examine_boxes(&mut self, users: &[UserId], found: &mut Examined) -> Result<(), ExamineError> {
        let wants: Vec<Want> = users.iter().map(|user| Want::Box(BoxId::from(*user))).collect();
        let mut release = Release::new(&self.deployment, &self.keyring, &wants, Pace::default(), self.now_ms);
        let mut rows = self.store.clone();
        for (want, released) in drive(&mut release, &mut self.vaults, &mut rows, &mut self.now_ms) {
            let Want::Box(of) = want else { continue };
            found.accounts += 1;
            match released {
                Released::Installed => self.examine_box(of, found),
                Released::Away => return Err(ExamineError::Away),
                Released::Nothing | Released::StateMissing | Released::Refused(_) | Released::Store(_) => {
                    found.unreadable += 1
                }
            }
            self.keyring.close_box(of);
        }
        Ok(())
    }

    fn examine_box(&self, of: BoxId, found: &mut Examined) {
        let ran = self.store.read(|tx| audit::audit(tx, of));
        match ran.result {
            // Its keys are here, so what is missing is its repair.
            _ if !ran.needs.is_empty() => found.unrepaired += 1,
            Err(_) => found.unreadable += 1,
            Ok(audit) => {
                found.dialogs += audit.dialogs;
                found.messages += audit.messages;
                for wrong in audit.wrong {
                    match wrong {
                        Wrong::Messages(_) => found.altered += 1,
                        Wrong::Counts(_) => found.miscounted += 1,
                        Wrong::Orphans => found.orphaned += 1,
                        Wrong::Log(_) => found.holes += 1,
                    }
                }
            }
        }
    }

    /// Rows in boxes that nobody has: those of an account that was taken out of the directory as a whole.
    fn strays(&self, users: &[UserId]) -> Result<u64, ExamineError> {
        let names = self.keyring.names().map_err(|_: Missing| StoreError::Sealed)?;
        let boxes = users.iter().map(|user| OwnerTag::of_box(BoxId::from(*user)));
        let known: HashSet<[u8; 12]> = boxes.map(|tag| names.owner(tag).prefix()).collect();
        let of_boxes = domain::tables::TABLES.iter().filter(|table| table.class == Class::Box);
        let of_boxes: HashSet<u16> = of_boxes.map(|table| table.id).collect();
        let is_stray = |key: &RowKey| {
            key.table().is_some_and(|table| of_boxes.contains(&table))
                && key.as_bytes().first_chunk().is_none_or(|prefix| !known.contains(prefix))
        };
        let (mut strays, mut from) = (0, Vec::new());
        loop {
            let all = Scan { from: &from, to: &[0xff; 64], skip: 0, limit: STEP, order: Order::Ascending };
            let rows = self.store.engine().view().and_then(|view| view.range(&all));
            let rows = rows.map_err(|error: EngineError| StoreError::from(error))?;
            let Some((last, _)) = rows.last() else { return Ok(strays) };
            from = [last.as_bytes(), &[0]].concat();
            strays += rows.iter().filter(|(key, _)| is_stray(key)).count() as u64;
        }
    }
}

/// Drives an exchange to its end.
fn drive<M: Machine>(
    machine: &mut M,
    vaults: &mut [AnyVault],
    rows: &mut dyn StateRows,
    now_ms: &mut u64,
) -> Vec<M::Outcome> {
    let mut outcomes = Vec::new();
    for _ in 0..STEPS_MAX {
        let transmit = machine.poll_transmit(&mut World { rows, rng: &mut OsRng, now_ms: *now_ms });
        outcomes.extend(std::iter::from_fn(|| machine.poll_outcome()));
        if machine.is_done() {
            break;
        }
        let Some(transmit) = transmit else {
            *now_ms = machine.poll_timeout().unwrap_or(*now_ms).max(*now_ms + 1);
            machine.handle_timeout(*now_ms);
            continue;
        };
        let vault = vaults.get_mut(transmit.to.index());
        let answer = vault.map_or(Err(Away), |vault| vault.exchange(&transmit.request));
        let answer = answer.map(zeroize::Zeroizing::new);
        let heard = answer.as_ref().map(|answer| answer.as_slice()).map_err(|away| *away);
        machine.handle_answer(transmit.to, heard, *now_ms);
    }
    outcomes
}
