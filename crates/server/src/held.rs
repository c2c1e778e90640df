//! What depends on a commit waits here until that commit is durable (ARCHITECTURE.md, Invariants).
//!
//! First in, first out, and one thread at a time lets things go, so that what was said to one session stays in its
//! order. An engine that is always durable never makes anything wait.
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ids::{AuthKeyId, SessionId, WireMsgId};
use mtproto::server::{KeyDestroyed, Stored};
use store::Commit;

use crate::keys::{KeyEntry, Said};
use crate::slot::Slot;

/// Something that leaves when its commit is durable.
pub(crate) enum Delivery {
    /// Answers and updates of one session.
    Say(Arc<KeyEntry>, SessionId, Vec<Said>),
    /// What became of a new key.
    Stored(Arc<Slot>, AuthKeyId, Stored),
    /// What became of a request to destroy a key.
    Destroyed(Arc<KeyEntry>, (SessionId, WireMsgId), KeyDestroyed),
}

/// The queue.
#[derive(Default)]
pub(crate) struct Held(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Commit, Delivery)>,
    /// A thread is letting things go.
    releasing: bool,
}

impl Held {
    /// Lets `delivery` go at once if nothing waits and `commit` is durable, or queues it. `durable` is asked again
    /// after queueing, so that a commit which became durable in between is not missed.
    pub(crate) fn submit(
        &self,
        commit: Commit,
        delivery: Delivery,
        durable: &dyn Fn() -> Commit,
        deliver: &dyn Fn(Delivery),
    ) {
        let mut queue = self.lock();
        if queue.waiting.is_empty() && !queue.releasing && durable() >= commit {
            drop(queue);
            return deliver(delivery);
        }
        queue.waiting.push_back((commit, delivery));
        drop(queue);
        self.release(durable, deliver);
    }

    /// Lets everything go whose time has come.
    pub(crate) fn release(&self, durable: &dyn Fn() -> Commit, deliver: &dyn Fn(Delivery)) {
        let mut queue = self.lock();
        if queue.releasing {
            // Whoever is at it asks for the watermark again before he stops.
            return;
        }
        queue.releasing = true;
        loop {
            let watermark = durable();
            let ready = queue.waiting.front().is_some_and(|(commit, _)| *commit <= watermark);
            let Some((_, delivery)) = queue.waiting.pop_front_if(|_| ready) else { break };
            drop(queue);
            deliver(delivery);
            queue = self.lock();
        }
        queue.releasing = false;
    }

    /// How much waits.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    fn stored(id: u64) -> Delivery {
        Delivery::Stored(Arc::new(Slot::new(ids::ConnId(0), 1)), AuthKeyId(id), Stored::Kept)
    }

    #[test]
    fn nothing_leaves_before_its_commit_is_durable_and_all_leave_in_order() {
        let (held, durable, left) = (Held::default(), Cell::new(Commit(1)), RefCell::new(Vec::new()));
        let watermark = || durable.get();
        let deliver = |delivery| match delivery {
            Delivery::Stored(_, id, _) => left.borrow_mut().push(id.get()),
            Delivery::Say(..) | Delivery::Destroyed(..) => {}
        };
        held.submit(Commit(1), stored(1), &watermark, &deliver);
        held.submit(Commit(3), stored(3), &watermark, &deliver);
        held.submit(Commit(1), stored(11), &watermark, &deliver);
        assert_eq!(*left.borrow(), [1]);
        durable.set(Commit(2));
        held.release(&watermark, &deliver);
        assert_eq!((left.borrow().len(), held.len()), (1, 2));
        durable.set(Commit(3));
        held.release(&watermark, &deliver);
        assert_eq!(*left.borrow(), [1, 3, 11]);
    }
}
