//! A queue in which everybody has the same part of what the handlers can do (A4): whoever had least of late comes first.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng, 1996): a task begins, in the queue's own time, when the one before it of the
//! same subject ended, or when it came if that was later; tasks leave in the order of their beginnings, and the queue's time is
//! that of the last one that left. So a subject that asks for more than its part falls behind, and others pass it, whenever they
//! come and however many tasks it has waiting. What a task takes is known when it is over: until then it counts as much as one
//! takes on average, so that whoever has many waiting does not have all threads at once.
//!
//! Invariant: no subject is passed for ever, since whoever passes it falls behind by what he took. Tasks of nobody are the
//! server's own; they come as early as can be and are charged to nobody, so there must be few of them.
use std::collections::{BTreeSet, HashMap, VecDeque};

use ids::UserId;
use ids::limits::FAIR_SUBJECTS_MAX;

/// Whose part a task is done for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Subject {
    /// Somebody who is logged in, whatever the number of his devices.
    User(UserId),
    /// All keys together that nobody is logged in with: one person can have as many as he likes.
    Strangers,
    /// All connections together that wait for a key to be found or kept.
    Keys,
}

/// The queue.
pub(super) struct Fair<T> {
    /// What each subject has waiting, in its order. None of them is empty.
    lines: HashMap<Option<Subject>, Line<T>>,
    /// The place of each line: that of its first task.
    places: BTreeSet<(Place, Option<Subject>)>,
    /// The queue's own time, in nanoseconds of work.
    now: u64,
    /// When each subject that is ahead of that has had its part.
    until: HashMap<Subject, u64>,
    /// Tasks so far.
    count: u64,
}

/// What one subject has waiting.
struct Line<T> {
    place: Place,
    tasks: VecDeque<Waiting<T>>,
}

/// A task, and the queue's time when it came.
struct Waiting<T> {
    came: u64,
    number: u64,
    task: T,
}

/// Where a line stands: lines that begin at the same time go in the order in which their first tasks came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    begins: u64,
    number: u64,
}

impl<T> Default for Fair<T> {
    fn default() -> Self {
        Self { lines: HashMap::new(), places: BTreeSet::new(), now: 0, until: HashMap::new(), count: 0 }
    }
}

impl<T> Fair<T> {
    /// Queues a task; one of nobody comes as early as can be.
    pub(super) fn push(&mut self, of: Option<Subject>, task: T) {
        self.count += 1;
        let waiting = Waiting { came: self.now, number: self.count, task };
        if let Some(line) = self.lines.get_mut(&of) {
            line.tasks.push_back(waiting);
        } else {
            self.line_up(of, VecDeque::from([waiting]));
        }
    }

    /// The next task, and to whom what it takes is to be charged. Until it is, it counts `expected_ns`.
    pub(super) fn pop(&mut self, expected_ns: u64) -> Option<(Option<Subject>, T)> {
        let (place, of) = self.places.pop_first()?;
        let mut tasks = self.lines.remove(&of)?.tasks;
        let task = tasks.pop_front()?.task;
        self.now = self.now.max(place.begins);
        if let Some(of) = of {
            let until = self.until(of);
            *until = (*until).max(place.begins).saturating_add(expected_ns);
        }
        self.line_up(of, tasks);
        Some((of, task))
    }

