//! After a restore: boxes whose owners may never come. What needs no key that opens a box is done for each of them, a few at a
//! time: what was written or deleted in the lost time is left to the next tick, and rows that are dead go (docs/keys.md 6.3).
//! X alone is asked for, so no release of C is spent on it, and what comes is gone when the box is through.
use std::collections::VecDeque;

use custody::{Pace, Survey, Surveyed};
use domain::audit;
use ids::BoxId;
use ids::limits::{REPAIR_WALK_BOXES_MAX, REPAIR_WALK_MS, SWEEP_ROWS_MAX, VAULT_RETRY_MS};
use sealed::State;
use store::{Page, Pruned, StoreError};

use super::desk::Desk;
use super::job::{Done, Kind};
use crate::log::{Count, Event};

/// A box is tried again when a tick came in between. That too few vaults answer is no try: they come back.
const TRIES_MAX: u32 = 5;
/// Pages of the phone index that are looked at in one step; most are empty where there are few accounts.
const PAGES_AT_ONCE: u16 = 64;

/// Where the walk is.
pub(super) struct Walk {
    /// The page of the phone index up to which boxes are gone over; nothing when all are.
    page: Option<u16>,
    /// Its boxes are known.
    is_read: bool,
    boxes: VecDeque<(BoxId, u32)>,
    /// Boxes that a survey is about, with their tries.
    asked: Vec<(BoxId, u32)>,
    /// Those whose states are here.
    states: VecDeque<(BoxId, u32, State, Pruned)>,
    not_before_ms: u64,
    done: u64,
    dropped: u64,
    /// Boxes that were given up.
    left: u64,
}

impl Walk {
    /// `page` is where the walk of an earlier start ended.
    pub(super) fn new(page: Option<u16>) -> Self {
        Self {
            page,
            is_read: false,
            boxes: VecDeque::new(),
            asked: Vec::new(),
            states: VecDeque::new(),
            not_before_ms: 0,
            done: 0,
            dropped: 0,
            left: 0,
        }
    }

    /// When to go on; nothing while vaults are asked, and when all is done.
    pub(super) fn wakes_ms(&self) -> Option<u64> {
        let waits = self.page.is_none() || !self.asked.is_empty();
        if self.states.is_empty() { (!waits).then_some(self.not_before_ms) } else { Some(0) }
    }

    /// Whether all boxes are gone over.
    #[cfg(test)]
    pub(super) fn is_over(&self) -> bool {
        self.page.is_none()
    }

    fn hear(&mut self, of: BoxId, surveyed: Surveyed, now_ms: u64) {
        let Some(at) = self.asked.iter().position(|(other, _)| *other == of) else { return };
        let (_, tries) = self.asked.swap_remove(at);
        match surveyed {
            Surveyed::State(state) => self.states.push_back((of, tries, state, Pruned::default())),
            // Nothing of it opens any more.
            Surveyed::Nothing => self.done += 1,
            Surveyed::Away => {
                self.boxes.push_back((of, tries));
                self.not_before_ms = now_ms + VAULT_RETRY_MS;
            }
            Surveyed::Unknown => {
                self.again(of, tries);
                self.not_before_ms = now_ms + VAULT_RETRY_MS;
            }
        }
    }

    /// A box is tried once more, or given up: then its owner's unlock does it.
    fn again(&mut self, of: BoxId, tries: u32) {
        if tries < TRIES_MAX {
            self.boxes.push_back((of, tries + 1));
        } else {
            self.left += 1;
        }
    }
}

impl Desk {
    /// Goes on with the walk, if there is one.
    pub(super) fn walk_on(&mut self, now_ms: u64) {
        if let Some((of, tries, state, before)) = self.walk.states.pop_front() {
            return self.prune(of, tries, state, &before);
        }
        let Some(page) = self.walk.page else { return };
        if now_ms < self.walk.not_before_ms || self.count(Kind::Survey) > 0 {
            return;
        }
        if self.walk.boxes.is_empty() && !self.walk.is_read {
            self.read_pages(page, now_ms);
        } else if self.walk.boxes.is_empty() {
            self.end_page(page, now_ms);
        } else {
            let count = self.walk.boxes.len().min(REPAIR_WALK_BOXES_MAX);
            self.walk.asked = self.walk.boxes.drain(..count).collect();
            let boxes: Vec<BoxId> = self.walk.asked.iter().map(|(of, _)| *of).collect();
            let survey = Survey::new(&self.deployment, &self.keyring, &boxes, Pace::default(), now_ms);
            self.start(Kind::Survey, survey, |(of, surveyed)| Done::Surveyed(of, surveyed));
            self.walk.not_before_ms = now_ms + REPAIR_WALK_MS;
        }
    }

