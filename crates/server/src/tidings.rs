//! When those who are connected are told of somebody they know: that he comes or goes, or is called otherwise.
//!
//! What is told is always how things are when it is told, so whoever asks for it twice at once gets it once. A user is told of
//! now and then at most: what changes in between is told at the end of it, as it is then.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::Change;
use ids::limits::{PRESENCE_SWEEP_MS, STATUS_APART_MS};
use ids::{AuthKeyId, Now, UserId};

use crate::keeper::Tries;
use crate::keys::Lookup;
use crate::node::Node;
use crate::work::Task;

/// Who is told of what.
pub(crate) struct Telling {
    /// Of whom.
    pub(crate) of: UserId,
    /// What of him.
    pub(crate) what: Change,
    /// To whom; none before that is known.
    pub(crate) to: Option<Vec<UserId>>,
}

/// What was told lately, and what is to be told soon.
#[derive(Default)]
pub(crate) struct Tidings {
    inner: Mutex<Inner>,
    stopped: Condvar,
}

#[derive(Default)]
struct Inner {
    /// When it was told, in milliseconds of the monotonic clock.
    told: BTreeMap<(UserId, Change), u64>,
    waiting: BTreeSet<(UserId, Change)>,
    stopping: bool,
}

impl Tidings {
    /// Something of a user changed; whether it is to be told at once. If not, [`Tidings::due`] says it later.
    fn note(&self, of: UserId, what: Change, now: Now) -> bool {
        let mut inner = self.lock();
        let told_ms = inner.told.get(&(of, what)).copied();
        if told_ms.is_some_and(|told_ms| now.mono_ms.saturating_sub(told_ms) < STATUS_APART_MS) {
            inner.waiting.insert((of, what));
            return false;
        }
        inner.told.insert((of, what), now.mono_ms);
        true
    }

    /// What has waited long enough, and is told now.
    fn due(&self, now: Now) -> Vec<(UserId, Change)> {
        let mut inner = self.lock();
        let Inner { told, waiting, .. } = &mut *inner;
        told.retain(|_, told_ms| now.mono_ms.saturating_sub(*told_ms) < STATUS_APART_MS);
        let due: Vec<_> = waiting.iter().filter(|&at| !told.contains_key(at)).copied().collect();
        for at in &due {
            waiting.remove(at);
            told.insert(*at, now.mono_ms);
        }
        due
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.stopped.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something of a user changed: those who know him are told.
pub(crate) fn note(node: &Node, of: UserId, what: Change, now: Now) {
    if node.tidings.note(of, what, now) {
        tell(node, of, what);
    }
}

fn tell(node: &Node, of: UserId, what: Change) {
    node.work.submit(Task::Tell(Telling { of, what, to: None }, Tries::default()));
}

/// Looks again and again who is still there, until [`Tidings::stop`]; the body of the thread `presence`.
pub(crate) fn work(node: &Node) {
    const PAUSE: Duration = Duration::from_millis(PRESENCE_SWEEP_MS);
    let mut inner = node.tidings.lock();
    loop {
        let waited = node.tidings.stopped.wait_timeout_while(inner, PAUSE, |inner| !inner.stopping);
        inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        if inner.stopping {
            return;
        }
        drop(inner);
        sweep(node, node.clock.now());
        inner = node.tidings.lock();
    }
}

/// Whoever has no connection any more, or was not heard of for long, goes; what waited is told.
fn sweep(node: &Node, now: Now) {
    let is_alone = |user: UserId, key: AuthKeyId| match node.keys.look_up(key, now.unix()) {
        Lookup::Found(entry) => {
            let is_his = entry.device().and_then(|device| device.user()) == Some(user);
            !is_his || !entry.is_connected()
        }
        Lookup::Absent | Lookup::Ask => true,
    };
    for user in node.backend.presence().settle(&is_alone, now) {
        note(node, user, Change::Status, now);
    }
    for (user, what) in node.tidings.due(now) {
        tell(node, user, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a19_somebody_who_comes_and_goes_all_the_time_is_told_of_now_and_then_and_the_last_of_it_is_told() {
        let (tidings, user) = (Tidings::default(), UserId(1));
        let at = |ms| Now { wall_ns: 0, mono_ms: ms };
        let told: Vec<u64> =
            (0..1_000).map(|n| n * 10).filter(|&ms| tidings.note(user, Change::Status, at(ms))).collect();
        assert_eq!(told, [0, STATUS_APART_MS]);
        assert!(tidings.note(user, Change::Name, at(9_990)), "another thing is told at once");
        assert!(tidings.due(at(9_991)).is_empty());
        assert_eq!(tidings.due(at(2 * STATUS_APART_MS)), [(user, Change::Status)]);
        assert!(tidings.due(at(9 * STATUS_APART_MS)).is_empty(), "once");
        assert!(tidings.lock().told.is_empty(), "and nothing is remembered of it");
    }
}
