//! The queue of the handler threads. Bounded: calls by their number, everything else by the number of connections,
//! each of which waits for one answer at most.
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ids::limits::{CALL_BYTES_SMALL, CALL_BYTES_WAITING_MAX};
use ids::{AuthKeyId, SessionId, WireMsgId};
use mtproto::handshake::NewKey;

use crate::keeper::{Ending, Tries};
use crate::keys::KeyEntry;
use crate::slot::Slot;
use crate::tidings::Telling;

/// Calls that are turned away between two lines of the log.
const REFUSALS_PER_LINE: u64 = 1000;

/// Something for a handler thread to do.
pub(crate) enum Task {
    /// A session has calls or news.
    Turn(Arc<KeyEntry>, SessionId),
    /// A connection asks for a key that is not in memory.
    LoadKey(AuthKeyId, Arc<Slot>, Tries),
    /// A connection made a key.
    KeepKey(NewKey, Arc<Slot>, Tries),
    /// A client wants its key destroyed.
    DestroyKey(Arc<KeyEntry>, (SessionId, WireMsgId), Tries),
    /// Messages of a box whose time is over are to go.
    End(Ending, Tries),
    /// Others are told of a user.
    Tell(Telling, Tries),
    /// More is durable than before, and something waits for that.
    Release,
}

/// The queue.
pub(crate) struct Work {
    calls_max: u32,
    calls: Mutex<Calls>,
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
    tasks: VecDeque<Task>,
    running: usize,
    closing: bool,
}

impl Work {
    /// An empty queue for so many calls.
    pub(crate) fn new(calls_max: u32) -> Self {
        Self {
            calls_max,
            calls: Mutex::default(),
            refused: AtomicU64::new(0),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Makes room for one more call of so many bytes, if there is room for it. Its key has `of_key` waiting already:
    /// the second half of the room is for small calls of those who have few, so that no few clients fill all of it.
    pub(crate) fn reserve_call(&self, of_key: usize, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let mut calls = self.lock_calls();
        let more = Calls { count: calls.count.saturating_add(1), bytes: calls.bytes.saturating_add(bytes) };
        let is_crowded = calls.count >= self.calls_max / 2 || more.bytes > CALL_BYTES_WAITING_MAX / 2;
        let is_modest = bytes <= CALL_BYTES_SMALL && of_key <= (self.calls_max / 64) as usize;
        let fits = more.count <= self.calls_max && more.bytes <= CALL_BYTES_WAITING_MAX;
        if !fits || (is_crowded && !is_modest) {
            return false;
        }
        *calls = more;
        true
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
        self.lock().tasks.push_back(task);
        self.changed.notify_one();
    }

    /// Runs tasks until [`Work::close`] was called and all are done; the body of each handler thread. `run` must not
    /// panic.
    pub(crate) fn work(&self, run: &dyn Fn(Task)) {
        let mut queue = self.lock();
        loop {
            if let Some(task) = queue.tasks.pop_front() {
                queue.running += 1;
                drop(queue);
                run(task);
                queue = self.lock();
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
        queue.tasks.is_empty() && queue.running == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_bounded() {
        let work = Work::new(2);
        assert!(work.reserve_call(0, 9) && work.reserve_call(0, 9) && !work.reserve_call(0, 9));
        work.forget_call(9);
        assert!(work.reserve_call(0, 9) && work.calls() == 2);
    }

    #[test]
    fn a4_one_key_does_not_fill_the_queue_of_all() {
        let work = Work::new(10_000);
        let flood = (0..20_000).take_while(|waiting| work.reserve_call(*waiting, 100)).count();
        assert_eq!(flood, 5_000);
        assert!(work.reserve_call(0, 100), "somebody else is still served");
        (0..flood).for_each(|_| work.forget_call(100));
        assert!(work.reserve_call(1000, 100), "and a key that has many when nobody else has any");
    }

    #[test]
    fn a7_calls_that_wait_hold_bounded_memory() {
        let (work, mebibyte) = (Work::new(10_000), 1 << 20);
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
        let work = Work::new(1);
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
