//! All sessions and salts of one auth key.
//!
//! The driver keeps one `KeyState` for each key behind a mutex, feeds it decrypted messages and answers, and drains
//! [`KeyState::poll_event`] and [`KeyState::poll_transmit`] after every call. Invariants: a session belongs to this
//! key alone (T11); a call is handed out at most once, lowest msg_id first within a batch; nothing leaves
//! unencrypted; every queue is bounded ([`ids::limits`]). Source: docs, mtproto/service_messages and
//! mtproto/service_messages_about_messages.

use std::collections::VecDeque;
use std::sync::Arc;

use crypto::Rng;
use ids::limits::{KEY_UNACKED_BYTES_MAX, SESSIONS_PER_KEY_MAX, STRAY_REFUSALS_MAX};
use ids::{AuthKeyId, ConnId, Layer, Now, SessionId, WireMsgId};
use tl::codec::Encode;
use tl::mt::DestroySessionRes;

use super::admission::{self, Refusal};
use super::ended::EndedSessions;
use super::{KeyDestroyed, KeyEvent, RpcResult, Transmit};
use crate::cipher::{self, Body, Head, Padding, Sender};
use crate::container;
use crate::message::Message;
use crate::salt::{SaltSeed, Salts};
use crate::session::msg_id::{Class, MsgIds};
use crate::session::{Beginning, Draft, Knowledge, Packet, Session, Shared};
use crate::{AuthKey, Envelope};

/// The sessions of one auth key.
pub struct KeyState {
    key: Arc<AuthKey>,
    ids: MsgIds,
    shared: Shared,
    #[allow(clippy::vec_box, reason = "a vector of one session would hold room for four")]
    sessions: Vec<Box<Session>>,
    ended: EndedSessions,
    /// The session and sequence number of the last packet that was refused before its session began.
    refused: Option<(SessionId, u32)>,
    strays: VecDeque<Stray>,
    /// Connections that take nothing now.
    blocked: Vec<ConnId>,
    /// Bytes of answers that are kept until they are acknowledged.
    unacked_max: usize,
}

/// A refusal to a session that does not exist.
struct Stray {
    conn: ConnId,
    session: SessionId,
    body: Vec<u8>,
}

impl KeyState {
    /// `first_salt` is the one the key exchange made, if it ended just now; `layer` the one stored with the key.
    pub fn new(
        key: Arc<AuthKey>,
        seed: &SaltSeed,
        first_salt: Option<u64>,
        layer: Option<Layer>,
        now: Now,
    ) -> Self {
        let salts = Salts::new(seed, key.id(), first_salt, now.unix());
        Self {
            key,
            ids: MsgIds::default(),
            shared: Shared {
                salts,
                layer,
                init: None,
                waiting_bytes: 0,
                events: VecDeque::new(),
                destroy: Vec::new(),
            },
            sessions: Vec::new(),
            ended: EndedSessions::default(),
            refused: None,
            strays: VecDeque::new(),
            blocked: Vec::new(),
            unacked_max: KEY_UNACKED_BYTES_MAX,
        }
    }

    /// A message that [`crate::cipher::decrypt`] found genuine, on the connection it came on.
    pub fn handle_message(&mut self, conn: ConnId, message: Envelope, now: Now, rng: &mut dyn Rng) {
        let set_back_ms = self.shared.salts.heed(now);
        if self.ids.is_ahead_of(now) {
            self.start_over(now);
        }
        let (session, msg_id, seqno) = (message.session, message.msg_id, message.seqno);
        let messages = match self.admit(message, now, set_back_ms) {
            Ok(messages) => messages,
            Err(refusal) => return self.refuse(conn, session, seqno, refusal.to_bytes(msg_id, seqno)),
        };
        let is_bare = matches!(messages.as_slice(), [only] if only.msg_id == msg_id);
        let packet = Packet { conn, container: (!is_bare).then_some(msg_id), messages };
        if self.find(session).is_none() {
            self.begin(session, msg_id, &packet, now, rng);
        }
        let others = self.sessions.iter().filter(|known| known.id != session);
        self.shared.waiting_bytes = others.map(|other| other.waiting_bytes()).sum();
        if let Some(found) = self.sessions.iter_mut().find(|known| known.id == session) {
            found.receive(packet, now, &mut self.shared);
        }
        self.destroy_sessions(now);
    }

