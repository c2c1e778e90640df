//! The parts of a message as both roles handle them: its head before encryption, and one message of a container.
//!
//! Source: docs, mtproto/description, "Encrypted message". Bodies are user content: nothing here prints them.

use ids::{SessionId, WireMsgId};

/// The four fields that stand before the body inside the encryption.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Server salt (docs: server salt); attached to the auth key.
    pub salt: u64,
    /// The session; chosen by the client.
    pub session: SessionId,
    /// Message id: about unix time x 2^32.
    pub msg_id: WireMsgId,
    /// Twice the number of content messages sent before, plus one if this is one.
    pub seqno: u32,
}

/// One message out of a container, or the only one of a packet.
pub(crate) struct Message {
    /// Its own id, never the container's.
    pub(crate) msg_id: WireMsgId,
    /// Its own sequence number.
    pub(crate) seqno: u32,
    /// A boxed TL object.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// Whether it asks to be acknowledged: content messages carry odd sequence numbers.
    pub(crate) const fn is_content(&self) -> bool {
        self.seqno & 1 == 1
    }
}
