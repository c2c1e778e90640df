//! Who waits for which keys, and for how long.
//!
//! A need is asked for once, however many wait for it. Whoever waited for the longest time allowed is told that the keys
//! did not come, while the exchange may go on for others.
use std::collections::BTreeMap;

use ids::limits::KEY_WAIT_MS_MAX;
use sealed::Need;

use super::End;

/// Those who wait.
pub(super) struct Waiting<W> {
    needs: BTreeMap<Need, Asked>,
    /// Needs that no job is at, in the order in which they came.
    fresh: BTreeMap<u64, Need>,
    /// In the order in which they came, which is that of the ends of their patience.
    waiters: BTreeMap<u64, Waiter<W>>,
    next: u64,
    /// The place of the next need.
    place: u64,
    /// Waiters who have all they needed.
    ready: Vec<u64>,
}

/// A need that somebody waits for.
#[derive(Default)]
struct Asked {
    by: Vec<u64>,
    /// Its place among those that no job is at.
    fresh: Option<u64>,
}

struct Waiter<W> {
    who: W,
    needs: Vec<Need>,
    open: usize,
    end: End,
    since_ms: u64,
}

impl<W> Waiter<W> {
    fn until_ms(&self) -> u64 {
        self.since_ms.saturating_add(KEY_WAIT_MS_MAX)
    }
}

/// Somebody whose wait is over.
pub(super) struct Over<W> {
    pub(super) who: W,
    /// All that he needed.
    pub(super) needs: Vec<Need>,
    /// The worst of what became of it.
    pub(super) end: End,
    pub(super) since_ms: u64,
}

impl<W> Default for Waiting<W> {
    fn default() -> Self {
        Self {
            needs: BTreeMap::new(),
            fresh: BTreeMap::new(),
            waiters: BTreeMap::new(),
            next: 0,
            place: 0,
            ready: Vec::new(),
        }
    }
}

impl<W> Waiting<W> {
    /// Somebody waits from now on, for needs that are each named once.
    pub(super) fn add(&mut self, who: W, needs: Vec<Need>, now_ms: u64) {
        let id = self.next;
        self.next += 1;
        for &need in &needs {
            let place = self.place;
            let asked = self.needs.entry(need).or_insert_with(|| {
                self.fresh.insert(place, need);
                self.place += 1;
                Asked { by: Vec::new(), fresh: Some(place) }
            });
            asked.by.push(id);
        }
        let (open, since_ms) = (needs.len(), now_ms);
        self.waiters.insert(id, Waiter { who, needs, open, end: End::Here, since_ms });
        if open == 0 {
            self.ready.push(id);
        }
    }

    /// Needs that no job is at yet and that `fits`, at most so many, those first that came first; from now on one is.
    pub(super) fn take(&mut self, max: usize, fits: impl Fn(Need) -> bool) -> Vec<Need> {
        let fitting = self.fresh.iter().filter(|(_, need)| fits(**need)).take(max);
        let taken: Vec<(u64, Need)> = fitting.map(|(place, need)| (*place, *need)).collect();
        for (place, need) in &taken {
            self.fresh.remove(place);
            if let Some(asked) = self.needs.get_mut(need) {
                asked.fresh = None;
            }
        }
        taken.into_iter().map(|(_, need)| need).collect()
    }

    /// Whether somebody waits for it.
    pub(super) fn wants(&self, need: Need) -> bool {
        self.needs.contains_key(&need)
    }

    /// A need has come to an end.
    pub(super) fn settle(&mut self, need: Need, end: End) {
        let Asked { by, fresh } = self.needs.remove(&need).unwrap_or_default();
        if let Some(place) = fresh {
            self.fresh.remove(&place);
        }
        for id in by {
            let Some(waiter) = self.waiters.get_mut(&id) else { continue };
            waiter.open -= 1;
            waiter.end = waiter.end.max(end);
            if waiter.open == 0 {
                self.ready.push(id);
            }
        }
    }

