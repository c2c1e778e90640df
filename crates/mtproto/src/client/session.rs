//! One session as its client sees it: calls go in, answers and updates come out, whatever happens in between.
//!
//! A call stays pending until its answer is here. Salts, clock, acknowledgements, refusals, lost connections and
//! forgotten sessions are dealt with here; only a call that can never succeed ends in [`CallError::Refused`].
//! Invariant: a call keeps its msg_id whatever is lost, so that the server can run it once; it gets a new one only when
//! the server will never take the old one (17, 20). Source: docs, mtproto/service_messages and
//! mtproto/service_messages_about_messages.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crypto::Rng;
use ids::{Now, SessionId, WireMsgId};
use tl::codec::{Encode, Reader};
use tl::mt::{GetFutureSalts, MsgsStateReq, Ping, PingDelayDisconnect};

use super::pending::{Making, Pending, Stage};
use crate::AuthKey;
use crate::session::msg_id::MsgIds;

/// Server messages whose ids are remembered, so that a repeated one is taken once.
pub(super) const SEEN_MAX: usize = 1024;
/// An acknowledgement leaves with the next packet, at the latest after this.
pub(super) const ACK_DELAY_MS: u64 = 5_000;
/// Acknowledgements leave at once when there are this many.
pub(super) const ACKS_MAX: usize = 64;
/// After this time without an answer the server is asked how a call stands, and again after each such time.
pub(super) const STATE_AFTER_MS: u64 = 10_000;

/// Constructor of `msgs_state_req`.
const MSGS_STATE_REQ: u32 = 0xda69_fb52;

/// Whether a body is `msgs_state_req`.
pub(super) fn is_state_request(body: &[u8]) -> bool {
    Reader::new(body).peek_id() == Ok(MSGS_STATE_REQ)
}

/// A call of this session, over all its ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CallId(pub(super) u64);

/// What came of the session.
pub enum Event {
    /// A call is answered: the result as it came, unpacked.
    Answer {
        /// The call.
        call: CallId,
        /// Its boxed result, or why there is none.
        result: Result<Vec<u8>, CallError>,
    },
    /// An update or another object that is nobody's answer, as it came, unpacked.
    Update(Vec<u8>),
    /// The server knows the session from this message on; updates may have been missed.
    NewSession {
        /// The lowest message id it knows.
        first_msg_id: WireMsgId,
        /// The server's number of this creation.
        unique_id: i64,
    },
    /// The answer to a ping.
    Pong {
        /// The number of the ping.
        ping_id: i64,
    },
    /// `destroy_session` or a bare `destroy_auth_key` was answered with this object.
    Service(Vec<u8>),
    /// An answer that the server says it gave does not come: the connection should be replaced.
    Stalled,
}

/// Why a call has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallError {
    /// The server answered `rpc_error`.
    Rpc {
        /// Its code.
        code: i32,
        /// Its name.
        name: String,
    },
    /// The server refused the message with this code of `bad_msg_notification`, which no resend can help.
    Refused {
        /// 18, 19, 32 to 35 or 64.
        code: i32,
    },
    /// The answer cannot be read.
    Malformed,
}

/// What a session starts with.
pub struct SessionStart {
    /// The key.
    pub key: Arc<AuthKey>,
    /// A random number, kept over reconnects.
    pub session: SessionId,
    /// The salt of the key exchange, or any number: the server will say.
    pub salt: u64,
    /// The server's clock less ours, in nanoseconds.
    pub ahead_ns: i64,
}

/// A client's session.
pub struct Session {
    pub(super) key: Arc<AuthKey>,
    pub(super) id: SessionId,
    pub(super) salt: u64,
    pub(super) ahead_ns: i64,
    pub(super) ids: MsgIds,
    pub(super) content_sent: u32,
    pub(super) next_call: u64,
    /// Calls without an answer, in the order they were made.
    pub(super) pending: VecDeque<Pending>,
    /// Messages that are no calls: body, and whether it is content.
    pub(super) services: VecDeque<(Vec<u8>, bool)>,
    pub(super) acks: Vec<i64>,
    pub(super) acks_due_ms: Option<u64>,
    /// Ids of server messages that were taken.
    pub(super) seen: BTreeSet<u64>,
    /// State requests under way: their ids and what they ask about.
    pub(super) asked: VecDeque<(WireMsgId, Vec<i64>)>,
    pub(super) events: VecDeque<Event>,
}

