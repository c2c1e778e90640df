//! When boxes are ticked, and what is told of it (docs/keys.md 5.2).
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use custody::{Job, Pace, Shred, Ticked};
use ids::BoxId;
use ids::limits::TICK_AGAIN_MS;
use sealed::{Need, Number, RowKey};
use store::StoreError;
use tokio::sync::watch;

use super::desk::Desk;
use super::job::{Done, Kind};
use super::{End, Pins, Waiter};
use crate::log::{Count, Event};

/// Rows moved to fresh numbers in one transaction.
const MOVED_AT_ONCE: usize = 256;
/// Boxes of one exchange; a tick goes on with the next ones until it has seen all.
const BOXES_MAX: usize = 100_000;
/// A tick that found one half done goes once more over its boxes; no more often than this.
const ROUNDS_MAX: u32 = 4;

/// What became of a tick that somebody asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shredded {
    /// Boxes whose deletions are final now.
    pub(crate) done: usize,
    /// Boxes of which vaults or the store have not said all that is necessary: their deletions are not final.
    pub(crate) open: usize,
}

/// Who asked for a tick hears here what became of it.
pub(super) type Told = watch::Sender<Option<Shredded>>;

/// Ticks, and who waits for one.
pub(super) struct Tick {
    every_ms: u64,
    due_ms: u64,
    /// Those who wait for the end of the tick that runs.
    told: Option<Told>,
    /// Somebody asked after it had begun: what he deleted may not be in it.
    is_asked: bool,
    runs: bool,
    at_once: usize,
    /// Where the list of boxes goes on.
    from: Option<RowKey>,
    round: u32,
    shredded: Shredded,
    /// Too few vaults have answered for some box: the next tick does not wait for its time.
    is_early: bool,
    /// The log has said that boxes are open.
    said_open: bool,
    /// Boxes to go over once more.
    again: BTreeSet<BoxId>,
    /// Boxes whose survivors have to move first.
    crowded: BTreeMap<BoxId, Move>,
    /// Boxes whose survivors have moved: everything below is cut out.
    moved: BTreeMap<BoxId, Number>,
}

/// Survivors on their way to fresh numbers.
#[derive(Default)]
struct Move {
    /// There once the box's keys are.
    under_way: Option<(Number, Pins)>,
    from: Option<RowKey>,
}

impl Tick {
    pub(super) fn new(every_ms: u64, now_ms: u64) -> Self {
        Self {
            every_ms,
            due_ms: now_ms + every_ms,
            told: None,
            is_asked: false,
            runs: false,
            at_once: BOXES_MAX,
            from: None,
            round: 0,
            shredded: Shredded::default(),
            is_early: false,
            said_open: false,
            again: BTreeSet::new(),
            crowded: BTreeMap::new(),
            moved: BTreeMap::new(),
        }
    }

    /// Whether one runs.
    pub(super) fn is_at_work(&self) -> bool {
        self.runs
    }

    /// Somebody wants a tick.
    pub(super) fn ask(&mut self) {
        self.is_asked = true;
    }

    /// The next ticks take so many boxes at once.
    #[cfg(test)]
    pub(super) fn take_at_once(&mut self, boxes: usize) {
        self.at_once = boxes;
    }

    pub(super) fn wakes_ms(&self) -> u64 {
        let moves = self.crowded.values().any(|moving| moving.under_way.is_some());
        if moves { 0 } else { self.due_ms }
    }
}

impl Desk {
    /// Begins a tick that is due or asked for, and goes on with what one waits for.
    pub(super) fn run_tick(&mut self, now_ms: u64) {
        if self.node.failed.load(Ordering::SeqCst) {
            return self.give_up_tick(now_ms);
        }
        if self.tick.runs {
            return self.move_on(now_ms);
        }
        if (self.tick.due_ms > now_ms && !self.tick.is_asked) || self.count(Kind::Reshare) > 0 {
            return;
        }
        self.tick.due_ms = now_ms + self.tick.every_ms;
        self.tick.is_asked = false;
        self.tick.told = self.node.keeper.take_asked();
        (self.tick.from, self.tick.shredded) = (None, Shredded::default());
        self.tick.runs = true;
        self.next_boxes(now_ms);
    }

    /// Begins with the next boxes of the list. What cannot be read of it is open, and stops none of the others.
    fn next_boxes(&mut self, now_ms: u64) {
        self.tick.round = 0;
        let Ok(dirty) = self.store.dirty_from(self.tick.from.take(), self.tick.at_once) else {
            self.node.log.event(&Event::StoreFailed {});
            self.tick.shredded.open += 1;
            return self.end_tick();
        };
        if dirty.corrupt > 0 {
            self.node.log.event(&Event::DirtyRowsCorrupt { rows: Count(dirty.corrupt as u64) });
            self.tick.shredded.open += dirty.corrupt;
        }
        self.tick.from = dirty.next;
        self.shred(dirty.boxes.into_iter().map(|of| Job { of, below: None }).collect(), now_ms);
    }

    fn shred(&mut self, jobs: Vec<Job>, now_ms: u64) {
        if jobs.is_empty() {
            return if self.tick.from.is_some() { self.next_boxes(now_ms) } else { self.end_tick() };
        }
        self.tick.round += 1;
        let shred = Shred::new(&self.deployment, &self.keyring, &jobs, Pace::default(), now_ms);
        self.start(Kind::Tick, shred, |(of, ticked)| Done::Ticked(of, ticked));
    }

