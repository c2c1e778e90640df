//! From a sealed server to one with its roots: the store's folder is opened, the vaults are asked until a quorum has
//! answered, and only then is there a store that anybody can read (docs/keys.md 6.3).
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use custody::{
    Boot, BootError, Booted, Deployment, Machine, Opening, Pace, Start, StateRows, World, system_boxes,
};
use domain::repair::RepairError;
use domain::start::{Started, begin};
use ids::limits::{KEY_EXCHANGE_MS_MAX, KEYS_IN_MEMORY_MAX, REPORT_MS, VAULT_HEDGE_MS, VAULT_RETRY_MS};
use sealed::{Keyring, Missing};
use store::{Door, Engine, Store, StoreError};

use super::days::order_ends;
use super::folder::Custody;
use super::job::send;
use super::links::Links;
use super::replace::Deeds;
use super::{Message, folder::FolderError};
use crate::clock::Clock;
use crate::entropy::OsRng;
use crate::log::{Count, Event, Log};

/// Seconds of a day; a day key is named by the day.
pub(super) const DAY_S: i64 = 86_400;
/// How often a waiting start looks whether it is to end.
const LOOK: Duration = Duration::from_millis(50);

/// A server that is not sealed any more.
pub(crate) struct Unsealed {
    pub(crate) store: Store,
    pub(super) deployment: Deployment,
    pub(super) links: Links,
    pub(super) is_behind: bool,
    /// The day whose key the start has brought.
    pub(super) day: u32,
    pub(crate) channel: Option<(Sender<Message>, Receiver<Message>)>,
    pub(super) deeds: Option<Deeds>,
}

/// Why a server stays sealed. Shown to the operator; never logged.
#[derive(Debug, thiserror::Error)]
pub enum BootFailure {
    /// What the data folder says of the vaults.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The vaults have answered, and the answer is no.
    #[error("{0}: are these the vaults of this store, and is this their store?")]
    Vaults(BootError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A box of the directory.
    #[error("the directory cannot be repaired: {0}")]
    Repair(RepairError),
    /// The operating system refuses threads.
    #[error("cannot set up the process: {0}")]
    System(#[from] std::io::Error),
    /// Keys could be swapped to a disk.
    #[error(
        "the memory of keys cannot be locked, which production demands: raise the limit of locked memory (ulimit -l)"
    )]
    NotLocked,
    /// A signal came before the vaults did.
    #[error("stopped before a quorum of the vaults had answered")]
    Stopped,
}

/// Asks the vaults until a quorum has answered, or `stop` is set.
pub(crate) fn unseal(
    engine: &Arc<dyn Engine>,
    custody: Custody,
    clock: Clock,
    log: &Log,
    stop: &AtomicBool,
) -> Result<Unsealed, BootFailure> {
    let Custody { deployment, vaults, kept: _, is_production, deeds } = custody;
    let (messages, inbox) = channel();
    let links = Links::start(vaults, &messages, log)?;
    let found = engine.durable().0;
    let mut number = 0;
    let mut said_ms = None;
    let (booted, keyring, day) = loop {
        // One that took a part of what it needs takes no other root.
        let keyring = Keyring::new(KEYS_IN_MEMORY_MAX);
        if is_production && !keyring.is_locked() {
            return Err(BootFailure::NotLocked);
        }
        let mut rows = Opening::new(|| {
            let door = Door::new(keyring.clone(), Box::new(OsRng))?;
            Ok(Store::new(engine.clone(), door))
        });
        let now = clock.now();
        let day = day(now.unix().get());
        let start = Start { is_first: found == 0, day };
        let mut boot = Boot::new(&deployment, &keyring, start, pace(), now.mono_ms);
        number += 1;
        match drive(&mut boot, number, &mut rows, &links, &inbox, clock, stop) {
            Some(Ok(booted)) => break (booted, keyring, day),
            Some(Err(BootError::Away)) => {}
            Some(Err(error)) => return Err(BootFailure::Vaults(error)),
            None => return Err(BootFailure::Stopped),
        }
        let now_ms = clock.now().mono_ms;
        if said_ms.is_none_or(|said| now_ms >= said + REPORT_MS) {
            said_ms = Some(now_ms);
            log.event(&Event::Sealed {});
            name_faults(&deployment, log);
        }
    };
    if !keyring.is_locked() {
        log.event(&Event::KeysNotLocked {});
    }
    let (store, is_behind) = open(engine, keyring, booted, found, clock, log)?;
    // Before anything lies under the key of the day.
    store.write(|tx| order_ends(tx, day)).result?;
    let channel = Some((messages, inbox));
    Ok(Unsealed { store, deployment, links, is_behind, day, channel, deeds })
}

