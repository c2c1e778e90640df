//! The keeper's thread: who waits for which keys, which exchanges are under way, what is to be done without being asked.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use custody::{
    Deployment, Doomed, Machine, Make, Mint, Minted, Named, Pace, Release, Released, Report, Want, World,
    mending,
};
use domain::authorization;
use ids::limits::{KEY_EXCHANGE_MS_MAX, KEY_EXCHANGES_MAX, KEYS_PER_EXCHANGE_MAX, REPORT_MS, VAULT_HEDGE_MS};
use ids::{AuthKeyId, Now};
use sealed::{Keyring, Need};
use store::Store;

use super::endings::Endings;
use super::errands::Errands;
use super::job::{Done, Job, Kind, Running};
use super::links::Links;
use super::pool::Pool;
use super::replace::{Hold, Replace};
use super::standing::Seen;
use super::tick::Tick;
use super::waiting::{Over, Waiting};
use super::walk::Walk;
use super::{Brought, End, Message, Pins, Unsealed, Waiter};
use crate::entropy::OsRng;
use crate::log::{Count, Event};
use crate::node::Node;

/// Messages taken in before anything is done about them.
const MESSAGES_AT_ONCE: usize = 4096;

/// What the thread has.
pub(super) struct Desk {
    pub(super) node: Arc<Node>,
    pub(super) store: Store,
    pub(super) deployment: Deployment,
    pub(super) keyring: Keyring,
    pub(super) links: Links,
    inbox: Receiver<Message>,
    rows: Store,
    jobs: Vec<Box<dyn Job>>,
    next_job: u64,
    waiting: Waiting<Waiter>,
    /// Keys that some vaults may not have, since they were away when they were made.
    pub(super) late: BTreeSet<Want>,
    pub(super) seen: Seen,
    pub(super) errands: Errands,
    pub(super) endings: Endings,
    pub(super) pool: Pool,
    pub(super) tick: Tick,
    pub(super) walk: Walk,
    pub(super) replace: Replace,
    report_ms: u64,
    /// Somebody who waited was told that the vaults are away, and the log has said so.
    said_away: bool,
    /// When the log named a vault's fault last: as many as there are vaults and faults.
    said_named: BTreeMap<Named, u64>,
    /// The store was found behind at this start.
    is_behind: bool,
    stopping: bool,
}

impl Desk {
    pub(super) fn new(node: Arc<Node>, unsealed: Unsealed, inbox: Receiver<Message>) -> Self {
        let now = node.clock.now();
        let Unsealed { store, deployment, links, is_behind, day, channel: _, deeds } = unsealed;
        // Nothing else looks after the keys of the system.
        let system = mending(day).into_iter().filter_map(|make| match make {
            Make::Again(want) => Some(want),
            Make::Root | Make::SystemBox(_) | Make::Blank | Make::Device(_) | Make::Day(_) => None,
        });
        Self {
            is_behind,
            keyring: store.door().keyring().clone(),
            rows: store.clone(),
            tick: Tick::new(node.shred_ms, now.mono_ms),
            replace: Replace::new(deeds),
            // A row of the system's that does not open ends no server: whoever comes is repaired.
            walk: Walk::new(store.walked().ok().flatten()),
            node,
            store,
            deployment,
            links,
            inbox,
            jobs: Vec::new(),
            next_job: 1 << 32,
            waiting: Waiting::default(),
            late: system.collect(),
            seen: Seen::default(),
            errands: Errands::new(day),
            endings: Endings::default(),
            pool: Pool::default(),
            report_ms: 0,
            said_away: false,
            said_named: BTreeMap::new(),
            stopping: false,
        }
    }

    /// Works until it is told to stop; what is under way then goes on at the next start.
    pub(super) fn work(mut self) {
        self.adopt_blanks(self.is_behind);
        self.count_strangers();
        self.begin_course();
        while !self.stopping {
            self.step();
        }
    }

    /// Waits for something to do, and does it.
    pub(super) fn step(&mut self) {
        self.take_messages();
        self.start_jobs();
        self.go_on();
        self.name_faults();
        self.release_waiters();
    }

    fn now_ms(&self) -> u64 {
        self.node.clock.now().mono_ms
    }

