//! The shred tick, for many dirty boxes at once (docs/keys.md 5.2); and new shares of any keys, which go the same way (6.6).
//!
//! A group of boxes goes through the steps together: all vaults are asked what they have; what is half done goes on or is
//! taken back; the rest is cut and staged; with W stages the rows are written, and when those are durable the memory goes
//! over and all vaults are told to commit; with D receipts the store forgets the earlier epoch. So a tick takes three
//! exchanges with each vault for a group, however many boxes are in it.
//!
//! The machine may be dropped at any point. The next one asks the vaults and goes on from what they and the store say.

mod ticked;
mod work;

use std::collections::VecDeque;

use ids::{BoxId, limits};
use sealed::{Keyring, NumberRange};
use store::Commit;

use crate::{
    Away, Deployment, KeyName, Machine, Pace, Settled, StateRows, Transmit, VaultNo, World,
    exchange::{Exchange, Heard},
    shared::View,
    wire::{Op, Reply},
};

pub use ticked::Ticked;
pub use work::Job;
use work::{Aim, Kind, Planned, Step, Task, Work};

/// A tick on its way. See the module.
pub struct Shred {
    deployment: Deployment,
    ring: Keyring,
    pace: Pace,
    tasks: VecDeque<Task>,
    group: Vec<Work>,
    phase: Phase,
    exchange: Exchange<About>,
    until_ms: u64,
    enough_ms: Option<u64>,
    now_ms: u64,
    /// What the plans follow from, and is durable.
    settled: Option<Commit>,
    outcomes: VecDeque<(KeyName, Ticked)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Asking,
    Planning,
    /// What the plans follow from has to be durable.
    Settling(Commit),
    Planned,
    Staging,
    /// The rows of the next epoch have to be durable.
    Syncing(Commit),
    Committing,
}

/// What an operation is about: a box of the group.
enum About {
    View(usize),
    Copy(usize, usize),
    Stage(usize),
    Commit(usize),
    Aside,
}

impl Shred {
    /// Begins at the first transmission.
    #[must_use]
    pub fn new(deployment: &Deployment, ring: &Keyring, jobs: &[Job], pace: Pace, now_ms: u64) -> Shred {
        let task = |&Job { of, below }: &Job| Task {
            key: KeyName::X(of),
            aim: below.map_or(Aim::Pending, Aim::Below),
        };
        Shred::of(deployment, ring, jobs.iter().map(task).collect(), pace, now_ms)
    }

    /// New shares of these keys.
    pub(crate) fn anew(
        deployment: &Deployment,
        ring: &Keyring,
        keys: &[KeyName],
        pace: Pace,
        now_ms: u64,
    ) -> Shred {
        let tasks = keys.iter().map(|&key| Task { key, aim: Aim::Anew }).collect();
        Shred::of(deployment, ring, tasks, pace, now_ms)
    }

    fn of(deployment: &Deployment, ring: &Keyring, tasks: VecDeque<Task>, pace: Pace, now_ms: u64) -> Shred {
        let until_ms = now_ms.saturating_add(pace.whole_ms);
        Shred {
            deployment: deployment.clone(),
            ring: ring.clone(),
            pace,
            tasks,
            group: Vec::new(),
            phase: Phase::Idle,
            exchange: Exchange::new(deployment, pace, until_ms),
            until_ms,
            enough_ms: None,
            now_ms,
            settled: None,
            outcomes: VecDeque::new(),
        }
    }

    /// What became of one key.
    pub(crate) fn poll_key(&mut self) -> Option<(KeyName, Ticked)> {
        self.outcomes.pop_front()
    }

    fn enter(&mut self, phase: Phase, now_ms: u64) {
        self.phase = phase;
        self.until_ms = now_ms.saturating_add(self.pace.whole_ms);
        self.enough_ms = None;
        self.exchange = Exchange::new(&self.deployment, self.pace, self.until_ms);
    }

    fn vaults(&self) -> Vec<VaultNo> {
        self.deployment.roster().vaults().map(|(vault, _)| vault).collect()
    }

    fn end(&mut self, index: usize, ticked: Ticked) {
        if let Some(work) = self.group.get_mut(index).filter(|work| !matches!(work.step, Step::Over)) {
            work.step = Step::Over;
            self.outcomes.push_back((work.task.key, ticked));
        }
    }

