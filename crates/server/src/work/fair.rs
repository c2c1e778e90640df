//! A queue in which everybody has the same part of what the handlers can do (A4): whoever had least of late comes first.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng, 1996): a task begins, in the queue's own time, when the one before it of the
//! same subject ended, or now if that is over; tasks leave in the order of their beginnings, and the queue's time is that of
//! the last one that left. So a subject that asks for more than its part falls behind, and others pass it, whenever they
//! come. Nobody is passed for ever: whoever passes others falls behind by what he took.
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use ids::limits::FAIR_SUBJECTS_MAX;
use ids::{AuthKeyId, UserId};

/// Whose part a task is done for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Subject {
    /// Somebody who is logged in, whatever the number of his devices.
    User(UserId),
    /// A key that nobody is logged in with.
    Key(AuthKeyId),
}

/// The queue.
pub(super) struct Fair<T> {
    waiting: BinaryHeap<Reverse<Waiting<T>>>,
    /// The queue's own time, in nanoseconds of work.
    now: u64,
    /// When each subject that is ahead of that has had its part.
    until: HashMap<Subject, u64>,
    /// Tasks so far.
    count: u64,
}

/// A task with its place.
struct Waiting<T> {
    begins: u64,
    number: u64,
    of: Option<Subject>,
    task: T,
}

impl<T> Default for Fair<T> {
    fn default() -> Self {
        Self { waiting: BinaryHeap::new(), now: 0, until: HashMap::new(), count: 0 }
    }
}

impl<T> Fair<T> {
    /// Queues a task; one of nobody comes as early as can be.
    pub(super) fn push(&mut self, of: Option<Subject>, task: T) {
        let until = of.and_then(|of| self.until.get(&of).copied());
        let begins = until.unwrap_or(self.now).max(self.now);
        self.count += 1;
        self.waiting.push(Reverse(Waiting { begins, number: self.count, of, task }));
    }

    /// The next task, and to whom what it takes is to be charged.
    pub(super) fn pop(&mut self) -> Option<(Option<Subject>, T)> {
        let Reverse(Waiting { begins, of, task, .. }) = self.waiting.pop()?;
        self.now = self.now.max(begins);
        Some((of, task))
    }

    /// A task of this subject took so long.
    pub(super) fn charge(&mut self, of: Subject, took_ns: u64) {
        if self.until.len() >= FAIR_SUBJECTS_MAX && !self.until.contains_key(&of) {
            self.sweep();
        }
        let until = self.until.entry(of).or_insert(0);
        *until = (*until).max(self.now).saturating_add(took_ns);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets who has no more than his part. If that is hardly anybody, all begin anew.
    fn sweep(&mut self) {
        self.until.retain(|_, until| *until > self.now);
        if self.until.len() > FAIR_SUBJECTS_MAX / 2 {
            self.until.clear();
        }
    }
}

impl<T> PartialEq for Waiting<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Waiting<T> {}

impl<T> PartialOrd for Waiting<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Waiting<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.begins, self.number).cmp(&(other.begins, other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn user(number: u64) -> Subject {
        Subject::Key(AuthKeyId(number))
    }

    /// Takes the next task and lets it take a millisecond.
    fn serve(queue: &mut Fair<u64>) -> Option<u64> {
        let (of, task) = queue.pop()?;
        queue.charge(of?, MS);
        Some(task)
    }

    #[test]
    fn a4_who_asks_little_passes_those_who_ask_much() {
        let mut queue = Fair::default();
        // Fifty ask again as soon as they were answered.
        (0..50).for_each(|number| queue.push(Some(user(number)), number));
        for _ in 0..500 {
            let served = serve(&mut queue).expect("somebody waits");
            queue.push(Some(user(served)), served);
        }
        queue.push(Some(user(99)), 99);
        assert_eq!(serve(&mut queue), Some(99), "before fifty who came first");
        queue.push(Some(user(98)), 98);
        assert!((0..2).any(|_| serve(&mut queue) == Some(98)));
    }

    #[test]
    fn a4_who_asks_much_is_not_passed_for_ever() {
        let mut queue = Fair::default();
        queue.push(Some(user(1)), 1);
        assert_eq!(serve(&mut queue), Some(1));
        queue.charge(user(1), 20 * MS);
        queue.push(Some(user(1)), 1);
        // Two others want everything there is.
        queue.push(Some(user(2)), 2);
        queue.push(Some(user(3)), 3);
        let before = (0..100).position(|_| {
            let served = serve(&mut queue).expect("somebody waits");
            queue.push(Some(user(served)), served);
            served == 1
        });
        assert!(before.is_some_and(|before| (30..=50).contains(&before)), "{before:?}");
    }

    #[test]
    fn tasks_of_equals_keep_their_order_and_those_of_nobody_have_theirs() {
        let mut queue = Fair::default();
        queue.push(None, 1);
        queue.push(Some(user(7)), 2);
        queue.push(None, 3);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, task)| task).collect();
        assert_eq!(order, [1, 2, 3]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a7_strangers_are_counted_in_bounded_memory() {
        let mut queue = Fair::<u64>::default();
        for number in 0..10 * FAIR_SUBJECTS_MAX as u64 {
            queue.charge(user(number), MS);
            assert!(queue.until.len() <= FAIR_SUBJECTS_MAX);
        }
    }
}
