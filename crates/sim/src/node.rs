//! The node: a process over a folder, from its start to its end; its exchanges with the vaults, its syncs, what it does by
//! the clock.
//!
//! Invariant: what a process knows dies with it. Only the folder, the local part and the roster outlive it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crypto::Rng as _;
use custody::{
    Boot, Deployment, Destroy, Doomed, Job as TickJob, Make, Mint, Pace, Report, Roster, Shred, Start,
    VaultNo, Want,
    wire::{Op, Request},
};
use domain::authorization::{self, orders};
use ids::AuthKeyId;
use sealed::{Keyring, Need, Secret};
use store::{
    Commit, Engine as _, Store, StoreError,
    outbox::{self, OutboxId, OutboxRow},
};

use crate::{
    Sabotage,
    acts::Ask,
    dice::Dice,
    jobs::{Job, Rows},
    node_disk::NodeDisk,
    users::Effect,
    vault_disk::Files,
    world::{Event, World},
};

/// The node, running or not.
pub(crate) struct Node {
    pub(crate) disk: Arc<NodeDisk>,
    pub(crate) local: [u8; 32],
    pub(crate) roster: String,
    /// Which process it is, from 1.
    pub(crate) start: u64,
    pub(crate) up: Option<Up>,
    /// The start that the folder was served by last.
    pub(crate) served: u32,
    /// The start and commit number that a majority of the vaults kept last.
    pub(crate) reported: (u32, u64),
    /// The highest ones ever told to a vault.
    pub(crate) told: (u32, u64),
    /// The vaults' folders before each of the last starts: only a sabotage uses them.
    before: Vec<Vec<Files>>,
}

/// A process.
pub(crate) struct Up {
    pub(crate) deployment: Deployment,
    pub(crate) ring: Keyring,
    /// There once the start has come up.
    pub(crate) store: Option<Store>,
    pub(crate) dice: Dice,
    pub(crate) jobs: BTreeMap<u64, Running>,
    next_job: u64,
    /// Who waits for keys, by user.
    pub(crate) asks: BTreeMap<usize, Ask>,
    /// Needs that an exchange is at.
    pub(crate) needed: BTreeSet<Need>,
    /// What is told when its commit is durable: to whom, at which try.
    pub(crate) held: Vec<(Commit, usize, u64, Effect)>,
    /// Devices whose keys are being destroyed.
    pub(crate) destroying: BTreeSet<AuthKeyId>,
    /// Keys of which vaults that were away have no share.
    pub(crate) late: BTreeSet<Want>,
    pub(crate) is_ticking: bool,
    is_syncing: bool,
    pub(crate) day: u32,
    /// Orders of the outbox, and the commit that must be durable before they are carried out.
    ordered: Option<(Commit, Vec<(OutboxId, OutboxRow)>)>,
    /// The last durable commit at the start.
    pub(crate) found: u64,
}

/// An exchange with the time it was promised.
pub(crate) struct Running {
    pub(crate) job: Job,
    since_ms: u64,
    wakes_ms: Option<u64>,
}

/// Keys that memory has room for.
const SLOTS: usize = 1024;
/// Boxes in one tick.
const BOXES: usize = 100;
/// No exchange takes longer: a tick has four steps, each of which takes as long as an exchange may.
const JOB_MS_MAX: u64 = 60_000;
const DAY_S: i64 = 86_400;

/// How long exchanges take. Everything ends long before somebody gives up.
pub(crate) fn pace() -> Pace {
    Pace { answer_ms: 1_500, retry_ms: 150, hedge_ms: 250, whole_ms: 10_000 }
}

/// What a request reports.
fn reported_in(request: &[u8]) -> (u32, u64) {
    let ops = Request::decode(request).map(|request| request.ops).unwrap_or_default();
    let report = |op: &Op| {
        if let Op::Report { incarnation, commit, .. } = op { Some((*incarnation, *commit)) } else { None }
    };
    ops.iter().filter_map(report).max().unwrap_or_default()
}

impl Node {
    pub(crate) fn new(dice: &mut Dice, roster: String, sabotage: Option<Sabotage>) -> Node {
        let mut local = [0; 32];
        dice.fill(&mut local);
        let disk = Arc::new(NodeDisk::new(sabotage));
        Node {
            disk,
            local,
            roster,
            start: 0,
            up: None,
            served: 0,
            reported: (0, 0),
            told: (0, 0),
            before: Vec::new(),
        }
    }