    /// Whether the exchange has come to what it can come to: all vaults have answered, or enough of them have and the
    /// others failed or are late.
    fn is_settled(&mut self, enough: usize, now_ms: u64) -> bool {
        let vaults = self.vaults();
        let idle = vaults.iter().filter(|&&vault| self.exchange.is_idle(vault)).count();
        if idle == vaults.len() || now_ms >= self.until_ms {
            return true;
        }
        let is_lost = |&vault: &VaultNo| self.exchange.is_idle(vault) || self.exchange.has_failed(vault);
        let are_lost = vaults.iter().all(is_lost);
        if idle < enough {
            // Who has failed is asked again for as long as an answer may take.
            let begun_ms = self.until_ms.saturating_sub(self.pace.whole_ms);
            return are_lost && now_ms >= begun_ms.saturating_add(self.pace.answer_ms);
        }
        let since = *self.enough_ms.get_or_insert(now_ms);
        are_lost || now_ms >= since.saturating_add(self.pace.hedge_ms)
    }

    fn hear(&mut self) {
        while let Some(Heard { vault, about, reply }) = self.exchange.poll() {
            let (reply, commit) = reply.map_or((None, 0), |(reply, commit)| (Some(reply), commit));
            match (about, reply) {
                (About::View(index), Some(Reply::Get { current, staged })) => {
                    if let Some(work) = self.group.get_mut(index) {
                        work.views.heard(vault, View { current, staged });
                    }
                }
                (About::Copy(index, number), reply) => {
                    if let Some(work) = self.group.get_mut(index) {
                        work.heard_copy(number, reply);
                    }
                }
                (About::Stage(index), Some(Reply::Stage { staged: true, .. })) => {
                    if let Some(work) = self.group.get_mut(index) {
                        work.staged.push(vault);
                    }
                }
                (About::Commit(index), Some(Reply::Commit { committed: true, .. })) => {
                    if let Some(work) = self.group.get_mut(index) {
                        work.receipts.push((vault, commit));
                    }
                }
                (About::View(_) | About::Stage(_) | About::Commit(_) | About::Aside, _) => {}
            }
        }
    }

    /// The next group: all vaults are asked what they have of its boxes.
    fn ask(&mut self, now_ms: u64) {
        self.group.clear();
        let count = self.tasks.len().min(limits::TICK_BOXES_MAX);
        if count == 0 {
            return;
        }
        self.enter(Phase::Asking, now_ms);
        self.group.extend(self.tasks.drain(..count).map(|task| Work::new(&self.deployment, task)));
        for vault in self.vaults() {
            for (index, work) in self.group.iter().enumerate() {
                let handle = self.deployment.handle(work.task.key, vault);
                self.exchange.push(vault, Op::Get { handle }, About::View(index));
            }
        }
    }

    /// Decides for every box where it goes; whether all have decided.
    fn plan(&mut self, world: &mut World<'_>) -> bool {
        let (mut waits, mut bytes) = (false, 0);
        for index in 0..self.group.len() {
            let Some(work) = self.group.get_mut(index) else { continue };
            match &work.step {
                Step::Open => {}
                Step::Going(_) | Step::Over => continue,
            }
            if bytes >= limits::TICK_CHANGE_BYTES_MAX {
                self.tasks.push_front(work.task);
                work.step = Step::Over;
                continue;
            }
            work.leave(|vault| self.exchange.has_failed(vault));
            match work.plan(&self.deployment, &self.ring, world.rows, world.rng) {
                Ok(Planned::Going(more)) => bytes += more,
                Ok(Planned::Ask(vault, ops)) => {
                    waits = true;
                    for (number, op) in ops {
                        self.exchange.push(vault, op, About::Copy(index, number));
                    }
                }
                Ok(Planned::Waiting) => waits = true,
                Ok(Planned::Over(ticked)) => self.end(index, ticked),
                Ok(Planned::Gone) => self.bury(index, world.rows),
                Err(failed) => self.end(index, Ticked::Store(failed)),
            }
        }
        !waits
    }

    /// Where too few vaults are there for any box of a group, they are so for the next groups too.
    fn despair(&mut self) {
        let is_over = self.group.iter().all(|work| matches!(work.step, Step::Over));
        let is_away =
            self.outcomes.iter().rev().take(self.group.len()).all(|(_, ticked)| *ticked == Ticked::Away);
        if is_over && is_away && self.outcomes.len() >= self.group.len() {
            self.outcomes.extend(self.tasks.drain(..).map(|task| (task.key, Ticked::Away)));
        }
    }