    /// Waits for something to do, and takes in what has come.
    fn take_messages(&mut self) {
        let awaited = self.jobs.iter().filter_map(|job| job.awaits()).min();
        self.node.keeper.awaits_durable.store(awaited.is_some(), Ordering::SeqCst);
        if awaited.is_some_and(|commit| commit <= self.store.engine().durable()) {
            // It became durable before anybody knew that it is waited for.
            return;
        }
        let now_ms = self.now_ms();
        let job = self.jobs.iter().filter_map(|job| job.wakes_ms()).min();
        let timed = [job, self.waiting.wakes_ms(), self.walk.wakes_ms(), self.replace.wakes_ms()];
        let always = [self.errands.wakes_ms, self.report_ms, self.tick.wakes_ms()];
        let due_ms = timed.into_iter().flatten().chain(always).min().unwrap_or(now_ms);
        let pause = Duration::from_millis(due_ms.saturating_sub(now_ms).max(1));
        let first = match self.inbox.recv_timeout(pause) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return,
            Err(RecvTimeoutError::Disconnected) => return self.stopping = true,
        };
        self.take(first);
        for _ in 0..MESSAGES_AT_ONCE {
            let Ok(message) = self.inbox.try_recv() else { return };
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        let now_ms = self.now_ms();
        match message {
            Message::Heard(heard) => {
                if let Some(job) = self.jobs.iter_mut().find(|job| job.number() == heard.job) {
                    job.hear(&heard, now_ms);
                }
            }
            Message::Ask(waiter, needs) => self.waiting.add(waiter, needs, now_ms),
            Message::Shred => self.tick.ask(),
            Message::Replace(old, line, tell) => self.replace_vault(old, &line, tell),
            Message::Adopted(adopted) => self.adopted(adopted),
            Message::Standing(tell) => {
                if let Some(standing) = self.note(self.standing()) {
                    // Whoever asked may have gone.
                    let _ = tell.send(standing);
                }
            }
            // The jobs look at the watermark whenever they go on.
            Message::Durable => {}
            Message::Stop => self.stopping = true,
        }
    }

    /// Begins what is asked for and what is due.
    fn start_jobs(&mut self) {
        let now = self.node.clock.now();
        self.run_replacement(now.mono_ms);
        match self.hold() {
            Hold::All => {}
            Hold::Errands => self.start_asked(now.mono_ms),
            Hold::Nothing => {
                self.start_asked(now.mono_ms);
                self.start_errands(now);
            }
        }
    }

    /// Begins what somebody waits for.
    fn start_asked(&mut self, now_ms: u64) {
        let is_brought = |need| matches!(need, Need::Box(_) | Need::Device(_));
        while self.count(Kind::Release) < KEY_EXCHANGES_MAX {
            let needs = self.waiting.take(KEYS_PER_EXCHANGE_MAX, is_brought);
            let wants: Vec<Want> = needs.into_iter().filter_map(want).collect();
            if wants.is_empty() {
                break;
            }
            let release = Release::new(&self.deployment, &self.keyring, &wants, hasty(), now_ms);
            self.start(Kind::Release, release, |(want, released)| Done::Released(want, released));
        }
        self.mint_devices(now_ms);
    }

    /// Begins what is due.
    fn start_errands(&mut self, now: Now) {
        if self.waiting.wants(Need::Blank) && self.keyring.blanks() > 0 {
            self.waiting.settle(Need::Blank, End::Here);
        }
        self.refill(self.waiting.wants(Need::Blank), now.mono_ms);
        self.run_errands(now);
        self.run_tick(now.mono_ms);
        self.walk_on(now.mono_ms);
        if self.report_ms <= now.mono_ms {
            self.report_ms = now.mono_ms + REPORT_MS;
            self.every_minute(now.mono_ms);
        }
    }

    /// A key is not minted while it is being destroyed.
    fn mint_devices(&mut self, now_ms: u64) {
        if self.count(Kind::MintDevice) >= KEY_EXCHANGES_MAX {
            return;
        }
        let errands = &self.errands;
        let is_minted = |need| match need {
            Need::MintDevice(id) => !errands.is_destroying(Doomed::Device(id)),
            Need::Box(_) | Need::Device(_) | Need::Blank => false,
        };
        let needs = self.waiting.take(KEYS_PER_EXCHANGE_MAX, is_minted);
        let mut makes = Vec::new();
        for need in needs {
            let Need::MintDevice(id) = need else { continue };
            match self.store.read(|tx| authorization::is_unused(tx, id)).result {
                Ok(true) => makes.push(Make::Device(id)),
                // Somebody else has waited for it, and it came: another one would destroy it.
                Ok(false) => self.waiting.settle(need, End::Here),
                Err(_) => {
                    self.node.log.event(&Event::StoreFailed {});
                    self.waiting.settle(need, End::Late);
                }
            }
        }
        if !makes.is_empty() {
            let mint = Mint::new(&self.deployment, &self.keyring, &makes, hasty(), now_ms);
            self.start(Kind::MintDevice, mint, |(make, minted)| Done::Minted(make, minted));
        }
    }

