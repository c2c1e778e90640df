//! What an auth key's state asks of its driver.
//!
//! Source: docs, mtproto/service_messages.

use ids::{ConnId, SessionId, WireMsgId};

use super::Call;

/// What the driver must do.
pub enum KeyEvent {
    /// Run this call and answer it with [`super::KeyState::handle_result`].
    Call(Call),
    /// A session began; it gets no pushes before the driver makes some.
    SessionCreated(SessionId),
    /// A session is over, together with everything it still had to deliver.
    SessionEnded(SessionId),
    /// Destroy this key and the temporary keys bound to it, durably, then say so with
    /// [`super::KeyState::handle_key_destroyed`].
    DestroyKey {
        /// The session that asked.
        session: SessionId,
        /// Its request.
        msg_id: WireMsgId,
    },
    /// Close the connection after this time unless the same event comes again before (`ping_delay_disconnect`).
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
