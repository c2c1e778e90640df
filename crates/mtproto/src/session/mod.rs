//! One session, the server's side: what came, what runs, what is still to be delivered.
//!
//! A session belongs to one auth key ([`crate::server::KeyState`]) and lives in memory only; forgetting it costs its
//! client a `new_session_created`. An idle one is small: queues exist while they hold something, and ten bytes are
//! kept for each id received lately. Source: docs, mtproto/description, "Session".

mod acks;
mod answer;
mod calls;
mod compose;
mod conns;
pub(crate) mod msg_id;
mod order;
mod outbox;
mod receive;
mod request;
mod seen;
mod serve;

use std::collections::VecDeque;
use std::sync::Arc;

use ids::limits::{SEEN_ID_LIFE_MS, SESSION_IDLE_MS, SESSION_REST_MS};
use ids::{ConnId, Layer, Now, SessionId, WireMsgId};
use tl::codec::Encode;
use tl::mt::NewSession;

use self::acks::Acks;
use self::calls::Calls;
use self::conns::{Conns, Used};
use self::order::Order;
use self::outbox::{Kind, Outbox, To};
use self::receive::Incoming;
use self::seen::Seen;
use crate::salt::Salts;
use crate::server::{InitConnection, KeyEvent};

pub(crate) use self::compose::{Draft, RPC_RESULT};
pub(crate) use self::receive::{Knowledge, Packet, bad_msg};

/// What the sessions of one key have in common.
pub(crate) struct Shared {
    pub(crate) salts: Salts,
    /// The layer of sessions that have not said theirs.
    pub(crate) layer: Option<Layer>,
    /// What the client last said of itself.
    pub(crate) init: Option<Arc<InitConnection>>,
    /// Bytes of calls that wait for others, in all sessions but the one that is at work.
    pub(crate) waiting_bytes: usize,
    /// For the driver.
    pub(crate) events: VecDeque<KeyEvent>,
    /// Sessions that another one wants destroyed; the key does it.
    pub(crate) destroy: Vec<DestroyRequest>,
}

/// `destroy_session`, waiting for the key to look at its other sessions.
pub(crate) struct DestroyRequest {
    pub(crate) by: SessionId,
    pub(crate) conn: ConnId,
    pub(crate) target: SessionId,
}

/// How a session begins.
pub(crate) struct Beginning {
    pub(crate) id: SessionId,
    /// The lowest message id in the first packet.
    pub(crate) first: WireMsgId,
    /// Messages up to this id may have been here before the session ended, and are not taken again (T6).
    pub(crate) floor: WireMsgId,
    /// A random number for this creation.
    pub(crate) unique_id: u64,
    /// The sequence number of a packet of this session that was refused before.
    pub(crate) refused_seqno: Option<u32>,
    /// The connection of the first packet.
    pub(crate) conn: ConnId,
}

/// One session.
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// Random; the same in every `new_session_created` of this session.
    unique_id: u64,
    /// The lowest message id of which the client was told.
    first: WireMsgId,
    layer: Option<Layer>,
    content_sent: u32,
    conns: Conns,
    seen: Seen,
    order: Order<Incoming>,
    calls: Calls,
    acks: Acks,
    outbox: Outbox,
    /// The last message from the client.
    used_ms: u64,
    /// Since when no connection lives.
    alone_since_ms: Option<u64>,
    /// When memory is given back; never, if there is none to give.
    rest_due_ms: Option<u64>,
}

impl Session {
    /// Begins a session and tells its client so, before anything else.
    pub(crate) fn new(beginning: &Beginning, now: Now, shared: &mut Shared) -> Self {
        let mut session = Self {
            id: beginning.id,
            unique_id: beginning.unique_id,
            first: beginning.first,
            layer: None,
            content_sent: 0,
            conns: Conns::default(),
            seen: Seen::above(beginning.floor),
            order: Order::new(beginning.refused_seqno.map_or(1, order::after)),
            calls: Calls::default(),
            acks: Acks::default(),
            outbox: Outbox::default(),
            used_ms: now.mono_ms,
            alone_since_ms: Some(now.mono_ms),
            rest_due_ms: None,
        };
        session.announce(beginning.conn, now, shared);
        session
    }

    /// The layer answers and updates must be in.
    pub(crate) fn layer(&self) -> Option<Layer> {
        self.layer
    }

    /// The last message from the client, on the monotonic clock.
    pub(crate) const fn used_ms(&self) -> u64 {
        self.used_ms
    }

    /// The highest message id received.
    pub(crate) fn highest(&self) -> WireMsgId {
        self.seen.highest()
    }

