//! The queue of the handler threads, which everything but what lets others go leaves as [`fair`] says.
//!
//! Bounded: calls by their number and by how long they would wait, turns by the number of sessions, keys that are asked for or
//! kept by the number of connections, each of which waits for one at a time, and keys that are destroyed by the number of keys in
//! memory ([`KeyEntry`]). What the server does of its own accord is bounded where it is ordered.
mod fair;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ids::limits::{CALL_BYTES_SMALL, CALL_BYTES_WAITING_MAX, CALL_WAIT_CROWDED_MS, CALLS_OF_KEY_CROWDED};
use ids::{AuthKeyId, SessionId, WireMsgId};
use mtproto::handshake::NewKey;

use self::fair::Fair;
pub(crate) use self::fair::Subject;
use crate::clock::Clock;
use crate::keeper::{Ending, Tries};
use crate::keys::KeyEntry;
use crate::slot::Slot;
use crate::tidings::Telling;

/// Calls that are turned away between two lines of the log.
const REFUSALS_PER_LINE: u64 = 1000;

/// How slowly the time that a turn takes follows what the last ones took: by one part of so many.
const TURN_FOLLOWS: u64 = 64;

/// Something for a handler thread to do.
pub(crate) enum Task {
    /// A session has calls or news.
    Turn(Arc<KeyEntry>, SessionId, Subject),
    /// A connection asks for a key that is not in memory.
    LoadKey(AuthKeyId, Arc<Slot>, Tries),
    /// A connection made a key.
    KeepKey(NewKey, Arc<Slot>, Tries),
    /// A client wants its key destroyed.
    DestroyKey(Arc<KeyEntry>, Subject, (SessionId, WireMsgId), Tries),
    /// Messages of a box whose time is over are to go.
    End(Ending, Tries),
    /// Others are told of a user.
    Tell(Telling, Tries),
    /// More is durable than before, and something waits for that.
    Release,
}