    /// The vaults as a process sees them that begins now.
    pub(crate) fn new_deployment(&self) -> Option<Deployment> {
        Some(Deployment::new(Roster::parse(&self.roster).ok()?, &Secret::new(self.local)))
    }

    pub(crate) fn deployment(&self) -> Option<Deployment> {
        self.up.as_ref().map(|up| up.deployment.clone())
    }

    pub(crate) fn store(&self) -> Option<Store> {
        self.up.as_ref().and_then(|up| up.store.clone())
    }
}

impl World {
    /// A process begins, sealed.
    pub(crate) fn start_node(&mut self) {
        if self.options.sabotage == Some(Sabotage::ReuseNumbers) {
            self.forget_draw();
        }
        self.node.start += 1;
        let start = self.node.start;
        let Some(deployment) = self.node.new_deployment() else { return self.wrong("no roster") };
        self.node.up = Some(Up {
            deployment,
            ring: Keyring::new(SLOTS),
            store: None,
            dice: self.dice.fork(),
            jobs: BTreeMap::new(),
            next_job: 0,
            asks: BTreeMap::new(),
            needed: BTreeSet::new(),
            held: Vec::new(),
            destroying: BTreeSet::new(),
            late: BTreeSet::new(),
            is_ticking: false,
            is_syncing: false,
            day: 0,
            ordered: None,
            found: 0,
        });
        self.tell(&format!("start {start} with commit {}", self.node.disk.durable().0));
        self.boot();
    }

    /// The vaults are put back to where they were before the last start, so that the next one draws what it drew.
    fn forget_draw(&mut self) {
        if let Some(files) = self.node.before.last().filter(|_| self.node.before.len() > 1).cloned() {
            for (host, files) in self.hosts.iter_mut().zip(files) {
                host.disk = crate::vault_disk::VaultDisk::holding(files);
                host.open();
            }
        }
        self.node.before.push(self.hosts.iter().map(|host| host.disk.files()).collect());
    }

    /// Tries to come up.
    pub(crate) fn boot(&mut self) {
        let commit = self.node.disk.durable().0;
        let day = self.today();
        let now_ms = self.now_ms;
        let Some(up) = &mut self.node.up else { return };
        // One that took a part of what it needs takes no other root.
        up.ring = Keyring::new(SLOTS);
        let start = Start { is_first: commit == 0, day };
        (up.day, up.found) = (day, commit);
        let boot = Boot::new(&up.deployment, &up.ring, start, pace(), now_ms);
        self.begin(Job::Boot(Box::new(boot)));
    }

    pub(crate) fn today(&self) -> u32 {
        u32::try_from(self.unix().0 / DAY_S).unwrap_or_default()
    }

    /// The process ends: in order, or at once.
    pub(crate) fn stop_node(&mut self, in_order: bool) {
        if in_order && self.node.store().is_some() {
            self.sync(self.node.start);
        } else {
            self.node.disk.crash(&mut self.dice);
        }
        self.node.up = None;
        let commit = self.node.disk.durable().0;
        self.tell(&format!(
            "the node ends {} at commit {commit}",
            if in_order { "in order" } else { "at once" }
        ));
        for index in 0..self.users.len() {
            if let Some((true, tries)) = self.users.get(index).map(|user| (user.is_asking, user.tries)) {
                let ms = self.dice.between(300, 2_000);
                self.after(ms, Event::GaveUp { index, tries });
            }
        }
        let ms = self.dice.between(100, 4_000);
        let start = self.node.start;
        self.after(ms, Event::NodeBack { start });
    }

    pub(crate) fn node_back(&mut self, start: u64) {
        if self.node.up.is_none() && self.node.start == start {
            self.start_node();
        }
    }

    /// An exchange begins.
    pub(crate) fn begin(&mut self, job: Job) {
        let since_ms = self.now_ms;
        let Some(up) = &mut self.node.up else { return };
        let number = up.next_job;
        up.next_job += 1;
        let word = job.word();
        up.jobs.insert(number, Running { job, since_ms, wakes_ms: None });
        self.tell(&format!("job {number} begins: {word}"));
        self.pump(number);
    }