    /// The answer to a call, in the layer of the session. Unknown calls and second answers are ignored.
    pub fn handle_result(&mut self, session: SessionId, msg_id: WireMsgId, result: RpcResult, now: Now) {
        let Some(found) = self.sessions.iter_mut().find(|known| known.id == session) else { return };
        found.answer(msg_id, result);
        found.settle(now, &mut self.shared);
        self.bound_answers(session, now);
    }

    /// The end of a [`KeyEvent::DestroyKey`]. The answer still leaves under the old key.
    pub fn handle_key_destroyed(&mut self, session: SessionId, msg_id: WireMsgId, end: KeyDestroyed) {
        if let Some(found) = self.find(session) {
            found.key_destroyed(msg_id, end);
        }
    }

    /// An `Updates` object for a session, in its layer. Kept until acknowledged; too many of them are replaced by
    /// one `updatesTooLong`. False if there is no such session.
    pub fn push(&mut self, session: SessionId, update: Vec<u8>) -> bool {
        self.find(session).map(|found| found.push(update)).is_some()
    }

    /// A connection is gone. What was sent on it and not acknowledged goes out again on another one.
    pub fn handle_closed(&mut self, conn: ConnId, now: Now) {
        self.handle_writable(conn);
        self.strays.retain(|stray| stray.conn != conn);
        for session in &mut self.sessions {
            session.handle_closed(conn, now);
        }
    }

    /// A connection takes no more for now: nothing is encrypted for it until [`KeyState::handle_writable`].
    pub fn handle_blocked(&mut self, conn: ConnId) {
        if !self.blocked.contains(&conn) {
            self.blocked.push(conn);
        }
    }

    /// A blocked connection takes packets again.
    pub fn handle_writable(&mut self, conn: ConnId) {
        self.blocked.retain(|blocked| *blocked != conn);
    }

    /// The next thing to do, in order.
    pub fn poll_event(&mut self) -> Option<KeyEvent> {
        let event = self.shared.events.pop_front();
        if event.is_none() {
            // An idle key owns no queue.
            self.shared.events = VecDeque::new();
        }
        event
    }

    /// The next packet to send.
    pub fn poll_transmit(&mut self, now: Now, rng: &mut dyn Rng) -> Option<Transmit> {
        if let Some(at) = self.strays.iter().position(|stray| !self.blocked.contains(&stray.conn))
            && let Some(Stray { conn, session, body }) = self.strays.remove(at)
        {
            let msg_id = self.ids.next(now, Class::Answer);
            let draft = Draft { conn, msg_id, seqno: 0, body: Body::new(&body) };
            return Some(self.encrypt(session, draft, now, rng));
        }
        for session in &mut self.sessions {
            if let Some(draft) = session.compose(now, &mut self.ids, &self.blocked) {
                let session = session.id;
                return Some(self.encrypt(session, draft, now, rng));
            }
        }
        None
    }

    /// When [`KeyState::handle_timeout`] wants to be called, on the monotonic clock in milliseconds.
    pub fn poll_timeout(&self) -> Option<u64> {
        let sessions = self.sessions.iter().filter_map(|session| session.due_ms(&self.blocked));
        sessions.chain(self.ended.due_ms()).min()
    }