    /// A task of this subject took so long, and counted as much as was expected.
    pub(super) fn charge(&mut self, of: Subject, expected_ns: u64, took_ns: u64) {
        let until = self.until(of);
        *until = until.saturating_add(took_ns).saturating_sub(expected_ns);
        if let Some(line) = self.lines.remove(&Some(of)) {
            self.places.remove(&(line.place, Some(of)));
            self.line_up(Some(of), line.tasks);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Gives a line its place; an empty one has none.
    fn line_up(&mut self, of: Option<Subject>, tasks: VecDeque<Waiting<T>>) {
        let Some(first) = tasks.front() else { return };
        let until = of.and_then(|of| self.until.get(&of).copied()).unwrap_or(0);
        let place = Place { begins: first.came.max(until), number: first.number };
        self.places.insert((place, of));
        self.lines.insert(of, Line { place, tasks });
    }

    /// When this subject has had its part.
    fn until(&mut self, of: Subject) -> &mut u64 {
        if self.until.len() >= FAIR_SUBJECTS_MAX && !self.until.contains_key(&of) {
            self.sweep();
        }
        self.until.entry(of).or_insert(self.now)
    }

    /// Forgets who has no more than his part. If that is hardly anybody, all begin anew.
    fn sweep(&mut self) {
        self.until.retain(|_, until| *until > self.now);
        if self.until.len() > FAIR_SUBJECTS_MAX / 2 {
            self.until.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn user(number: u64) -> Subject {
        Subject::User(UserId(number.cast_signed()))
    }

    /// Takes the next task and lets it take a millisecond.
    fn serve(queue: &mut Fair<u64>) -> Option<u64> {
        let (of, task) = queue.pop(MS)?;
        queue.charge(of?, MS, MS);
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
    fn a4_whoever_has_many_sessions_is_passed_by_who_comes_later() {
        let mut queue = Fair::default();
        (0..50).for_each(|number| (0..60).for_each(|_| queue.push(Some(user(number)), number)));
        queue.push(Some(user(99)), 99);
        let before = (0..3_000).position(|_| serve(&mut queue) == Some(99));
        assert_eq!(before, Some(50), "each of the others had one turn");
        // Their second turns are under way when he comes again.
        assert!((0..25).all(|_| serve(&mut queue).is_some()));
        queue.push(Some(user(99)), 99);
        let before = (0..3_000).position(|_| serve(&mut queue) == Some(99));
        assert!(before.is_some_and(|before| before <= 50), "{before:?}");
    }

    #[test]
    fn a4_whoever_has_many_sessions_does_not_have_all_threads_at_once() {
        let mut queue = Fair::default();
        (0..60).for_each(|_| queue.push(Some(user(1)), 1));
        queue.push(Some(user(2)), 2);
        // Nobody knows yet what the first one takes.
        assert_eq!(queue.pop(MS), Some((Some(user(1)), 1)));
        assert_eq!(queue.pop(MS), Some((Some(user(2)), 2)));
        // Much less than was thought: his next one is not late for it.
        queue.push(Some(user(2)), 2);
        queue.charge(user(1), MS, MS / 10);
        assert_eq!(queue.pop(MS), Some((Some(user(1)), 1)));
    }

    #[test]
    fn a4_strangers_pass_nobody_for_ever() {
        let mut queue = Fair::default();
        queue.charge(user(1), 0, 20 * MS);
        queue.push(Some(user(1)), 1);
        for subject in [Subject::Keys, Subject::Strangers] {
            (0..1_000).for_each(|_| queue.push(Some(subject), 0));
        }
        let before = (0..2_000).position(|_| serve(&mut queue) == Some(1));
        assert!(before.is_some_and(|before| (30..=45).contains(&before)), "{before:?}");
    }

    #[test]
    fn a4_who_asks_much_is_not_passed_for_ever() {
        let mut queue = Fair::default();
        queue.push(Some(user(1)), 1);
        assert_eq!(serve(&mut queue), Some(1));
        queue.charge(user(1), 0, 20 * MS);
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
        let order: Vec<_> = std::iter::from_fn(|| queue.pop(0)).map(|(_, task)| task).collect();
        assert_eq!(order, [1, 2, 3]);
        assert!(queue.is_empty());
    }

    #[test]
    fn a7_strangers_are_counted_in_bounded_memory() {
        let mut queue = Fair::<u64>::default();
        for number in 0..10 * FAIR_SUBJECTS_MAX as u64 {
            queue.charge(user(number), 0, MS);
            assert!(queue.until.len() <= FAIR_SUBJECTS_MAX);
        }
    }
}