    /// An exchange goes on as far as it can.
    pub(crate) fn pump(&mut self, number: u64) {
        let (now_ms, start) = (self.now_ms, self.node.start);
        let Some(up) = &mut self.node.up else { return };
        let Some(mut running) = up.jobs.remove(&number) else { return };
        let mut rows = Rows::new(&self.node.disk, &up.ring, up.store.as_ref());
        let (mut sent, mut done) = (Vec::new(), Vec::new());
        loop {
            let mut world = custody::World { rows: &mut rows, rng: &mut up.dice, now_ms };
            let transmit = running.job.poll_transmit(&mut world);
            while let Some(outcome) = running.job.poll_outcome() {
                done.push(outcome);
            }
            match transmit {
                Some(transmit) => sent.push((transmit.to, transmit.request.to_vec())),
                None => break,
            }
        }
        let waits_for_sync = running.job.awaits_durable().is_some();
        if !running.job.is_done() {
            let wakes_ms = running.job.poll_timeout().map(|at_ms| at_ms.max(now_ms + 1));
            let is_new = wakes_ms.is_some() && wakes_ms != running.wakes_ms;
            running.wakes_ms = wakes_ms;
            up.jobs.insert(number, running);
            if let Some(at_ms) = wakes_ms.filter(|_| is_new) {
                self.after(at_ms - now_ms, Event::Wake { start, job: number });
            }
        } else if let Job::Shred(_) = running.job {
            up.is_ticking = false;
        }
        for (of, cut) in rows.settled {
            if let Some(owner) = self.owner(of) {
                let count = self.model.cut(owner, &cut);
                self.tell(&format!("user {owner}: {count} deletions are final"));
            }
        }
        for (to, bytes) in sent {
            self.node.told = self.node.told.max(reported_in(&bytes));
            self.send(to, || Event::Request { start, job: number, to, bytes: bytes.clone() });
        }
        for outcome in done {
            self.outcome(outcome);
        }
        self.sync_soon(waits_for_sync);
    }

    pub(crate) fn hear(&mut self, start: u64, job: u64, from: VaultNo, bytes: Option<&[u8]>) {
        let now_ms = self.now_ms;
        if start != self.node.start {
            return;
        }
        if let Some(running) = self.node.up.as_mut().and_then(|up| up.jobs.get_mut(&job)) {
            running.job.handle_answer(from, bytes.ok_or(custody::Away), now_ms);
            self.pump(job);
        }
    }

    pub(crate) fn wake(&mut self, start: u64, job: u64) {
        let now_ms = self.now_ms;
        if start != self.node.start {
            return;
        }
        let running = self.node.up.as_mut().and_then(|up| up.jobs.get_mut(&job));
        if let Some(running) = running.filter(|running| running.wakes_ms.is_some_and(|at| at <= now_ms)) {
            running.wakes_ms = None;
            running.job.handle_timeout(now_ms);
            self.pump(job);
        }
    }

    /// What was written is synced in a moment.
    pub(crate) fn sync_soon(&mut self, even_if_nothing: bool) {
        let is_due = even_if_nothing || self.node.disk.has_unsynced();
        let start = self.node.start;
        if let Some(up) = self.node.up.as_mut().filter(|up| is_due && !up.is_syncing) {
            up.is_syncing = true;
            let ms = self.dice.between(1, 60);
            self.after(ms, Event::Sync { start });
        }
    }

    /// Everything so far is durable: who waited for it hears of it.
    pub(crate) fn sync(&mut self, start: u64) {
        if start != self.node.start || self.node.up.is_none() {
            return;
        }
        let Ok(durable) = self.node.disk.sync() else { return };
        let now_ms = self.now_ms;
        let Some(up) = &mut self.node.up else { return };
        up.is_syncing = false;
        let (ready, held) = std::mem::take(&mut up.held).into_iter().partition(|held| held.0 <= durable);
        up.held = held;
        let mut woken = Vec::new();
        for (number, running) in &mut up.jobs {
            if running.job.awaits_durable().is_some() {
                running.job.handle_durable(durable, now_ms);
                woken.push(*number);
            }
        }
        for (_, index, tries, effect) in ready {
            self.told(index, tries, effect);
        }
        for number in woken {
            self.pump(number);
        }
        let Some(up) = &mut self.node.up else { return };
        if up.ordered.as_ref().is_some_and(|(commit, _)| *commit <= durable)
            && let (Some((commit, due)), Some(store)) = (up.ordered.take(), up.store.clone())
        {
            self.carry_out(&store, commit, due);
        }
    }

    pub(crate) fn tick(&mut self, start: u64) {
        if start != self.node.start {
            return;
        }
        let ms = self.pause(2_000, 7_000);
        self.after(ms, Event::Tick { start });
        let Some(store) = self.node.store() else { return };
        let now_ms = self.now_ms;
        let Some(up) = self.node.up.as_mut().filter(|up| !up.is_ticking) else { return };
        let dirty = match store.dirty(BOXES) {
            Ok(dirty) => dirty,
            Err(error) => return self.wrong(&format!("the list of dirty boxes: {error}")),
        };
        let jobs: Vec<TickJob> = dirty.into_iter().map(|of| TickJob { of, below: None }).collect();
        if !jobs.is_empty() {
            up.is_ticking = true;
            let shred = Shred::new(&up.deployment, &up.ring, &jobs, pace(), now_ms);
            self.begin(Job::Shred(Box::new(shred)));
        }
    }

