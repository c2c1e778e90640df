//! What a session still has to deliver: messages not sent yet, and content messages not acknowledged yet.
//!
//! Invariants: content is kept until it is acknowledged, in the order it was first sent; an unacknowledged message is
//! sent again only inside a fresh container, never as a packet of its own (T2, [`super::compose`]); updates are
//! bounded and give way to one `updatesTooLong`, answers are bounded by the key ([`super::super::server::KeyState`]).
//! Source: docs, mtproto/service_messages_about_messages; api/updates.

use std::collections::VecDeque;

use ids::limits::{SESSION_BACKLOG_BYTES_MAX, SESSION_BACKLOG_UPDATES_MAX, SESSION_UNACKED_MAX};
use ids::{ConnId, WireMsgId};

/// `updatesTooLong`, the same in every layer: the client is to call updates.getDifference.
const UPDATES_TOO_LONG: u32 = 0xe317_af7e;

/// What a message to the client is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The answer to a call; its body is the bare result.
    Answer(WireMsgId),
    /// An update.
    Update,
    /// `updatesTooLong`.
    TooLong,
    /// `new_session_created`.
    NewSession,
    /// Anything that is not content: never kept, never sent again.
    Service,
}

impl Kind {
    const fn is_update(self) -> bool {
        matches!(self, Self::Update | Self::TooLong)
    }
}

/// Where a message wants to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum To {
    /// There or nowhere.
    Only(ConnId),
    /// There if it lives, else where the session was used last.
    Rather(ConnId),
    /// Where the session was used last.
    Latest,
}

/// A message that has not been sent.
pub(crate) struct Fresh {
    pub(crate) kind: Kind,
    pub(crate) to: To,
    pub(crate) body: Vec<u8>,
}

/// Where a sent message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// It went this way and may have arrived.
    On(ConnId),
    /// It must go this way, again.
    Again(ConnId),
    /// Its connection is gone and there is no other.
    Stranded,
}

/// A content message that was sent and not acknowledged.
pub(crate) struct Sent {
    pub(crate) msg_id: WireMsgId,
    pub(crate) seqno: u32,
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) sent_ms: u64,
    pub(crate) body: Vec<u8>,
}

/// Both.
#[derive(Default)]
pub(crate) struct Outbox {
    /// In the order they will be sent.
    pub(crate) fresh: VecDeque<Fresh>,
    /// Ids ascend.
    pub(crate) sent: VecDeque<Sent>,
    /// A copy of this update was dropped while its connection seemed fine: if that closes, updates were lost.
    dropped_update: Option<WireMsgId>,
}

impl Outbox {
    /// Queues a message that is no update.
    pub(crate) fn queue(&mut self, kind: Kind, to: To, body: Vec<u8>) {
        push(&mut self.fresh, Fresh { kind, to, body });
    }

    /// Queues an update, or gives up on single updates if there are too many already.
    pub(crate) fn queue_update(&mut self, body: Vec<u8>) {
        if self.fresh.iter().any(|fresh| fresh.kind == Kind::TooLong) {
            return;
        }
        let waiting = self.fresh.iter().filter(|fresh| fresh.kind == Kind::Update);
        let (count, bytes) = waiting.fold((1, body.len()), |(n, b), fresh| (n + 1, b + fresh.body.len()));
        if count > SESSION_BACKLOG_UPDATES_MAX || bytes > SESSION_BACKLOG_BYTES_MAX {
            self.replace_updates();
        } else {
            push(&mut self.fresh, Fresh { kind: Kind::Update, to: To::Latest, body });
        }
    }

    /// Notes a message that was sent and is not acknowledged; its id is the highest.
    pub(crate) fn note_sent(&mut self, sent: Sent) {
        push(&mut self.sent, sent);
    }

    /// Replaces all updates by one `updatesTooLong`.
    pub(crate) fn replace_updates(&mut self) {
        self.fresh.retain(|fresh| !fresh.kind.is_update());
        self.sent.retain(|sent| !sent.kind.is_update());
        self.dropped_update = None;
        let body = UPDATES_TOO_LONG.to_le_bytes().to_vec();
        self.fresh.push_back(Fresh { kind: Kind::TooLong, to: To::Latest, body });
    }

    /// The client acknowledged a message; what it was.
    pub(crate) fn acknowledged(&mut self, msg_id: WireMsgId) -> Option<Kind> {
        let sent = self.sent.remove(self.find(msg_id)?)?;
        if sent.kind.is_update() && self.dropped_update.is_some_and(|dropped| dropped < msg_id) {
            self.dropped_update = None;
        }
        Some(sent.kind)
    }

    /// Marks a sent message to be sent again on `conn`. False if there is none with this id.
    pub(crate) fn send_again(&mut self, msg_id: WireMsgId, conn: ConnId) -> bool {
        let sent = self.find(msg_id).and_then(|at| self.sent.get_mut(at));
        sent.map(|sent| sent.place = Place::Again(conn)).is_some()
    }

