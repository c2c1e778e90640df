//! `msg_container`: several messages in one packet.
//!
//! Invariants: never more than [`CONTAINER_MESSAGES_MAX`] messages, never a container inside one, so reading one is a
//! loop and no recursion; inner ids and sequence numbers are not above the container's (T16). An empty container is
//! legal. Source: docs, mtproto/service_messages, "Containers".

use ids::WireMsgId;
use ids::limits::CONTAINER_MESSAGES_MAX;
use tl::codec::{DecodeError, Encode, Reader};

use crate::Envelope;
use crate::message::Message;

/// Constructor of `msg_container`.
pub(crate) const MSG_CONTAINER: u32 = 0x73f1_f8dc;
/// Id, seqno and length in front of each message.
pub(crate) const INNER_HEAD_BYTES: usize = 16;

/// Why nothing of a packet is looked at; its sender is to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ContainerError {
    /// It breaks the rules of containers.
    Malformed,
    /// The id of a message in it is not one of a client.
    InnerId,
}

/// Whether a packet's body is a container.
pub(crate) fn is_container(body: &[u8]) -> bool {
    Reader::new(body).peek_id() == Ok(MSG_CONTAINER)
}

/// The messages of a client's packet, lowest id first: those in its container, or itself.
pub(crate) fn unpack(packet: Envelope) -> Result<Vec<Message>, ContainerError> {
    let Envelope { msg_id, seqno, body, .. } = packet;
    if !is_container(&body) {
        return Ok(vec![Message { msg_id, seqno, body }]);
    }
    let mut messages = read(&body).map_err(|_| ContainerError::Malformed)?;
    for message in &messages {
        if message.msg_id.0 % 4 != 0 {
            return Err(ContainerError::InnerId);
        }
        if message.msg_id >= msg_id || message.seqno > seqno || is_container(&message.body) {
            return Err(ContainerError::Malformed);
        }
    }
    messages.sort_by_key(|message| message.msg_id);
    Ok(messages)
}

/// The messages of a container in the order they stand.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Message>, DecodeError> {
    let mut reader = Reader::new(body);
    reader.expect_id(MSG_CONTAINER)?;
    let count = reader.count(INNER_HEAD_BYTES + 4)?;
    let announced = u32::try_from(count).unwrap_or(u32::MAX);
    if count > CONTAINER_MESSAGES_MAX {
        return Err(DecodeError::VectorTooLong { announced });
    }
    let mut messages = Vec::with_capacity(count);
    for _ in 0..count {
        let msg_id = WireMsgId(u64::from_le_bytes(reader.array()?));
        let seqno = reader.u32()?;
        let length = usize::try_from(reader.u32()?).map_err(|_| DecodeError::UnexpectedEnd)?;
        if length < 4 || !length.is_multiple_of(4) {
            return Err(DecodeError::UnexpectedEnd);
        }
        messages.push(Message { msg_id, seqno, body: reader.take(length)?.to_vec() });
    }
    reader.finish()?;
    Ok(messages)
}

/// Begins a container of `count` messages; each follows as [`put_head`] and its body.
pub(crate) fn begin(sink: &mut Vec<u8>, count: usize) {
    MSG_CONTAINER.encode(sink);
    u32::try_from(count).unwrap_or(u32::MAX).encode(sink);
}

/// Puts what stands before the body of a message in a container.
pub(crate) fn put_head(sink: &mut Vec<u8>, msg_id: WireMsgId, seqno: u32, body_len: usize) {
    sink.extend_from_slice(&msg_id.0.to_le_bytes());
    seqno.encode(sink);
    u32::try_from(body_len).unwrap_or(u32::MAX).encode(sink);
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