    /// The keeper itself waits for keys.
    pub(super) fn wait(&mut self, who: Waiter, needs: Vec<Need>) {
        self.waiting.add(who, needs, self.node.clock.now().mono_ms);
    }

    /// Whether somebody waits for the key of a device that is to be made.
    pub(super) fn is_wanted(&self, id: AuthKeyId) -> bool {
        self.waiting.wants(Need::MintDevice(id))
    }

    fn every_minute(&mut self, now_ms: u64) {
        let evicted = self.keyring.evict(now_ms);
        self.node.metrics.dropped(evicted.boxes + evicted.devices);
        if self.count(Kind::Report) == 0 {
            let commit = self.store.engine().durable().0;
            let report = Report::new(&self.deployment, commit, Pace::default(), now_ms);
            self.start(Kind::Report, report, Done::Reported);
        }
        self.mend(now_ms);
    }

    /// Names vaults at fault as soon as they are found out; one that goes on is named again once a minute.
    fn name_faults(&mut self) {
        let now_ms = self.now_ms();
        for named in self.deployment.take_named() {
            let said_ms = self.said_named.get(&named);
            if said_ms.is_some_and(|said_ms| now_ms < said_ms.saturating_add(REPORT_MS)) {
                continue;
            }
            self.said_named.insert(named, now_ms);
            self.node.log.event(&Event::from(named));
        }
    }

    /// Gives vaults that were away their shares; never beside a destruction, which it would undo, nor beside new shares.
    pub(super) fn mend(&mut self, now_ms: u64) {
        if self.count(Kind::Mend) + self.count(Kind::Destroy) > 0 || self.replace.goes_on() {
            return;
        }
        let late: Vec<Want> = self.late.iter().copied().take(KEYS_PER_EXCHANGE_MAX).collect();
        if late.is_empty() {
            return;
        }
        self.late.retain(|want| !late.contains(want));
        let makes: Vec<Make> = late.into_iter().map(Make::Again).collect();
        let mint = Mint::new(&self.deployment, &self.keyring, &makes, Pace::default(), now_ms);
        self.start(Kind::Mend, mint, |(make, minted)| Done::Minted(make, minted));
    }

    /// A key that is to be destroyed has no shares to be mended.
    pub(super) fn forget_late(&mut self, doomed: Doomed) {
        self.late.remove(&match doomed {
            Doomed::Box(of) => Want::Box(of),
            Doomed::Device(of) => Want::Device(of),
            Doomed::Day(day) => Want::Day(day),
        });
    }