    /// A box of which no k vaults have anything: nothing of it can be cut out any more.
    fn bury(&mut self, index: usize, rows: &mut dyn StateRows) {
        let Some(work) = self.group.get(index) else { return };
        let KeyName::X(of) = work.task.key else { return self.end(index, Ticked::Gone) };
        let all = NumberRange { first: sealed::Number(0), last: sealed::Number(u64::MAX) };
        let settled = Settled {
            cut: vec![all],
            epoch: 0,
            pages: Vec::new(),
            receipts: Vec::new(),
            is_complete: work.views.empty() == self.deployment.roster().n(),
        };
        let ticked = match rows.settle(of, &settled) {
            Ok(_) => Ticked::Gone,
            Err(failed) => Ticked::Store(failed),
        };
        self.end(index, ticked);
    }

    /// What is cut out is staged when its deletion is durable: a row that comes back in a crash has to open.
    fn rest(&mut self, world: &mut World<'_>) {
        self.phase = Phase::Planned;
        let is_new = |work: &Work| matches!(&work.step, Step::Going(target) if matches!(target.kind, Kind::New { .. }));
        if !self.group.iter().any(is_new) {
            return;
        }
        match world.rows.newest() {
            Ok(commit) => self.phase = Phase::Settling(commit),
            Err(failed) => {
                (0..self.group.len()).for_each(|index| self.end(index, Ticked::Store(failed)));
            }
        }
    }

    fn stage(&mut self, world: &mut World<'_>) {
        self.enter(Phase::Staging, world.now_ms);
        if let Some(Commit(settled)) = self.settled.take() {
            // A store that comes back from before has rows that will be dead.
            for vault in self.vaults() {
                self.exchange.push(vault, self.deployment.report(settled), About::Aside);
            }
        }
        for index in 0..self.group.len() {
            for vault in self.vaults() {
                let Some(work) = self.group.get_mut(index) else { continue };
                match work.bring(vault, &self.deployment, world.rows) {
                    Ok(ops) => {
                        for op in ops {
                            self.exchange.push(vault, op, About::Stage(index));
                        }
                    }
                    Err(failed) => self.end(index, Ticked::Store(failed)),
                }
            }
        }
    }

    /// The rows of what W vaults have staged.
    fn write(&mut self, world: &mut World<'_>) {
        let mut last = None;
        for index in 0..self.group.len() {
            let Some(work) = self.group.get_mut(index) else { continue };
            if !work.may_commit(&self.deployment) {
                continue;
            }
            match work.write_rows(world.rows) {
                Ok(commit) => last = last.max(commit),
                Err(failed) => self.end(index, Ticked::Store(failed)),
            }
        }
        match last {
            Some(commit) => self.phase = Phase::Syncing(commit),
            None => self.commit(world.now_ms),
        }
    }

    /// What may be committed is; the rest is taken back.
    fn commit(&mut self, now_ms: u64) {
        self.enter(Phase::Committing, now_ms);
        for index in 0..self.group.len() {
            let Some(work) = self.group.get(index) else { continue };
            let Step::Going(target) = &work.step else { continue };
            let (to, tag) = (target.sharing.epoch, target.sharing.tag);
            let name = work.task.key;
            let may_commit = work.may_commit(&self.deployment);
            let is_new = matches!(target.kind, Kind::New { .. });
            if may_commit {
                work.advance(&self.deployment, &self.ring);
            }
            for vault in self.vaults() {
                let handle = self.deployment.handle(name, vault);
                if may_commit {
                    self.exchange.push(vault, Op::Commit { handle, to, tag }, About::Commit(index));
                } else if is_new {
                    self.exchange.push(vault, Op::Unstage { handle, to, tag }, About::Aside);
                }
            }
            if !may_commit {
                self.end(index, Ticked::Away);
            }
        }
    }

    /// With D receipts the store forgets the earlier epoch, and so does memory: a release that asked before the commits may
    /// have brought it, or be about to.
    fn settle(&mut self, rows: &mut dyn StateRows) {
        for index in 0..self.group.len() {
            let Some(work) = self.group.get(index) else { continue };
            let Step::Going(target) = &work.step else { continue };
            let roster = self.deployment.roster();
            let receipts = roster.count(work.receipts.iter().map(|(vault, _)| *vault));
            if receipts < roster.d() {
                self.end(index, Ticked::NotFinal { receipts });
                continue;
            }
            let settled = Settled {
                cut: target.cut.clone(),
                epoch: target.sharing.epoch,
                pages: target.all_pages.clone(),
                receipts: work.receipts.clone(),
                is_complete: work.receipts.len() == roster.n(),
            };
            let has_said = |vault: &VaultNo| work.receipts.iter().any(|(other, _)| other == vault);
            let late = self.vaults().into_iter().filter(|vault| !has_said(vault)).collect();
            let was_half_done = matches!(target.kind, Kind::Forward);
            let epoch = target.sharing.epoch;
            let KeyName::X(of) = work.task.key else {
                self.end(index, Ticked::Done { epoch, late, was_half_done });
                continue;
            };
            let until_ms = self.now_ms.saturating_add(limits::VAULT_WHOLE_MS_MAX.max(self.pace.whole_ms));
            self.deployment.settle(of, epoch, self.now_ms, until_ms);
            work.end_before(&self.deployment, &self.ring);
            let ticked = match rows.settle(of, &settled) {
                Ok(_) => Ticked::Done { epoch, late, was_half_done },
                Err(failed) => Ticked::Store(failed),
            };
            self.end(index, ticked);
        }
    }

