//! Packets of a server, opened and laid out, with nothing interpreted: for those who look at the wire.
use ids::WireMsgId;
use mtproto::cipher::{self, Sender, Undecryptable};
use mtproto::gzip::{self, GZIP_PACKED};
use mtproto::{AuthKey, Envelope};
use tl::{DecodeError, Reader};

const CONTAINER: u32 = 0x73f1_f8dc;
const RPC_RESULT: u32 = 0xf35c_6d01;
/// Bytes that one packet may unpack to.
const UNPACKED_BYTES_MAX: usize = 64 << 20;

/// Why a packet cannot be laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not of this key.
    #[error("the packet does not decrypt")]
    Undecryptable,
    /// Its content is no list of messages.
    #[error("the packet's content is malformed: {0}")]
    Malformed(#[from] DecodeError),
    /// A gzip_packed that cannot be unpacked.
    #[error("the packet holds a broken gzip")]
    Gzip,
}

impl From<Undecryptable> for OpenError {
    fn from(_: Undecryptable) -> Self {
        Self::Undecryptable
    }
}

/// A packet.
pub struct Opened {
    /// As it was encrypted; its body may be a container.
    pub outer: Envelope,
    /// The messages in it, in their order: one, or those of the container.
    pub messages: Vec<ServerMessage>,
}

/// A message of a server.
pub struct ServerMessage {
    /// Its id.
    pub msg_id: WireMsgId,
    /// Its seqno.
    pub seqno: u32,
    /// Its body, unpacked.
    pub body: Vec<u8>,
}

impl Opened {
    /// Opens a packet that a server made.
    pub fn read(key: &AuthKey, packet: &[u8]) -> Result<Self, OpenError> {
        let outer = cipher::decrypt(key, Sender::Server, packet)?.message;
        let mut reader = Reader::new(&outer.body);
        let mut messages = Vec::new();
        if reader.peek_id() == Ok(CONTAINER) {
            reader.u32()?;
            for _ in 0..reader.u32()? {
                let msg_id = WireMsgId(u64::from_le_bytes(reader.array()?));
                let (seqno, bytes) = (reader.u32()?, reader.u32()?);
                let body = reader.take(bytes as usize)?.to_vec();
                messages.push(ServerMessage { msg_id, seqno, body: unpacked(body)? });
            }
            reader.finish()?;
        } else {
            let body = unpacked(outer.body.clone())?;
            messages.push(ServerMessage { msg_id: outer.msg_id, seqno: outer.seqno, body });
        }
        Ok(Self { outer, messages })
    }
}

impl ServerMessage {
    /// The constructor id of the body.
    #[must_use]
    pub fn id(&self) -> u32 {
        Reader::new(&self.body).peek_id().unwrap_or(0)
    }

    /// If it is an `rpc_result`: which call it answers, and the result, unpacked; an `rpc_error` is a result.
    pub fn result(&self) -> Option<(WireMsgId, Vec<u8>)> {
        let mut reader = Reader::new(&self.body);
        reader.expect_id(RPC_RESULT).ok()?;
        let call = WireMsgId(u64::from_le_bytes(reader.array().ok()?));
        Some((call, unpacked(reader.take_rest().to_vec()).ok()?))
    }
}

fn unpacked(body: Vec<u8>) -> Result<Vec<u8>, OpenError> {
    if Reader::new(&body).peek_id() != Ok(GZIP_PACKED) {
        return Ok(body);
    }
    let mut budget_bytes = UNPACKED_BYTES_MAX;
    gzip::unpack(&body, &mut budget_bytes).map_err(|_| OpenError::Gzip)
}
