//! One message as sessions handle it, out of its packet and container.
//!
//! Source: docs, mtproto/description, "Message". The body is user content: nothing here prints it.

use ids::WireMsgId;

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