impl Session {
    /// A session that has said nothing yet.
    pub fn new(start: SessionStart) -> Self {
        let SessionStart { key, session, salt, ahead_ns } = start;
        Self {
            key,
            id: session,
            salt,
            ahead_ns,
            ids: MsgIds::default(),
            content_sent: 0,
            next_call: 0,
            pending: VecDeque::new(),
            services: VecDeque::new(),
            acks: Vec::new(),
            acks_due_ms: None,
            seen: BTreeSet::new(),
            asked: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Makes a call. Its body is a query with all its wrappers.
    pub fn call(&mut self, body: Vec<u8>) -> CallId {
        self.make(Making::Plain(body))
    }

    /// Makes a call that the server runs only after another one succeeded (`invokeAfterMsg`).
    pub fn call_after(&mut self, earlier: CallId, body: Vec<u8>) -> CallId {
        self.make(Making::After(earlier, body))
    }

    /// Binds this session's key, a temporary one, to `permanent` (`auth.bindTempAuthKey`).
    pub fn bind(&mut self, permanent: Arc<AuthKey>, expires_at: i32, rng: &mut dyn Rng) -> CallId {
        let nonce = rng.u64().cast_signed();
        self.make(Making::Bind { permanent, nonce, expires_at })
    }

    /// Sends `ping`.
    pub fn ping(&mut self, ping_id: i64) {
        self.service(Ping { ping_id }.to_bytes(), false);
    }

    /// Sends `ping_delay_disconnect`: the server closes the connection unless another one comes in time.
    pub fn ping_delay_disconnect(&mut self, ping_id: i64, disconnect_delay: i32) {
        self.service(PingDelayDisconnect { ping_id, disconnect_delay }.to_bytes(), false);
    }

    /// Asks for future salts; the current one is adopted.
    pub fn ask_salts(&mut self, num: i32) {
        self.service(GetFutureSalts { num }.to_bytes(), false);
    }

    /// Sends any service message.
    pub fn service(&mut self, body: Vec<u8>, is_content: bool) {
        self.services.push_back((body, is_content));
    }

    /// The connection is a new one: calls without an answer go out again, under their old ids.
    pub fn handle_connected(&mut self) {
        self.asked.clear();
        for pending in &mut self.pending {
            if let Stage::Sent { .. } = pending.stage {
                pending.stage = Stage::Again;
            }
        }
    }

    /// The next thing that came of the session.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Session::handle_timeout`] or [`Session::poll_transmit`] has something to do, on the monotonic clock in
    /// milliseconds.
    pub fn poll_timeout(&self) -> Option<u64> {
        let states = self.pending.iter().filter_map(|pending| match pending.stage {
            Stage::Sent { ask_ms, .. } => Some(ask_ms),
            Stage::New | Stage::Again => None,
        });
        states.chain(self.acks_due_ms).min()
    }

    /// Asks how calls stand that have been without an answer for long.
    pub fn handle_timeout(&mut self, now: Now) {
        let mut msg_ids = Vec::new();
        for pending in &mut self.pending {
            if let Stage::Sent { msg_id, ask_ms, .. } = &mut pending.stage
                && *ask_ms <= now.mono_ms
            {
                *ask_ms = now.mono_ms + STATE_AFTER_MS;
                msg_ids.push(msg_id.0.cast_signed());
            }
        }
        // One question at a time, however long there is no connection to ask it on.
        let is_asking = self.services.iter().any(|(body, _)| is_state_request(body));
        if !msg_ids.is_empty() && !is_asking {
            self.service(MsgsStateReq::MsgsStateReq { msg_ids }.to_bytes(), false);
        }
    }

    /// Calls without an answer.
    pub fn pending_calls(&self) -> usize {
        self.pending.len()
    }

    /// The id a call has now, if it was sent.
    pub fn msg_id(&self, call: CallId) -> Option<WireMsgId> {
        let pending = self.pending.iter().find(|pending| pending.call == call)?;
        pending.identity.map(|(msg_id, _)| msg_id)
    }

    /// The key.
    pub fn key(&self) -> &Arc<AuthKey> {
        &self.key
    }

    /// The session's number.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The salt that packets carry now.
    pub fn salt(&self) -> u64 {
        self.salt
    }

    /// The server's clock less ours, in nanoseconds, as far as is known.
    pub fn ahead_ns(&self) -> i64 {
        self.ahead_ns
    }

    /// The server's time.
    pub(super) fn server_now(&self, now: Now) -> Now {
        Now { wall_ns: now.wall_ns.saturating_add_signed(self.ahead_ns), mono_ms: now.mono_ms }
    }

    fn make(&mut self, making: Making) -> CallId {
        let call = CallId(self.next_call);
        self.next_call += 1;
        self.pending.push_back(Pending {
            call,
            making,
            stage: Stage::New,
            identity: None,
            was_answered: false,
        });
        call
    }
}
