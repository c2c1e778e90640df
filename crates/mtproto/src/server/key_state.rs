//! All sessions and salts of one auth key.
//!
//! The driver keeps one `KeyState` per key behind a mutex, feeds it decrypted messages and answers, and drains
//! [`KeyState::poll_event`] and [`KeyState::poll_transmit`] after every call. Invariants: a session belongs to this
//! key alone (T11); a call is emitted at most once and in the order of its msg_id within a batch; nothing leaves
//! unencrypted; every queue is bounded ([`ids::limits`]). Source: docs, mtproto/service_messages and
//! mtproto/service_messages_about_messages.

use std::collections::VecDeque;
use std::sync::Arc;

use crypto::Rng;
use ids::{AuthKeyId, ConnId, Layer, Now, SessionId, WireMsgId};

use super::call::{Call, KeyDestroyed, RpcResult};
use crate::salt::{SaltSeed, Salts};
use crate::{AuthKey, Envelope};

/// What the driver must do.
pub enum KeyEvent {
    /// Run this call and answer it with [`KeyState::handle_result`].
    Call(Call),
    /// A session began; it gets no pushes before the driver makes some.
    SessionCreated(SessionId),
    /// A session is over, together with everything it still had to deliver.
    SessionEnded(SessionId),
    /// Destroy this key and the temporary keys bound to it, durably, then say so with
    /// [`KeyState::handle_key_destroyed`].
    DestroyKey {
        /// The session that asked.
        session: SessionId,
        /// Its request.
        msg_id: WireMsgId,
    },
    /// Close the connection after this many milliseconds unless the same event comes again before
    /// (`ping_delay_disconnect`).
    DisconnectAfter {
        /// The connection.
        conn: ConnId,
        /// Milliseconds from now.
        delay_ms: u64,
    },
    /// Close the connection: its client does not take what it asks for.
    CloseConn {
        /// The connection.
        conn: ConnId,
    },
}

/// One encrypted packet, to be put into one transport frame.
pub struct Transmit {
    /// Where it goes.
    pub conn: ConnId,
    /// `auth_key_id`, `msg_key` and ciphertext.
    pub packet: Vec<u8>,
}

/// The sessions of one auth key.
pub struct KeyState {
    key: Arc<AuthKey>,
    salts: Salts,
    layer: Option<Layer>,
    events: VecDeque<KeyEvent>,
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
        Self { key, salts, layer, events: VecDeque::new() }
    }

    /// A message that [`crate::cipher::decrypt`] found genuine, on the connection it came on.
    pub fn handle_message(&mut self, conn: ConnId, message: Envelope, now: Now, rng: &mut dyn Rng) {
        let _ = (conn, message, now, rng);
    }

    /// The answer to a call, in the layer of the session. Unknown calls and second answers are ignored.
    pub fn handle_result(&mut self, session: SessionId, msg_id: WireMsgId, result: RpcResult, now: Now) {
        let _ = (session, msg_id, result, now);
    }

    /// The end of a [`KeyEvent::DestroyKey`]. The answer still leaves under the old key.
    pub fn handle_key_destroyed(
        &mut self,
        session: SessionId,
        msg_id: WireMsgId,
        end: KeyDestroyed,
        now: Now,
    ) {
        let _ = (session, msg_id, end, now);
    }

    /// An `Updates` object for a session, in its layer. Kept until acknowledged; too many of them are replaced by
    /// one `updatesTooLong`. False if there is no such session.
    pub fn push(&mut self, session: SessionId, update: Vec<u8>, now: Now) -> bool {
        let _ = (session, update, now);
        false
    }

    /// A connection is gone. What was sent on it and not acknowledged goes out again on another one.
    pub fn handle_closed(&mut self, conn: ConnId, now: Now) {
        let _ = (conn, now);
    }

    /// A connection takes no more for now: nothing is encrypted for it until [`KeyState::handle_writable`].
    pub fn handle_blocked(&mut self, conn: ConnId) {
        let _ = conn;
    }

    /// A blocked connection takes packets again.
    pub fn handle_writable(&mut self, conn: ConnId) {
        let _ = conn;
    }

    /// The next thing to do, in order.
    pub fn poll_event(&mut self) -> Option<KeyEvent> {
        self.events.pop_front()
    }

    /// The next packet to send.
    pub fn poll_transmit(&mut self, now: Now, rng: &mut dyn Rng) -> Option<Transmit> {
        let _ = (now, rng);
        None
    }

    /// When [`KeyState::handle_timeout`] wants to be called, on the monotonic clock in milliseconds.
    pub fn poll_timeout(&self) -> Option<u64> {
        None
    }

    /// Timers: acknowledgements, held messages, waiting calls, sessions that nobody uses any more.
    pub fn handle_timeout(&mut self, now: Now) {
        let _ = now;
    }

    /// Ends all sessions but `keep`: log-in and log-out leave none of the former state behind (A16).
    pub fn end_sessions(&mut self, keep: Option<SessionId>, now: Now) {
        let _ = (keep, now);
    }

    /// The layer answers and updates of this session must be in.
    pub fn layer(&self, session: SessionId) -> Option<Layer> {
        let _ = session;
        self.layer
    }

    /// The layer of sessions that have not said theirs: that of the permanent key a temporary one was bound to.
    pub fn set_layer(&mut self, layer: Layer) {
        self.layer = Some(layer);
    }

    /// Whether dropping this state loses nothing: no session, and no replay it would have to remember (T6).
    pub fn is_forgettable(&self) -> bool {
        true
    }

    /// The key.
    pub fn key_id(&self) -> AuthKeyId {
        self.key.id()
    }
}