    /// Takes out those whose wait is over.
    pub(super) fn over(&mut self, now_ms: u64) -> Vec<Over<W>> {
        let mut over = Vec::new();
        for id in std::mem::take(&mut self.ready) {
            if let Some(Waiter { who, needs, end, since_ms, .. }) = self.waiters.remove(&id) {
                over.push(Over { who, needs, end, since_ms });
            }
        }
        while let Some(first) = self.waiters.first_entry()
            && first.get().until_ms() <= now_ms
        {
            let Waiter { who, needs, since_ms, .. } = first.remove();
            for &need in &needs {
                self.forget(need);
            }
            over.push(Over { who, needs, end: End::Late, since_ms });
        }
        over
    }

    /// Somebody waits for it no longer: what nobody waits for and no job is at need not be asked for.
    fn forget(&mut self, need: Need) {
        let waiters = &self.waiters;
        let is_idle = |asked: &Asked| asked.by.iter().all(|id| !waiters.contains_key(id));
        if let Some(place) =
            self.needs.get(&need).filter(|asked| is_idle(asked)).and_then(|asked| asked.fresh)
        {
            self.fresh.remove(&place);
            self.needs.remove(&need);
        }
    }

    /// When the next wait is over in any case.
    pub(super) fn wakes_ms(&self) -> Option<u64> {
        self.waiters.first_key_value().map(|(_, waiter)| waiter.until_ms())
    }
}

#[cfg(test)]
mod tests {
    use ids::{AuthKeyId, BoxId};

    use super::*;

    const BOX: Need = Need::Box(BoxId(1));
    const DEVICE: Need = Need::Device(AuthKeyId(2));

    #[test]
    fn what_many_wait_for_is_asked_for_once() {
        let mut waiting = Waiting::default();
        waiting.add("a", vec![BOX, DEVICE], 0);
        waiting.add("b", vec![BOX], 0);
        assert_eq!(waiting.take(9, |_| true), [BOX, DEVICE]);
        assert!(waiting.take(9, |_| true).is_empty());
        waiting.settle(BOX, End::Here);
        let over = waiting.over(1);
        assert!(matches!(over.as_slice(), [Over { who: "b", end: End::Here, .. }]));
        waiting.settle(DEVICE, End::Gone);
        let over = waiting.over(1);
        assert!(
            matches!(over.as_slice(), [Over { who: "a", end: End::Gone, needs, .. }] if needs.len() == 2)
        );
        assert!(waiting.wakes_ms().is_none());
    }

    /// Otherwise those with low numbers would go before others for ever.
    #[test]
    fn p17_who_came_first_is_served_first() {
        let mut waiting = Waiting::default();
        let boxes: Vec<Need> = [9, 3, 7, 1].map(|of| Need::Box(BoxId(of))).to_vec();
        waiting.add("a", vec![DEVICE], 0);
        for &need in &boxes {
            waiting.add("b", vec![need], 0);
        }
        assert_eq!(waiting.take(1, |need| need != DEVICE), boxes[..1]);
        assert_eq!(waiting.take(2, |_| true), [DEVICE, boxes[1]]);
        waiting.add("late", vec![Need::Box(BoxId(2))], 0);
        assert_eq!(waiting.take(9, |_| true), [boxes[2], boxes[3], Need::Box(BoxId(2))]);
    }

    #[test]
    fn p17_nobody_waits_longer_than_allowed() {
        let mut waiting = Waiting::default();
        waiting.add("early", vec![BOX], 0);
        waiting.add("late", vec![BOX], KEY_WAIT_MS_MAX);
        assert_eq!(waiting.wakes_ms(), Some(KEY_WAIT_MS_MAX));
        assert!(waiting.over(KEY_WAIT_MS_MAX - 1).is_empty());
        let over = waiting.over(KEY_WAIT_MS_MAX);
        assert!(matches!(over.as_slice(), [Over { who: "early", end: End::Late, .. }]));
        assert!(waiting.wants(BOX));
        assert_eq!(waiting.over(3 * KEY_WAIT_MS_MAX).len(), 1);
        assert!(!waiting.wants(BOX) && waiting.take(9, |_| true).is_empty());
    }
}