    /// One step, if the one before has come to its end; whether there was one.
    fn step(&mut self, world: &mut World<'_>) -> bool {
        let (w, d) = (self.deployment.roster().w(), self.deployment.roster().d());
        let now_ms = world.now_ms;
        let is_settled = match self.phase {
            Phase::Asking | Phase::Staging => self.is_settled(w, now_ms),
            Phase::Committing => self.is_settled(d, now_ms),
            Phase::Planning | Phase::Planned => true,
            Phase::Idle => !self.tasks.is_empty(),
            Phase::Settling(_) | Phase::Syncing(_) => false,
        };
        if !is_settled {
            return false;
        }
        match self.phase {
            Phase::Idle => self.ask(now_ms),
            Phase::Asking => self.enter(Phase::Planning, now_ms),
            Phase::Planning => {
                if self.plan(world) {
                    self.despair();
                    self.rest(world);
                } else if now_ms >= self.until_ms {
                    (0..self.group.len()).for_each(|index| self.end(index, Ticked::Away));
                } else {
                    return false;
                }
            }
            Phase::Planned => self.stage(world),
            Phase::Staging => self.write(world),
            Phase::Committing => {
                self.settle(world.rows);
                self.phase = Phase::Idle;
            }
            Phase::Settling(_) | Phase::Syncing(_) => {}
        }
        true
    }
}

impl Machine for Shred {
    type Outcome = (BoxId, Ticked);

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        self.now_ms = world.now_ms;
        loop {
            self.hear();
            if let Some(transmit) = self.exchange.poll_transmit(world.now_ms, world.rng) {
                return Some(transmit);
            }
            if !self.step(world) {
                return self.exchange.poll_transmit(world.now_ms, world.rng);
            }
        }
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        self.exchange.handle_answer(from, answer, now_ms);
    }

    fn poll_timeout(&self) -> Option<u64> {
        if self.is_done() || matches!(self.phase, Phase::Idle | Phase::Settling(_) | Phase::Syncing(_)) {
            return None;
        }
        let hedge = self.enough_ms.map(|enough| enough.saturating_add(self.pace.hedge_ms));
        let begun_ms = self.until_ms.saturating_sub(self.pace.whole_ms);
        let tries = [hedge, Some(begun_ms.saturating_add(self.pace.answer_ms))].into_iter().flatten();
        let next = tries.filter(|&next| next > self.now_ms).min();
        [self.exchange.poll_timeout(), next, Some(self.until_ms)].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.exchange.handle_timeout(now_ms);
    }

    fn awaits_durable(&self) -> Option<Commit> {
        match self.phase {
            Phase::Settling(commit) | Phase::Syncing(commit) => Some(commit),
            Phase::Idle
            | Phase::Asking
            | Phase::Planning
            | Phase::Planned
            | Phase::Staging
            | Phase::Committing => None,
        }
    }

    fn handle_durable(&mut self, commit: Commit, now_ms: u64) {
        match self.phase {
            Phase::Settling(awaited) if awaited <= commit => {
                (self.phase, self.settled) = (Phase::Planned, Some(awaited));
            }
            Phase::Syncing(awaited) if awaited <= commit => self.commit(now_ms),
            Phase::Settling(_)
            | Phase::Syncing(_)
            | Phase::Idle
            | Phase::Asking
            | Phase::Planning
            | Phase::Planned
            | Phase::Staging
            | Phase::Committing => {}
        }
    }

    fn poll_outcome(&mut self) -> Option<(BoxId, Ticked)> {
        loop {
            if let (KeyName::X(of), ticked) = self.poll_key()? {
                return Some((of, ticked));
            }
        }
    }

    fn is_done(&self) -> bool {
        self.outcomes.is_empty() && self.tasks.is_empty() && self.phase == Phase::Idle
    }
}