    /// Begins an exchange.
    pub(super) fn start<M: Machine + 'static>(
        &mut self,
        kind: Kind,
        machine: M,
        done: fn(M::Outcome) -> Done,
    ) {
        let number = self.next_job;
        self.next_job += 1;
        self.jobs.push(Box::new(Running { number, kind, machine, done }));
    }

    /// How many exchanges are under way.
    pub(super) fn all_jobs(&self) -> usize {
        self.jobs.len()
    }

    /// How many exchanges of a kind are under way.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.jobs.iter().filter(|job| job.kind() == kind).count()
    }

    /// Lets every exchange send what it has to send, and takes what is done.
    fn go_on(&mut self) {
        let mut all_done = Vec::new();
        for job in &mut self.jobs {
            let now_ms = self.node.clock.now().mono_ms;
            let mut world = World { rows: &mut self.rows, rng: &mut OsRng, now_ms };
            all_done.extend(job.go_on(&mut world, &self.links, self.store.engine().durable()));
        }
        let ended: Vec<Kind> = self.jobs.extract_if(.., |job| job.is_done()).map(|job| job.kind()).collect();
        for done in all_done {
            self.finish(done);
        }
        for kind in ended {
            self.end_of(kind);
        }
    }

    fn end_of(&mut self, kind: Kind) {
        match kind {
            Kind::Tick => self.tick_ended(),
            Kind::Destroy => self.destruction_ended(),
            Kind::Survey => self.survey_ended(),
            Kind::Release | Kind::MintDevice | Kind::MintBlank | Kind::Report | Kind::Mend | Kind::Other => {}
            Kind::Reshare => self.reshare_ended(),
        }
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Released(want, released) => self.released(want, released),
            Done::Minted(make, minted) => self.minted(make, minted),
            Done::Destroyed(doomed, destroyed) => self.destroyed(doomed, &destroyed),
            Done::Reported(kept) => {
                if kept < self.deployment.roster().majority() {
                    self.node.log.event(&Event::VaultsAway { answered: Count(kept as u64) });
                }
            }
            Done::Ticked(of, ticked) => self.ticked(of, &ticked),
            Done::Surveyed(of, surveyed) => self.surveyed(of, surveyed),
            Done::Reshared(key, ticked) => self.reshared(key, &ticked),
        }
    }

    fn released(&mut self, want: Want, released: Released) {
        let (need, is_box) = match want {
            Want::Box(of) => (Need::Box(of), Some(of)),
            Want::Device(of) => (Need::Device(of), None),
            Want::Root | Want::Day(_) => return,
        };
        if let Some(of) = is_box {
            self.came(of, released == Released::Installed);
        }
        // A release asks k vaults only. Others may lack their shares since a mint before the last start.
        let roster = self.deployment.roster();
        if released == Released::Installed && roster.n() > roster.w() {
            self.late.insert(want);
        }
        let end = match released {
            Released::Installed => match is_box.map(|of| self.repair(of)) {
                None | Some(true) => End::Here,
                Some(false) => End::Late,
            },
            Released::Nothing => End::Gone,
            // A state is missing too when a tick went on while copies of it were on their way.
            Released::Away | Released::StateMissing => End::Late,
            Released::Refused(_) | Released::Store(_) => {
                self.node.log.event(&Event::KeyUnusable {});
                End::Late
            }
        };
        self.waiting.settle(need, end);
    }

    fn minted(&mut self, make: Make, minted: Minted) {
        let end = match minted {
            Minted::Installed { key, late } => {
                if !late.is_empty() {
                    self.late.insert(key);
                }
                if let (Make::Blank, Want::Box(of)) = (make, key) {
                    self.note_blank(of);
                }
                End::Here
            }
            // Nobody lacks a share of it any more.
            Minted::Nothing => End::Here,
            // Another one may be taken by who came at the same time.
            Minted::Away | Minted::Taken => End::Late,
            Minted::Refused(_) => {
                self.node.log.event(&Event::KeyUnusable {});
                End::Late
            }
        };
        match make {
            Make::Device(of) => {
                self.replace.note_made(of, self.node.clock.now().mono_ms);
                self.waiting.settle(Need::MintDevice(of), end);
            }
            Make::Blank => {
                self.pool.tried(end == End::Here, self.node.clock.now().mono_ms);
                self.waiting.settle(Need::Blank, end);
            }
            Make::Day(day) => self.minted_day(day, end == End::Here),
            Make::Again(want) if end != End::Here => drop(self.late.insert(want)),
            Make::Again(_) | Make::Root | Make::SystemBox(_) => {}
        }
    }

    /// Lets those go on whose wait is over, with their keys or without.
    fn release_waiters(&mut self) {
        let over = self.waiting.over(self.now_ms());
        for Over { who, needs, end, since_ms } in over {
            let waited_ms = self.now_ms().saturating_sub(since_ms);
            self.node.metrics.key_waited(Duration::from_millis(waited_ms));
            if end == End::Late && !std::mem::replace(&mut self.said_away, true) {
                self.node.log.event(&Event::KeysDidNotCome {});
            } else if end == End::Here {
                self.said_away = false;
            }
            let pins = Pins::of(&self.keyring, &needs);
            match who {
                Waiter::Crowded(of) => self.crowded(of, end, pins),
                Waiter::Devices(of) => self.devices_of(of, end),
                Waiter::Lane(..) | Waiter::Task(_) => {
                    self.node.keeper.end_wait(&self.node, who, Brought { end, pins });
                }
            }
        }
    }
}

fn want(need: Need) -> Option<Want> {
    match need {
        Need::Box(of) => Some(Want::Box(of)),
        Need::Device(of) => Some(Want::Device(of)),
        Need::MintDevice(_) | Need::Blank => None,
    }
}

/// Somebody waits for it.
pub(super) fn hasty() -> Pace {
    Pace {
        answer_ms: KEY_EXCHANGE_MS_MAX,
        retry_ms: KEY_EXCHANGE_MS_MAX / 4,
        hedge_ms: VAULT_HEDGE_MS / 2,
        whole_ms: KEY_EXCHANGE_MS_MAX,
    }
}