/// The queue.
pub(crate) struct Work {
    clock: Clock,
    calls_max: u32,
    /// Threads that run tasks.
    threads: u32,
    calls: Mutex<Calls>,
    /// What a turn takes, as the last ones did, in nanoseconds.
    turn_ns: AtomicU64,
    refused: AtomicU64,
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// Calls that wait.
#[derive(Clone, Copy, Default)]
struct Calls {
    count: u32,
    bytes: u64,
}

#[derive(Default)]
struct Queue {
    /// What lets others go, and so comes first.
    urgent: VecDeque<Task>,
    tasks: Fair<Task>,
    running: usize,
    closing: bool,
}

impl Work {
    /// An empty queue for so many calls, which so many threads run.
    pub(crate) fn new(calls_max: u32, threads: u32, clock: Clock) -> Self {
        Self {
            clock,
            calls_max,
            threads: threads.max(1),
            calls: Mutex::default(),
            turn_ns: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Makes room for one more call of so many bytes, if there is room for it. Its key has `of_key` waiting already:
    /// the second half of the room is for small calls of those who have few, so that no few clients fill all of it.
    ///
    /// Nor does a key have many waiting while those of others will take longer than anybody should wait: turning a call away
    /// at the door is cheap, and an answer that comes too late is work for nothing (R10).
    pub(crate) fn reserve_call(&self, of_key: usize, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let mut calls = self.lock_calls();
        let more = Calls { count: calls.count.saturating_add(1), bytes: calls.bytes.saturating_add(bytes) };
        let is_crowded = calls.count >= self.calls_max / 2 || more.bytes > CALL_BYTES_WAITING_MAX / 2;
        let is_modest = bytes <= CALL_BYTES_SMALL && of_key <= (self.calls_max / 64) as usize;
        let fits = more.count <= self.calls_max && more.bytes <= CALL_BYTES_WAITING_MAX;
        let of_others = calls.count.saturating_sub(u32::try_from(of_key).unwrap_or(u32::MAX));
        let is_late = of_key >= CALLS_OF_KEY_CROWDED && self.wait_ms(of_others) > CALL_WAIT_CROWDED_MS;
        if !fits || is_late || (is_crowded && !is_modest) {
            return false;
        }
        *calls = more;
        true
    }

    /// How long so many calls take, if they take as long as those before.
    fn wait_ms(&self, calls: u32) -> u64 {
        let work_ns = u64::from(calls).saturating_mul(self.turn_ns.load(Ordering::Relaxed));
        work_ns / u64::from(self.threads) / 1_000_000
    }

    /// A turn took so long. Threads that do this at once may lose one of their figures, which the next ones make good.
    fn note_turn(&self, took_ns: u64) {
        let mean = self.turn_ns.load(Ordering::Relaxed);
        let mean = if mean == 0 { took_ns } else { mean - mean / TURN_FOLLOWS + took_ns / TURN_FOLLOWS };
        self.turn_ns.store(mean, Ordering::Relaxed);
    }

    /// Counts a call that was turned away, and says whether it is time for a line in the log.
    pub(crate) fn note_refused(&self) -> bool {
        self.refused.fetch_add(1, Ordering::Relaxed).is_multiple_of(REFUSALS_PER_LINE)
    }

    /// Calls that were turned away.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// A call that was answered, or whose session is gone, makes room.
    pub(crate) fn forget_call(&self, bytes: usize) {
        let mut calls = self.lock_calls();
        calls.count = calls.count.saturating_sub(1);
        calls.bytes = calls.bytes.saturating_sub(bytes as u64);
    }

    /// Calls that wait.
    pub(crate) fn calls(&self) -> u32 {
        self.lock_calls().count
    }

    /// Queues a task.
    pub(crate) fn submit(&self, task: Task) {
        let mut queue = self.lock();
        match task {
            Task::Release => queue.urgent.push_back(task),
            Task::Turn(..)
            | Task::LoadKey(..)
            | Task::KeepKey(..)
            | Task::DestroyKey(..)
            | Task::End(..)
            | Task::Tell(..) => queue.tasks.push(task.subject(), task),
        }
        drop(queue);
        self.changed.notify_one();
    }

    /// Runs tasks until [`Work::close`] was called and all are done; the body of each handler thread. `run` must not
    /// panic.
    pub(crate) fn work(&self, run: &dyn Fn(Task)) {
        let mut queue = self.lock();
        loop {
            let expected_ns = self.turn_ns.load(Ordering::Relaxed);
            if let Some((of, task)) = queue.next(expected_ns) {
                queue.running += 1;
                drop(queue);
                let is_turn = matches!(task, Task::Turn(..));
                let began = self.clock.elapsed();
                run(task);
                let took = self.clock.elapsed().saturating_sub(began);
                let took_ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
                queue = self.lock();
                if let Some(of) = of {
                    queue.tasks.charge(of, expected_ns, took_ns);
                }
                if is_turn {
                    self.note_turn(took_ns);
                }
                queue.running -= 1;
                continue;
            }
            // A running task may queue another one, so its thread says when everything is done.
            if queue.closing && queue.running == 0 {
                drop(queue);
                return self.changed.notify_all();
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether nothing waits and nothing runs.
    pub(crate) fn is_idle(&self) -> bool {
        let queue = self.lock();
        queue.is_empty() && queue.running == 0
    }

    /// No more work will come from outside: the threads end when what is there is done.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    fn lock_calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Task {
    /// For whom it is done; nobody for what the server does of its own accord.
    fn subject(&self) -> Option<Subject> {
        match self {
            Self::Turn(_, _, of) | Self::DestroyKey(_, of, ..) => Some(*of),
            Self::LoadKey(..) | Self::KeepKey(..) => Some(Subject::Keys),
            Self::End(..) | Self::Tell(..) | Self::Release => None,
        }
    }
}

impl Queue {
    fn next(&mut self, expected_ns: u64) -> Option<(Option<Subject>, Task)> {
        if let Some(task) = self.urgent.pop_front() {
            return Some((None, task));
        }
        self.tasks.pop(expected_ns)
    }

    fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.tasks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work_of(calls_max: u32) -> Work {
        Work::new(calls_max, 2, Clock::start())
    }

    #[test]
    fn r10_calls_that_would_wait_too_long_are_turned_away_but_of_those_who_have_few() {
        let work = work_of(10_000);
        for _ in 0..10 * TURN_FOLLOWS {
            work.note_turn(1_000_000);
        }
        let waiting = (0..5_000).take_while(|_| work.reserve_call(CALLS_OF_KEY_CROWDED, 9)).count() as u64;
        // Two threads, a millisecond each.
        let fit = 2 * CALL_WAIT_CROWDED_MS + CALLS_OF_KEY_CROWDED as u64;
        assert!(waiting.abs_diff(fit) <= 4, "{waiting} of {fit}");
        assert!(work.reserve_call(CALLS_OF_KEY_CROWDED - 1, 9), "who has few is still taken");
        let all = work.calls() as usize;
        assert!(work.reserve_call(all, 9), "and who has all of them");
        for _ in 0..10 * TURN_FOLLOWS {
            work.note_turn(10_000);
        }
        assert!(work.reserve_call(CALLS_OF_KEY_CROWDED, 9), "they are done sooner now");
    }

    #[test]
    fn a4_connections_that_ask_for_keys_are_charged_for_it_all_together() {
        let slot = Arc::new(Slot::new(ids::ConnId(1), 1));
        let task = |id| Task::LoadKey(AuthKeyId(id), slot.clone(), Tries::default());
        assert!((0..3).all(|id| task(id).subject() == Some(Subject::Keys)));
    }

    #[test]
    fn calls_are_bounded() {
        let work = work_of(2);
        assert!(work.reserve_call(0, 9) && work.reserve_call(0, 9) && !work.reserve_call(0, 9));
        work.forget_call(9);
        assert!(work.reserve_call(0, 9) && work.calls() == 2);
    }

    #[test]
    fn a4_one_key_does_not_fill_the_queue_of_all() {
        let work = work_of(10_000);
        let flood = (0..20_000).take_while(|waiting| work.reserve_call(*waiting, 100)).count();
        assert_eq!(flood, 5_000);
        assert!(work.reserve_call(0, 100), "somebody else is still served");
        (0..flood).for_each(|_| work.forget_call(100));
        assert!(work.reserve_call(1000, 100), "and a key that has many when nobody else has any");
    }

    #[test]
    fn a7_calls_that_wait_hold_bounded_memory() {
        let (work, mebibyte) = (work_of(10_000), 1 << 20);
        let flood = (0..10_000).filter(|_| work.reserve_call(0, mebibyte)).count();
        assert_eq!(flood as u64, CALL_BYTES_WAITING_MAX / 2 / mebibyte as u64);
        assert!(work.reserve_call(0, 100), "small calls are still taken");
        let small = CALL_BYTES_SMALL as usize;
        assert!((0..10_000).filter(|_| work.reserve_call(0, small)).count() < 10_000);
        work.forget_call(mebibyte);
        assert!(work.reserve_call(0, small));
    }

    #[test]
    fn closing_lets_tasks_finish_with_what_they_queue() {
        let work = work_of(1);
        let slot = Arc::new(Slot::new(ids::ConnId(1), 1));
        work.submit(Task::LoadKey(AuthKeyId(3), slot.clone(), Tries::default()));
        work.close();
        let done = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    work.work(&|task| {
                        let Task::LoadKey(id, slot, tries) = task else {
                            unreachable!("only keys are loaded here")
                        };
                        done.lock().unwrap().push(id.get());
                        if id.get() > 0 {
                            work.submit(Task::LoadKey(AuthKeyId(id.get() - 1), slot, tries));
                        }
                    });
                });
            }
        });
        assert_eq!(*done.lock().unwrap(), [3, 2, 1, 0]);
    }
}