    /// What became of one box.
    pub(super) fn ticked(&mut self, of: BoxId, ticked: &Ticked) {
        let is_asked = self.tick.told.is_some();
        if let Ticked::Done { epoch, late, .. } = ticked {
            self.seen.ticked(of, *epoch, late);
        }
        match ticked {
            Ticked::Done { was_half_done, .. } => {
                let is_left = || self.store.pending(of, 1).is_ok_and(|pending| !pending.is_empty());
                if *was_half_done || (is_asked && is_left()) {
                    self.tick.again.insert(of);
                } else {
                    self.tick.shredded.done += 1;
                }
            }
            Ticked::Gone => self.tick.shredded.done += 1,
            // Only vaults that were away are missing, of something that is final.
            Ticked::Waiting => {}
            Ticked::TooLarge => {
                self.tick.crowded.insert(of, Move::default());
                self.wait(Waiter::Crowded(of), vec![Need::Box(of)]);
            }
            Ticked::NotFinal { .. } | Ticked::Away => {
                self.tick.shredded.open += 1;
                self.tick.is_early = true;
            }
            Ticked::Unusable | Ticked::Store(_) => {
                self.node.log.event(&Event::BoxNotTicked {});
                self.tick.shredded.open += 1;
            }
        }
    }

    /// The exchange has ended; whether the tick has, depends on what it found.
    pub(super) fn tick_ended(&mut self) {
        let now_ms = self.node.clock.now().mono_ms;
        if self.tick.crowded.is_empty() {
            self.next_round(now_ms);
        }
    }

    fn next_round(&mut self, now_ms: u64) {
        let again = std::mem::take(&mut self.tick.again);
        let moved = std::mem::take(&mut self.tick.moved);
        if self.tick.round >= ROUNDS_MAX {
            self.tick.shredded.open += again.len() + moved.len();
            return self.shred(Vec::new(), now_ms);
        }
        let again = again.into_iter().map(|of| Job { of, below: None });
        let moved = moved.into_iter().map(|(of, below)| Job { of, below: Some(below) });
        self.shred(again.chain(moved).collect(), now_ms);
    }

    /// The keys of a box whose survivors have to move have come, or not.
    pub(super) fn crowded(&mut self, of: BoxId, end: End, pins: Pins) {
        let below = self.store.read(|tx| tx.frontier(of)).result.ok();
        match (self.tick.crowded.get_mut(&of), below, end) {
            (Some(moving), Some(below), End::Here) => moving.under_way = Some((below, pins)),
            (moving, ..) => {
                if moving.is_some() {
                    self.tick.crowded.remove(&of);
                    self.tick.shredded.open += 1;
                }
            }
        }
    }

    /// Moves some survivors of each box that needs it, and ticks when all have moved.
    fn move_on(&mut self, now_ms: u64) {
        if self.tick.crowded.is_empty() || self.count(Kind::Tick) > 0 {
            return;
        }
        let mut ended = Vec::new();
        for (&of, moving) in &mut self.tick.crowded {
            let Some((below, _)) = &moving.under_way else { continue };
            match self.store.move_survivors(of, *below, moving.from.take(), MOVED_AT_ONCE) {
                Ok(swept) if swept.next.is_some() => moving.from = swept.next,
                Ok(_) => ended.push((of, Ok(*below))),
                Err(failed) => ended.push((of, Err(failed))),
            }
        }
        for (of, result) in ended {
            self.tick.crowded.remove(&of);
            self.survivors_moved(of, result);
        }
        if self.tick.crowded.is_empty() {
            self.next_round(now_ms);
        }
    }

    fn survivors_moved(&mut self, of: BoxId, result: Result<Number, StoreError>) {
        match result {
            Ok(below) => drop(self.tick.moved.insert(of, below)),
            Err(_) => {
                self.node.log.event(&Event::BoxNotTicked {});
                self.tick.shredded.open += 1;
            }
        }
    }

    /// The disk has failed: what a tick waits for never becomes durable, and none begins before a restart. Whoever waits hears
    /// that nothing is final.
    fn give_up_tick(&mut self, now_ms: u64) {
        self.tick.due_ms = now_ms + self.tick.every_ms;
        let asked =
            if std::mem::take(&mut self.tick.is_asked) { self.node.keeper.take_asked() } else { None };
        let open = self.tick.shredded.open + 1;
        for told in self.tick.told.take().into_iter().chain(asked) {
            // Whoever asked may have gone.
            let _ = told.send(Some(Shredded { open, ..self.tick.shredded }));
        }
    }

    fn end_tick(&mut self) {
        self.tick.runs = false;
        let shredded = self.tick.shredded;
        if std::mem::take(&mut self.tick.is_early) {
            let soon_ms = self.node.clock.now().mono_ms + TICK_AGAIN_MS;
            self.tick.due_ms = self.tick.due_ms.min(soon_ms);
        }
        if !std::mem::replace(&mut self.tick.said_open, shredded.open > 0) && shredded.open > 0 {
            self.node.log.event(&Event::ShredOpen { boxes: Count(shredded.open as u64) });
        }
        if shredded.done > 0 {
            self.node.log.event(&Event::Shredded { boxes: Count(shredded.done as u64) });
        }
        if let Some(told) = self.tick.told.take() {
            // Whoever asked may have gone.
            let _ = told.send(Some(shredded));
        }
    }
}
