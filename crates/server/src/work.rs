//! The queue of the handler threads. Bounded: calls by their number, everything else by the number of connections,
//! each of which waits for one answer at most.
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use ids::{AuthKeyId, SessionId, WireMsgId};
use mtproto::handshake::NewKey;

use crate::keys::KeyEntry;
use crate::slot::Slot;

/// Calls that are turned away between two lines of the log.
const REFUSALS_PER_LINE: u64 = 1000;

/// Something for a handler thread to do.
pub(crate) enum Task {
    /// A session has calls or news.
    Turn(Arc<KeyEntry>, SessionId),
    /// A connection asks for a key that is not in memory.
    LoadKey(AuthKeyId, Arc<Slot>),
    /// A connection made a key.
    KeepKey(NewKey, Arc<Slot>),
    /// A client wants its key destroyed.
    DestroyKey(Arc<KeyEntry>, (SessionId, WireMsgId)),
    /// More is durable than before, and something waits for that.
    Release,
}

/// The queue.
pub(crate) struct Work {
    calls_max: u32,
    calls: AtomicU32,
    refused: AtomicU64,
    queue: Mutex<Queue>,
    changed: Condvar,
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
            calls: AtomicU32::new(0),
            refused: AtomicU64::new(0),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Makes room for one more call, if there is room.
    pub(crate) fn reserve_call(&self) -> bool {
        let more = |calls| (calls < self.calls_max).then_some(calls + 1);
        self.calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Counts a call that was turned away, and says whether it is time for a line in the log.
    pub(crate) fn note_refused(&self) -> bool {
        self.refused.fetch_add(1, Ordering::Relaxed).is_multiple_of(REFUSALS_PER_LINE)
    }

    /// Calls that were turned away.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Calls that were answered, or whose session is gone, make room.
    pub(crate) fn forget_calls(&self, calls: usize) {
        self.calls.fetch_sub(calls as u32, Ordering::Relaxed);
    }

    /// Calls that wait or run.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
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
        assert!(work.reserve_call() && work.reserve_call() && !work.reserve_call());
        work.forget_calls(1);
        assert!(work.reserve_call() && work.calls() == 2);
    }

    #[test]
    fn closing_lets_tasks_finish_with_what_they_queue() {
        let work = Work::new(1);
        let slot = Arc::new(Slot::new(ids::ConnId(1), 1));
        work.submit(Task::LoadKey(AuthKeyId(3), slot.clone()));
        work.close();
        let done = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    work.work(&|task| {
                        let Task::LoadKey(id, slot) = task else { unreachable!("only keys are loaded here") };
                        done.lock().unwrap().push(id.get());
                        if id.get() > 0 {
                            work.submit(Task::LoadKey(AuthKeyId(id.get() - 1), slot));
                        }
                    });
                });
            }
        });
        assert_eq!(*done.lock().unwrap(), [3, 2, 1, 0]);
    }
}
