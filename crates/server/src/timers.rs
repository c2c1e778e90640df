//! Wakes auth keys when one of their sessions has something to do: acknowledge, repeat, forget.
//!
//! One thread and one ordered map. A key arms a time only if it is earlier than the one it has armed, so that the
//! map sees a key about once for each time it fires, however many messages pass.
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::clock::Clock;
use crate::keys::KeyEntry;

/// The armed times.
#[derive(Default)]
pub(crate) struct Timers {
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    /// By time, and by the number of the armament, which tells two of one time apart.
    armed: BTreeMap<(u64, u64), Weak<KeyEntry>>,
    next: u64,
    stopping: bool,
}

impl Timers {
    /// Wakes `key` at a monotonic time in milliseconds. An armament cannot be taken back: a key that is woken too
    /// early finds nothing to do.
    pub(crate) fn arm(&self, at_ms: u64, key: Weak<KeyEntry>) {
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        let first = inner.armed.first_key_value().is_none_or(|((earliest, _), _)| at_ms < *earliest);
        inner.armed.insert((at_ms, number), key);
        drop(inner);
        if first {
            self.changed.notify_one();
        }
    }

    /// Wakes keys until [`Timers::stop`]; the body of the thread.
    pub(crate) fn work(&self, clock: Clock, fire: &dyn Fn(&Arc<KeyEntry>)) {
        let mut inner = self.lock();
        while !inner.stopping {
            let now_ms = clock.now().mono_ms;
            let Some(earliest) = inner.armed.first_entry() else {
                inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (at_ms, _) = *earliest.key();
            if at_ms > now_ms {
                let pause = Duration::from_millis(at_ms - now_ms);
                inner = self.changed.wait_timeout(inner, pause).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let key = earliest.remove().upgrade();
            drop(inner);
            if let Some(key) = key {
                // A bug in one key's sessions must not stop the timers of all.
                let _ = catch_unwind(AssertUnwindSafe(|| fire(&key)));
            }
            inner = self.lock();
        }
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