    /// Marks the answers to calls, those that were sent, to be sent again on `conn`; not those that are under way
    /// there, unless `insist` is set.
    pub(crate) fn answers_again(&mut self, mut calls: Vec<WireMsgId>, conn: ConnId, insist: bool) {
        calls.sort_unstable();
        for sent in &mut self.sent {
            if let Kind::Answer(call) = sent.kind
                && calls.binary_search(&call).is_ok()
                && (insist || sent.place != Place::On(conn))
            {
                sent.place = Place::Again(conn);
            }
        }
    }

    /// Whether the answer to a call is not acknowledged, sent or not.
    pub(crate) fn has_answer(&self, call: WireMsgId) -> bool {
        let kind = Kind::Answer(call);
        self.sent.iter().any(|sent| sent.kind == kind) || self.fresh.iter().any(|fresh| fresh.kind == kind)
    }

    /// Takes the answer to a call back: its id and number if it was sent, and its length.
    pub(crate) fn drop_answer(&mut self, call: WireMsgId) -> Option<(WireMsgId, u32, usize)> {
        if let Some(at) = self.sent.iter().position(|sent| sent.kind == Kind::Answer(call)) {
            return self.sent.remove(at).map(|sent| (sent.msg_id, sent.seqno, sent.body.len()));
        }
        let at = self.fresh.iter().position(|fresh| fresh.kind == Kind::Answer(call))?;
        self.fresh.remove(at).map(|fresh| (WireMsgId(0), 0, fresh.body.len()))
    }

    /// A connection is gone: what went there goes to `heir` again, what belonged only there is dropped.
    pub(crate) fn lose(&mut self, conn: ConnId, heir: Option<ConnId>) {
        self.fresh.retain(|fresh| fresh.to != To::Only(conn));
        if self.dropped_update.is_some() {
            self.replace_updates();
        }
        for sent in &mut self.sent {
            if sent.place == Place::On(conn) || sent.place == Place::Again(conn) {
                sent.place = heir.map_or(Place::Stranded, Place::Again);
            }
        }
    }

    /// A connection came to a session that had none.
    pub(crate) fn rescue(&mut self, conn: ConnId) {
        for sent in &mut self.sent {
            if sent.place == Place::Stranded {
                sent.place = Place::Again(conn);
            }
        }
    }

    /// Drops copies of the oldest updates beyond the backlog; they are on a connection that seems fine.
    pub(crate) fn trim_updates(&mut self) {
        let updates = self.sent.iter().filter(|sent| sent.kind.is_update());
        let (mut count, mut bytes) =
            updates.fold((0, 0), |(count, bytes), sent| (count + 1, bytes + sent.body.len()));
        while count > SESSION_BACKLOG_UPDATES_MAX || bytes > SESSION_BACKLOG_BYTES_MAX {
            let oldest = self.sent.iter().position(|sent| sent.kind.is_update());
            let Some(dropped) = oldest.and_then(|at| self.sent.remove(at)) else { return };
            count -= 1;
            bytes -= dropped.body.len();
            self.dropped_update = Some(dropped.msg_id);
        }
    }

    /// Gives up the largest unacknowledged answer; the call it belongs to.
    pub(crate) fn give_up_answer(&mut self) -> Option<WireMsgId> {
        let answers = self.sent.iter().enumerate().rev();
        let answers = answers.filter(|(_, sent)| matches!(sent.kind, Kind::Answer(_)));
        // Of equal ones the last seen here, the oldest: it has most likely arrived.
        let (largest, _) = answers.max_by_key(|(_, sent)| sent.body.len())?;
        match self.sent.remove(largest)?.kind {
            Kind::Answer(call) => Some(call),
            Kind::Update | Kind::TooLong | Kind::NewSession | Kind::Service => None,
        }
    }

    /// Whether more messages are unacknowledged than a client may leave so.
    pub(crate) fn is_overfull(&self) -> bool {
        self.sent.len() > SESSION_UNACKED_MAX
    }

    /// Bytes sent and not acknowledged.
    pub(crate) fn unacked_bytes(&self) -> usize {
        self.sent.iter().map(|sent| sent.body.len()).sum()
    }

    /// Bytes not sent.
    pub(crate) fn unsent_bytes(&self) -> usize {
        self.fresh.iter().map(|fresh| fresh.body.len()).sum()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.fresh.capacity() * size_of::<Fresh>()
            + self.sent.capacity() * size_of::<Sent>()
            + self.unsent_bytes()
            + self.unacked_bytes()
    }

    /// Gives back memory.
    pub(crate) fn rest(&mut self) {
        self.fresh.shrink_to_fit();
        self.sent.shrink_to_fit();
    }

    fn find(&self, msg_id: WireMsgId) -> Option<usize> {
        self.sent.binary_search_by_key(&msg_id, |sent| sent.msg_id).ok()
    }
}

/// Most sessions have one message in a queue at a time, so the first gets room for itself alone.
fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.capacity() == 0 {
        queue.reserve_exact(1);
    }
    queue.push_back(item);
}