    /// An update, in the layer of the session.
    pub(crate) fn push(&mut self, update: Vec<u8>) {
        self.outbox.queue_update(update);
    }

    /// A message that is no content, to one connection.
    pub(crate) fn reply(&mut self, conn: ConnId, body: Vec<u8>) {
        self.outbox.queue(Kind::Service, To::Only(conn), body);
    }

    /// A packet of this session was refused: its sequence number is used up all the same.
    pub(crate) fn skip(&mut self, seqno: u32) {
        self.order.skip(seqno);
    }

    /// A connection is gone.
    pub(crate) fn handle_closed(&mut self, conn: ConnId, now: Now) {
        let known = self.conns.lost(conn);
        let heir = self.conns.latest();
        self.outbox.lose(conn, heir);
        if known && heir.is_none() {
            self.alone_since_ms = Some(now.mono_ms);
        }
    }

    /// Whether nobody has used the session for so long that it ends.
    pub(crate) fn is_over(&self, now: Now) -> bool {
        self.alone_since_ms.is_some_and(|since_ms| now.mono_ms >= since_ms + SESSION_IDLE_MS)
    }

    /// Timers.
    pub(crate) fn handle_timeout(&mut self, now: Now, shared: &mut Shared) {
        let mut ready = Vec::new();
        self.order.release(now.mono_ms, &mut ready);
        self.run(ready, now, shared);
        if self.rest_due_ms.is_some_and(|due_ms| due_ms <= now.mono_ms) {
            self.rest(now);
        }
    }

    /// When [`Session::handle_timeout`] or [`Session::compose`] has something to do, while these connections are
    /// `blocked`.
    pub(crate) fn due_ms(&self, blocked: &[ConnId]) -> Option<u64> {
        let acks = self.conns.latest().filter(|conn| !blocked.contains(conn)).and(self.acks.due_ms());
        let end = self.alone_since_ms.map(|since_ms| since_ms + SESSION_IDLE_MS);
        [self.order.due_ms(), self.calls.due_ms(), acks, self.rest_due_ms, end].into_iter().flatten().min()
    }

    /// Bytes sent and not acknowledged.
    pub(crate) fn unacked_bytes(&self) -> usize {
        self.outbox.unacked_bytes()
    }

    /// Bytes of calls that wait for others.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.calls.waiting_bytes()
    }

    /// Bytes not sent.
    pub(crate) fn unsent_bytes(&self) -> usize {
        self.outbox.unsent_bytes()
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.conns.heap_bytes()
            + self.seen.heap_bytes()
            + self.order.heap_bytes()
            + self.calls.heap_bytes()
            + self.acks.heap_bytes()
            + self.outbox.heap_bytes()
    }

    /// Where the session was used last.
    pub(crate) fn latest_conn(&self) -> Option<ConnId> {
        self.conns.latest()
    }

    /// Tells the client from which message on the session is known (docs: new session creation notification).
    fn announce(&mut self, conn: ConnId, now: Now, shared: &mut Shared) {
        let created = NewSession::NewSessionCreated {
            first_msg_id: self.first.0.cast_signed(),
            unique_id: self.unique_id.cast_signed(),
            server_salt: shared.salts.current(now.unix()).cast_signed(),
        };
        self.outbox.queue(Kind::NewSession, To::Rather(conn), created.to_bytes());
    }

    /// The client spoke on this connection.
    fn use_conn(&mut self, conn: ConnId, now: Now) {
        self.used_ms = now.mono_ms;
        let soon_ms = now.mono_ms + SESSION_REST_MS;
        self.rest_due_ms = Some(self.rest_due_ms.map_or(soon_ms, |due_ms| due_ms.min(soon_ms)));
        match self.conns.used(conn) {
            Used::Known | Used::Another => {}
            Used::Only => {
                self.alone_since_ms = None;
                self.outbox.rescue(conn);
            }
            Used::Instead(forgotten) => self.outbox.lose(forgotten, Some(conn)),
        }
    }

    /// Gives memory back: soon after something came, and once more when the ids of it are old.
    fn rest(&mut self, now: Now) {
        let life_s = i64::try_from(SEEN_ID_LIFE_MS / 1000).unwrap_or(i64::MAX);
        let horizon = now.unix().0.saturating_sub(life_s).max(0);
        self.seen.forget_below(WireMsgId(horizon.cast_unsigned() << 32));
        self.rest_due_ms = self.seen.lowest().map(|_| now.mono_ms + SEEN_ID_LIFE_MS);
        self.conns.rest();
        self.order.rest();
        self.calls.rest();
        self.acks.rest();
        self.outbox.rest();
    }
}