    /// Timers: acknowledgements, held messages, waiting calls, sessions that nobody uses any more.
    pub fn handle_timeout(&mut self, now: Now) {
        self.ended.expire(now);
        let over: Vec<SessionId> =
            self.sessions.iter().filter(|session| session.is_over(now)).map(|session| session.id).collect();
        for session in over {
            self.end(session, now);
        }
        let mut waiting_bytes: usize = self.sessions.iter().map(|session| session.waiting_bytes()).sum();
        for session in &mut self.sessions {
            waiting_bytes -= session.waiting_bytes();
            self.shared.waiting_bytes = waiting_bytes;
            session.handle_timeout(now, &mut self.shared);
            waiting_bytes += session.waiting_bytes();
        }
        self.destroy_sessions(now);
    }

    /// Ends all sessions but `keep`: log-in and log-out leave none of the former state behind (A16).
    pub fn end_sessions(&mut self, keep: Option<SessionId>, now: Now) {
        let others: Vec<SessionId> =
            self.sessions.iter().map(|session| session.id).filter(|id| Some(*id) != keep).collect();
        for session in others {
            self.end(session, now);
        }
    }

    /// The layer answers and updates of this session must be in.
    pub fn layer(&self, session: SessionId) -> Option<Layer> {
        let said = self.sessions.iter().find(|known| known.id == session).and_then(|known| known.layer());
        said.or(self.shared.layer)
    }

    /// The layer of sessions that have not said theirs: that of the permanent key a temporary one was bound to.
    pub fn set_layer(&mut self, layer: Layer) {
        self.shared.layer = Some(layer);
    }

    /// How many bytes of answers are kept until they are acknowledged; at first
    /// [`KEY_UNACKED_BYTES_MAX`]. Twice as many may wait to be sent.
    pub const fn keep_unacked(&mut self, bytes_max: usize) {
        self.unacked_max = bytes_max;
    }

    /// Whether dropping this state loses nothing: no session, and no replay it would have to remember (T6).
    pub fn is_forgettable(&self) -> bool {
        self.sessions.is_empty() && self.ended.is_empty() && self.shared.events.is_empty()
    }

    /// Bytes this state holds on the heap, without the key and what waits in [`KeyState::poll_event`].
    pub fn heap_bytes(&self) -> usize {
        let sessions = self.sessions.iter().map(|session| size_of::<Session>() + session.heap_bytes());
        self.sessions.capacity() * size_of::<Box<Session>>() + sessions.sum::<usize>()
    }

    /// The key.
    pub fn key_id(&self) -> AuthKeyId {
        self.key.id()
    }

