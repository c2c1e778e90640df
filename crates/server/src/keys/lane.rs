//! A session's lane: its calls run one after another, and so do its pushes, so that both leave in order.
//!
//! A lane is held by at most one handler thread at a time ([`Turn`]). Being told of a new event and being asked a
//! call are the same thing to it: something to do when its turn comes.
use std::collections::VecDeque;

use ids::{AuthKeyId, Pts, SessionId, UserId};
use mtproto::server::Call;
use sealed::Need;

use crate::keeper::{Brought, Tries};

/// The lane of one session.
pub(super) struct Lane {
    pub(super) session: SessionId,
    /// Tells this lane from an earlier one of a session with the same id.
    serial: u64,
    pub(super) calls: VecDeque<Call>,
    /// A handler thread holds it, or it waits in the queue for one, or for keys.
    pub(super) busy: bool,
    /// What its next turn was run for before, when keys were missing.
    tries: Tries,
    /// Something may have happened in the subscribed box since the lane's last turn, up to this event.
    pub(super) behind: Option<Pts>,
    pub(super) subscription: Option<Subscription>,
}

impl Turn {
    /// Whose turn it is.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// The turn ends here, and comes again when these keys have come. Only if [`Tries::may_ask`].
    pub(crate) fn park(&mut self, needs: Vec<Need>) {
        self.needs = needs;
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
    /// Up to where there may be news.
    pub(crate) behind: Option<Pts>,
    /// How often the keys of this turn were missing, and those that came: they stay while the turn lasts.
    pub(crate) tries: Tries,
    /// Keys it waits for.
    pub(super) needs: Vec<Need>,
}

impl Lane {
    pub(super) fn new(session: SessionId, serial: u64) -> Self {
        Self {
            session,
            serial,
            calls: VecDeque::new(),
            busy: false,
            tries: Tries::default(),
            behind: None,
            subscription: None,
        }
    }

    /// Takes what is to be done now.
    pub(super) fn begin(&mut self) -> Turn {
        let call = self.calls.pop_front();
        if self.calls.is_empty() {
            // An idle session owns no queue.
            self.calls = VecDeque::new();
        }
        Turn {
            session: self.session,
            serial: self.serial,
            call,
            subscription: self.subscription,
            behind: self.behind.take(),
            tries: std::mem::take(&mut self.tries),
            needs: Vec::new(),
        }
    }

    /// Takes a turn back. What it has not done stays the first thing to do. The keys that it waits for, if it waits.
    pub(super) fn end(&mut self, turn: &mut Turn) -> Option<Vec<Need>> {
        self.subscription = turn.subscription;
        self.behind = self.behind.max(turn.behind);
        if let Some(call) = turn.call.take() {
            self.calls.push_front(call);
        }
        if turn.needs.is_empty() {
            return None;
        }
        self.tries = std::mem::take(&mut turn.tries);
        Some(std::mem::take(&mut turn.needs))
    }

    /// The keys that it waited for have come, or will not.
    pub(super) fn bring(&mut self, brought: Brought) {
        self.tries.note(brought);
    }

    /// Tells it from an earlier one of a session with the same id.
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether `turn` was taken from this very lane.
    pub(super) fn gave(&self, turn: &Turn) -> bool {
        self.session == turn.session && self.serial == turn.serial
    }

    /// Whether something is to be done.
    pub(super) fn has_work(&self) -> bool {
        !self.calls.is_empty() || self.behind.is_some()
    }
}