    /// Takes the boxes of the next pages, as many as are asked for together.
    fn read_pages(&mut self, first: u16, now_ms: u64) {
        let end = first.saturating_add(PAGES_AT_ONCE).min(Page::COUNT);
        for page in first..end {
            match self.store.read(|tx| audit::boxes_on(tx, page)).result {
                Ok(boxes) => {
                    let unrepaired = boxes.into_iter().filter(|of| !self.store.is_repaired(*of));
                    self.walk.boxes.extend(unrepaired.map(|of| (of, 0)));
                }
                // It says of nobody whose box is his; whoever comes is repaired all the same.
                Err(StoreError::Corrupt(_)) => {}
                Err(_) => return self.walk_failed(now_ms),
            }
            self.walk.page = Some(page);
            if self.walk.boxes.len() >= REPAIR_WALK_BOXES_MAX {
                break;
            }
        }
        self.walk.is_read = true;
    }

    fn end_page(&mut self, page: u16, now_ms: u64) {
        if self.store.note_walked(page + 1).is_err() {
            return self.walk_failed(now_ms);
        }
        self.walk.is_read = false;
        self.walk.page = (page + 1 < Page::COUNT).then_some(page + 1);
        if self.walk.page.is_none() {
            let Walk { done, dropped, left, .. } = self.walk;
            let (boxes, rows, left) = (Count(done), Count(dropped), Count(left));
            self.node.log.event(&Event::BoxesGoneOver { boxes, rows, left });
        }
    }

    fn walk_failed(&mut self, now_ms: u64) {
        self.node.log.event(&Event::StoreFailed {});
        self.walk.not_before_ms = now_ms + VAULT_RETRY_MS;
    }

    /// What the vaults say of a box.
    pub(super) fn surveyed(&mut self, of: BoxId, surveyed: Surveyed) {
        self.walk.hear(of, surveyed, self.node.clock.now().mono_ms);
    }

    /// The survey is over; of whom nothing was heard, that was not his last try.
    pub(super) fn survey_ended(&mut self) {
        for (of, tries) in std::mem::take(&mut self.walk.asked) {
            self.walk.again(of, tries);
        }
    }

    /// One step over the rows of a box. What is to be said to vaults is for the tick.
    fn prune(&mut self, of: BoxId, tries: u32, state: State, before: &Pruned) {
        match self.store.prune(of, &state, before, SWEEP_ROWS_MAX) {
            Ok(pruned) => {
                self.walk.dropped += pruned.dropped as u64;
                if pruned.next.is_some() {
                    self.walk.states.push_front((of, tries, state, pruned));
                } else {
                    self.walk.done += 1;
                }
            }
            Err(StoreError::NeedKeys) => self.walk.again(of, tries),
            Err(_) => {
                self.node.log.event(&Event::StoreFailed {});
                self.walk.again(of, tries);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P33: an outage of the vaults gives nobody up, however long it is; a state that does not open is left to its owner.
    #[test]
    fn p33_a_box_is_not_given_up_because_vaults_are_away() {
        let (mut walk, of) = (Walk::new(Some(0)), BoxId(7));
        let mut hear = |surveyed: fn() -> Surveyed, times: u32| {
            for now_ms in 0..times {
                let Some(one) = walk.boxes.pop_front().or((now_ms == 0).then_some((of, 0))) else { break };
                walk.asked.push(one);
                walk.hear(of, surveyed(), now_ms.into());
            }
            (walk.boxes.len(), walk.left)
        };
        assert_eq!(hear(|| Surveyed::Away, 3 * TRIES_MAX), (1, 0));
        assert_eq!(hear(|| Surveyed::Unknown, 3 * TRIES_MAX), (0, 1));
    }
}