    fn find(&mut self, session: SessionId) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|known| known.id == session).map(|known| &mut **known)
    }

    /// The messages of a packet, if its session may look at them.
    fn admit(&mut self, message: Envelope, now: Now, set_back_ms: u64) -> Result<Vec<Message>, Refusal> {
        let unix = now.unix();
        if !self.shared.salts.accepts(message.salt, unix) {
            return Err(Refusal::Salt(self.shared.salts.current(unix)));
        }
        let (session, msg_id) = (message.session, message.msg_id);
        admission::check_id(msg_id, now, set_back_ms)?;
        let may_begin = self.ended.may_begin(session, msg_id);
        let knowledge = match self.find(session) {
            Some(found) => found.knows(msg_id),
            None if may_begin => Knowledge::No,
            None => return Err(Refusal::Bad(admission::TOO_LOW)),
        };
        if knowledge == Knowledge::TooOld {
            return Err(Refusal::Bad(admission::FORGOTTEN));
        }
        let is_container = container::is_container(&message.body);
        let messages = container::unpack(message)?;
        // A container that comes twice as it was is no crime of the client's, and runs nothing.
        if is_container && knowledge == Knowledge::Yes && !self.knows_all(session, &messages) {
            return Err(Refusal::Bad(admission::CONTAINER_REPEATED));
        }
        Ok(messages)
    }

    fn knows_all(&mut self, session: SessionId, messages: &[Message]) -> bool {
        let known =
            |found: &mut Session| messages.iter().all(|message| found.knows(message.msg_id) != Knowledge::No);
        self.find(session).is_some_and(known)
    }

    fn refuse(&mut self, conn: ConnId, session: SessionId, seqno: u32, body: Vec<u8>) {
        if let Some(found) = self.find(session) {
            found.skip(seqno);
            found.reply(conn, body);
        } else {
            self.refused = Some((session, seqno));
            if self.strays.len() < STRAY_REFUSALS_MAX {
                self.strays.push_back(Stray { conn, session, body });
            }
        }
    }

    fn begin(&mut self, session: SessionId, msg_id: WireMsgId, packet: &Packet, now: Now, rng: &mut dyn Rng) {
        if self.sessions.len() >= SESSIONS_PER_KEY_MAX {
            let unused = self.sessions.iter().min_by_key(|known| known.used_ms()).map(|known| known.id);
            if let Some(unused) = unused {
                self.end(unused, now);
            }
        }
        let beginning = Beginning {
            id: session,
            first: packet.messages.first().map_or(msg_id, |lowest| lowest.msg_id),
            floor: self.ended.floor(session),
            unique_id: rng.u64(),
            refused_seqno: self.refused.filter(|(refused, _)| *refused == session).map(|(_, seqno)| seqno),
            conn: packet.conn,
        };
        self.sessions.push(Box::new(Session::new(&beginning, now, &mut self.shared)));
        self.shared.events.push_back(KeyEvent::SessionCreated(session));
    }

    fn end(&mut self, session: SessionId, now: Now) {
        if let Some(at) = self.sessions.iter().position(|known| known.id == session) {
            let ended = self.sessions.remove(at);
            self.ended.note(session, ended.highest(), now);
            self.shared.events.push_back(KeyEvent::SessionEnded(session));
        }
    }

    /// The clock was set back so far that no client would take our next id, nor we theirs: sessions end, and the salts
    /// have been retired with all packets of the time that will come again.
    fn start_over(&mut self, now: Now) {
        self.end_sessions(None, now);
        self.ended = EndedSessions::default();
        self.ids = MsgIds::default();
    }

    /// Does what sessions asked to be done to others of this key.
    fn destroy_sessions(&mut self, now: Now) {
        for request in std::mem::take(&mut self.shared.destroy) {
            let session_id = request.target.0.cast_signed();
            let answer = if request.target != request.by && self.find(request.target).is_some() {
                self.end(request.target, now);
                DestroySessionRes::DestroySessionOk { session_id }
            } else {
                DestroySessionRes::DestroySessionNone { session_id }
            };
            if let Some(asker) = self.find(request.by) {
                asker.reply(request.conn, answer.to_bytes());
            }
        }
    }

    /// Keeps the answers of this key within their limits.
    fn bound_answers(&mut self, session: SessionId, now: Now) {
        let unacked = |state: &Self| state.sessions.iter().map(|known| known.unacked_bytes()).sum::<usize>();
        while unacked(self) > self.unacked_max && self.find(session).is_some_and(Session::give_up_answer) {}
        let unsent: usize = self.sessions.iter().map(|known| known.unsent_bytes()).sum();
        if unsent > self.unacked_max.saturating_mul(2) {
            match self.find(session).and_then(|found| found.latest_conn()) {
                Some(conn) => self.shared.events.push_back(KeyEvent::CloseConn { conn }),
                None => self.end(session, now),
            }
        }
    }

    fn encrypt(&mut self, session: SessionId, draft: Draft, now: Now, rng: &mut dyn Rng) -> Transmit {
        let Draft { conn, msg_id, seqno, body } = draft;
        let head = Head { salt: self.shared.salts.current(now.unix()), session, msg_id, seqno };
        let packet = cipher::encrypt(&self.key, Sender::Server, head, body, Padding::SizeClass, rng);
        Transmit { conn, packet }
    }
}

#[cfg(test)]
#[path = "key_state_tests/mod.rs"]
mod tests;
