//! A session's lane: its calls run one after another, and so do its pushes, so that both leave in order.
//!
//! A lane is held by at most one handler thread at a time ([`Turn`]). Being told of a new event and being asked a
//! call are the same thing to it: something to do when its turn comes.
use std::collections::VecDeque;

use ids::{AuthKeyId, Pts, SessionId, UserId};
use mtproto::server::Call;

/// The lane of one session.
pub(super) struct Lane {
    pub(super) session: SessionId,
    /// Tells this lane from an earlier one of a session with the same id.
    serial: u64,
    pub(super) calls: VecDeque<Call>,
    /// A handler thread holds it, or it waits in the queue for one.
    pub(super) busy: bool,
    /// Something may have happened in the subscribed box since the lane's last turn.
    pub(super) behind: bool,
    pub(super) subscription: Option<Subscription>,
}

impl Turn {
    /// Whose turn it is.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }
}

/// Which box a session is told about, and how far it has been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Subscription {
    /// Whose box.
    pub(crate) user: UserId,
    /// The permanent key that is logged in as this user.
    pub(crate) key: AuthKeyId,
    /// The event counter up to which everything was pushed to the session or told in an answer.
    pub(crate) told: Pts,
}

/// What a handler thread has to do in one turn; the lane is its own until [`super::KeyEntry::end_turn`].
pub(crate) struct Turn {
    pub(super) session: SessionId,
    pub(super) serial: u64,
    /// The call to run, if one waits.
    pub(crate) call: Option<Call>,
    /// What the session is subscribed to.
    pub(crate) subscription: Option<Subscription>,
    /// Whether there may be news.
    pub(crate) behind: bool,
}

impl Lane {
    pub(super) fn new(session: SessionId, serial: u64) -> Self {
        Self { session, serial, calls: VecDeque::new(), busy: false, behind: false, subscription: None }
    }

    /// Takes what is to be done now.
    pub(super) fn begin(&mut self) -> Turn {
        let call = self.calls.pop_front();
        if self.calls.is_empty() {
            // An idle session owns no queue.
            self.calls = VecDeque::new();
        }
        let behind = std::mem::take(&mut self.behind);
        Turn { session: self.session, serial: self.serial, call, subscription: self.subscription, behind }
    }

    /// Whether `turn` was taken from this very lane.
    pub(super) fn gave(&self, turn: &Turn) -> bool {
        self.session == turn.session && self.serial == turn.serial
    }

    /// Whether something is to be done.
    pub(super) fn has_work(&self) -> bool {
        !self.calls.is_empty() || self.behind
    }
}