/// Says which vaults did what right ones do not.
pub(super) fn name_faults(deployment: &Deployment, log: &Log) {
    for named in deployment.take_named() {
        log.event(&Event::from(named));
    }
}

/// The store behind its door, and whether it is older than what was reported last.
fn open(
    engine: &Arc<dyn Engine>,
    keyring: Keyring,
    booted: Booted,
    found: u64,
    clock: Clock,
    log: &Log,
) -> Result<(Store, bool), BootFailure> {
    let sealed = |_: Missing| StoreError::Sealed;
    let door = Door::new(keyring, Box::new(OsRng)).map_err(sealed)?;
    let store = Store::new(engine.clone(), door);
    let started = Started { incarnation: booted.incarnation.get(), reported: booted.reported, found };
    let begun = begin(&store, started, system_boxes(), clock.now().unix()).map_err(BootFailure::Repair)?;
    if begun.is_behind {
        log.event(&Event::StoreBehind {});
    }
    if begun.stuck > 0 {
        log.event(&Event::RowsStuck { rows: Count(begun.stuck as u64) });
    }
    Ok((store, begun.is_behind))
}

/// Drives a boot to its end; nothing if `stop` was set meanwhile.
fn drive(
    boot: &mut Boot,
    number: u64,
    rows: &mut dyn StateRows,
    links: &Links,
    inbox: &Receiver<Message>,
    clock: Clock,
    stop: &AtomicBool,
) -> Option<Result<Booted, BootError>> {
    loop {
        let mut world = World { rows, rng: &mut OsRng, now_ms: clock.now().mono_ms };
        send(boot, number, &mut world, links);
        if let Some(outcome) = boot.poll_outcome() {
            return Some(outcome);
        }
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let now_ms = clock.now().mono_ms;
        let due_ms = boot.poll_timeout().map_or(u64::MAX, |at_ms| at_ms.saturating_sub(now_ms));
        match inbox.recv_timeout(Duration::from_millis(due_ms.max(1)).min(LOOK)) {
            Ok(Message::Heard(heard)) if heard.job == number => {
                let answer = heard.answer.as_ref().map(|answer| answer.as_slice()).map_err(|away| *away);
                boot.handle_answer(heard.from, answer, clock.now().mono_ms);
            }
            // What answers an earlier try says nothing to this one, and nobody else can ask yet.
            Ok(_) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        let now_ms = clock.now().mono_ms;
        if boot.poll_timeout().is_some_and(|at_ms| at_ms <= now_ms) {
            boot.handle_timeout(now_ms);
        }
    }
}

/// The number of the day at a unix time.
pub(crate) fn day(unix_s: i64) -> u32 {
    u32::try_from(unix_s / DAY_S).unwrap_or(0)
}

/// A start waits for ever, but not for one vault; it asks anew every few seconds.
fn pace() -> Pace {
    Pace {
        answer_ms: 2 * KEY_EXCHANGE_MS_MAX,
        retry_ms: VAULT_RETRY_MS,
        hedge_ms: VAULT_HEDGE_MS,
        whole_ms: 4 * KEY_EXCHANGE_MS_MAX,
    }
}
