//! What depends on a commit waits here until that commit is durable (ARCHITECTURE.md, Invariants).
//!
//! First in, first out, and one thread at a time lets things go, so that what was said to one session stays in its
//! order. An engine that is always durable never makes anything wait.
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ids::{AuthKeyId, SessionId, WireMsgId};
use mtproto::server::{KeyDestroyed, RpcFailure, RpcResult, Stored};
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

/// What a call is told whose commit, or what it saw, may not survive: it may be repeated.
const FAILED: RpcResult = RpcResult::Error(RpcFailure::new(500, "RPC_CALL_FAIL"));

impl Delivery {
    /// What is said instead when its commit will never be durable.
    fn failed(self) -> Self {
        match self {
            Self::Say(entry, session, things) => {
                let calls = things.into_iter().filter_map(|thing| match thing {
                    Said::Push(_) => None,
                    Said::Result(msg_id, _) => Some(Said::Result(msg_id, FAILED)),
                });
                Self::Say(entry, session, calls.collect())
            }
            Self::Stored(slot, id, _) => Self::Stored(slot, id, Stored::Failed),
            Self::Destroyed(entry, request, _) => Self::Destroyed(entry, request, KeyDestroyed::Failed),
        }
    }
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

    /// Nothing more will be durable: lets everything go as a failure.
    pub(crate) fn give_up(&self, deliver: &dyn Fn(Delivery)) {
        loop {
            let Some((_, delivery)) = self.lock().waiting.pop_front() else { return };
            deliver(delivery.failed());
        }
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
    fn r4_what_will_never_be_durable_leaves_as_a_failure() {
        let (held, said) = (Held::default(), RefCell::new(Vec::new()));
        let deliver = |delivery| match delivery {
            Delivery::Stored(_, id, stored) => said.borrow_mut().push((id.get(), stored)),
            Delivery::Say(..) | Delivery::Destroyed(..) => {}
        };
        held.submit(Commit(2), stored(2), &|| Commit(1), &deliver);
        assert!(said.borrow().is_empty());
        held.give_up(&deliver);
        assert_eq!((said.borrow().as_slice(), held.len()), (&[(2, Stored::Failed)][..], 0));
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
