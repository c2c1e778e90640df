//! Turns: what handler threads do for the sessions of a key, and the calls that wait for them in lanes.
//!
//! A lane is queued at most once, so the calls of a session run one after another, in their order.
use std::sync::Arc;

use ids::limits::{KEY_UNACKED_BYTES_MAX, KEY_WITHOUT_USER_UNACKED_BYTES_MAX};
use ids::{Now, Pts, SessionId};
use mtproto::server::{Call, RpcFailure, RpcResult};

use super::{Inner, KeyEntry, Said};
use crate::keeper::{Brought, Waiter};
use crate::keys::lane::Turn;
use crate::log::{Count, Event};
use crate::node::Node;
use crate::work::Task;

/// What a call is told that came when too many were waiting. It is the server's fault and will pass, so it is a 500
/// that clients repeat after a second by themselves; a FLOOD_WAIT would blame the caller and promise a time at
/// which he is surely served, which nobody knows.
const OVERLOADED: RpcFailure = RpcFailure::new(500, "WORKER_BUSY_TOO_LONG_RETRY");

impl KeyEntry {
    /// Takes what a session has waiting. The lane is the caller's until he gives it back with
    /// [`KeyEntry::end_turn`].
    pub(crate) fn begin_turn(&self, session: SessionId) -> Option<Turn> {
        let mut inner = self.lock();
        let lane = inner.lanes.iter_mut().find(|lane| lane.session == session && lane.busy)?;
        Some(lane.begin())
    }

    /// Gives a lane back, and queues it again if more has come meanwhile, or lets it wait for its keys.
    pub(crate) fn end_turn(self: &Arc<Self>, node: &Node, turn: &mut Turn) {
        let mut inner = self.lock();
        let of = inner.subject();
        let Some(lane) = inner.lanes.iter_mut().find(|lane| lane.gave(turn)) else {
            // The session ended meanwhile; what it subscribed to in this turn must not outlive it.
            drop(inner);
            if let Some(call) = &turn.call {
                node.work.forget_call(call.body.capacity());
            }
            if let Some(subscription) = turn.subscription {
                node.subscribers.remove(subscription.user, self.id, turn.session());
            }
            return;
        };
        if let Some(needs) = lane.end(turn) {
            // It stays busy: calls that come meanwhile wait behind the one that waits for keys.
            let waiter = Waiter::Lane(self.clone(), turn.session(), lane.serial());
            drop(inner);
            return node.keeper.ask(node, waiter, needs);
        }
        lane.busy = lane.has_work();
        if lane.busy {
            node.work.submit(Task::Turn(self.clone(), turn.session(), of));
        }
    }

    /// The keys that a lane waited for have come, or will not: its turn is run again.
    pub(crate) fn resume(
        self: &Arc<Self>,
        node: &Node,
        (session, serial): (SessionId, u64),
        brought: Brought,
    ) {
        let mut inner = self.lock();
        let of = inner.subject();
        let waiting = inner.lanes.iter_mut().find(|lane| lane.session == session && lane.serial() == serial);
        if let Some(lane) = waiting {
            lane.bring(brought);
            node.work.submit(Task::Turn(self.clone(), session, of));
        }
    }

    /// Sends things to a session in their order.
    pub(crate) fn say(self: &Arc<Self>, node: &Node, session: SessionId, things: Vec<Said>, now: Now) {
        let mut inner = self.lock();
        // Little is kept for strangers: they come with as many keys as they like.
        let unacked_max =
            if inner.has_user() { KEY_UNACKED_BYTES_MAX } else { KEY_WITHOUT_USER_UNACKED_BYTES_MAX };
        inner.state.keep_unacked(unacked_max);
        for thing in things {
            match thing {
                // A session that is gone needs no updates: its client will ask for the difference.
                Said::Push(update) => drop(inner.state.push(session, update)),
                Said::Result(msg_id, result) => inner.state.handle_result(session, msg_id, result, now),
            }
        }
        self.settle(&mut inner, node, now);
    }

    /// Sends an update that is worth nothing later: only if somebody is connected.
    pub(crate) fn say_now(self: &Arc<Self>, node: &Node, session: SessionId, update: Vec<u8>, now: Now) {
        if !self.lock().slots.is_empty() {
            self.say(node, session, vec![Said::Push(update)], now);
        }
    }

    /// There may be news for a session, up to this event.
    pub(crate) fn wake(self: &Arc<Self>, node: &Node, session: SessionId, head: Pts) {
        let mut inner = self.lock();
        let of = inner.subject();
        let Some(lane) = inner.lanes.iter_mut().find(|lane| lane.session == session) else { return };
        lane.behind = lane.behind.max(Some(head));
        if !std::mem::replace(&mut lane.busy, true) {
            node.work.submit(Task::Turn(self.clone(), session, of));
        }
    }

    /// Puts a call into the lane of its session, or answers at once that there is no room.
    pub(super) fn enqueue(self: &Arc<Self>, inner: &mut Inner, call: Call, node: &Node, now: Now) {
        let (session, msg_id) = (call.session, call.msg_id);
        let of = inner.subject();
        let of_key = inner.lanes.iter().map(|lane| lane.calls.len()).sum();
        let lane = inner.lanes.iter_mut().find(|lane| lane.session == session);
        let taken = lane.is_some_and(|lane| {
            let of_session = node.limits.calls_waiting_per_session as usize;
            if lane.calls.len() >= of_session || !node.work.reserve_call(of_key, call.body.capacity()) {
                return false;
            }
            lane.calls.push_back(call);
            if !std::mem::replace(&mut lane.busy, true) {
                node.work.submit(Task::Turn(self.clone(), session, of));
            }
            true
        });
        if !taken {
            if node.work.note_refused() {
                node.log.event(&Event::Overloaded { waiting: Count(node.work.calls().into()) });
            }
            inner.state.handle_result(session, msg_id, RpcResult::Error(OVERLOADED), now);
        }
    }
}