    /// The key of the day, shares for vaults that were away, orders of the outbox.
    pub(crate) fn errands(&mut self, start: u64) {
        if start != self.node.start {
            return;
        }
        let ms = self.pause(2_000, 6_000);
        self.after(ms, Event::Errands { start });
        let Some(store) = self.node.store() else { return };
        let (today, now_ms) = (self.today(), self.now_ms);
        let Some(up) = &mut self.node.up else { return };
        let mut makes: Vec<Make> = Vec::new();
        // Never beside a destruction, which it would undo.
        if !up.jobs.values().any(|running| matches!(running.job, Job::Destroy(_))) {
            makes.extend(std::mem::take(&mut up.late).into_iter().map(Make::Again));
        }
        if today > up.day {
            up.day = today;
            makes.push(Make::Day(today));
        }
        if !makes.is_empty() {
            let mint = Mint::new(&up.deployment, &up.ring, &makes, pace(), now_ms);
            self.begin(Job::Mint(Box::new(mint)));
        }
        self.orders(&store);
    }

    /// What is ordered is carried out when its commit is durable.
    fn orders(&mut self, store: &Store) {
        let now = self.unix();
        let ran = store.read(|tx| outbox::due(tx, now, 20));
        let due = match ran.result {
            Ok(due) => due,
            Err(error) => return self.wrong(&format!("the outbox: {error}")),
        };
        if let Some(up) = self.node.up.as_mut().filter(|up| up.ordered.is_none() && !due.is_empty()) {
            up.ordered = Some((ran.seen, due));
            self.sync_soon(true);
        }
    }

    fn carry_out(&mut self, store: &Store, ordered: Commit, due: Vec<(OutboxId, OutboxRow)>) {
        let (now, now_ms) = (self.unix(), self.now_ms);
        let mut doomed = Vec::new();
        for (id, row) in due {
            let key = AuthKeyId(row.reference);
            let ran = store.write(|tx| {
                if row.kind == orders::DESTROY_DEVICE_KEY && !tx.is_claimed(key)? {
                    return authorization::is_unused(tx, key);
                }
                if row.kind == orders::EXPIRE_KEY {
                    authorization::expire(tx, key, now)?;
                }
                outbox::done(tx, id)?;
                Ok::<_, StoreError>(false)
            });
            if ran.result == Ok(true) {
                doomed.push(key);
            }
        }
        let Some(up) = &mut self.node.up else { return };
        // A key that is being made or mended is not destroyed, and one that is being destroyed is not made.
        if up.jobs.values().any(|running| matches!(running.job, Job::Mint(_))) {
            doomed.clear();
        }
        for key in &doomed {
            up.late.remove(&Want::Device(*key));
        }
        doomed.retain(|key| !up.needed.contains(&Need::MintDevice(*key)) && up.destroying.insert(*key));
        if !doomed.is_empty() {
            let keys: Vec<Doomed> = doomed.into_iter().map(Doomed::Device).collect();
            let destroy = Destroy::new(&up.deployment, &up.ring, &keys, ordered, pace(), now_ms);
            self.begin(Job::Destroy(Box::new(destroy)));
        }
        self.sync_soon(false);
    }

    pub(crate) fn report(&mut self, start: u64) {
        if start != self.node.start {
            return;
        }
        let ms = self.pause(2_000, 6_000);
        self.after(ms, Event::Reports { start });
        self.look_for_idlers();
        let (commit, now_ms) = (self.node.disk.durable().0, self.now_ms);
        let Some(up) = &mut self.node.up else { return };
        if up.store.is_none() {
            return;
        }
        let report = Report::new(&up.deployment, commit, pace(), now_ms);
        self.begin(Job::Report(Box::new(report), commit));
    }

    /// Every exchange comes to its end, whatever the vaults do.
    fn look_for_idlers(&mut self) {
        let now_ms = self.now_ms;
        let Some(up) = &self.node.up else { return };
        let idler = up.jobs.iter().find(|(_, running)| now_ms > running.since_ms + JOB_MS_MAX);
        if let Some((number, running)) = idler {
            let what = format!("job {number} never ends: {}", running.job.word());
            self.wrong(&what);
        }
    }
}
