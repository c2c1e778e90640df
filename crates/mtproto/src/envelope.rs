//! One decrypted message: the fields of the encrypted header, after its msg_key was found right.

use ids::{AuthKeyId, SessionId, WireMsgId};

/// A message whose integrity is proven and whose meaning is not yet looked at (docs: mtproto/description).
pub struct Envelope {
    /// The key it was encrypted with.
    pub key: AuthKeyId,
    /// The server salt the sender used.
    pub salt: u64,
    /// The sender's session.
    pub session: SessionId,
    /// The message's own id; of a container, the outer one.
    pub msg_id: WireMsgId,
    /// The message's sequence number.
    pub seqno: u32,
    /// The TL object, without padding; its length is a multiple of four.
    pub body: Vec<u8>,
}
