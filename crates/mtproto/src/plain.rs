//! Messages without encryption: the key exchange and nothing else.
//!
//! `auth_key_id = 0 | msg_id:8 | length:4 | body`. Real clients hide the length of a request by random bytes behind
//! its TL object, inside `length`, so a body is parsed from its front and the rest is ignored; their msg_id is 0, 1
//! or a real one and is not looked at. Source: docs, mtproto/description#unencrypted-messages.

use ids::{Now, WireMsgId};

/// Bytes in front of the body.
pub const PLAIN_HEADER_BYTES: usize = 20;
/// What a padded transport may leave behind the message.
const TRANSPORT_PADDING_BYTES_MAX: usize = 15;

/// The payload is no plain message; the sender is to blame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a plain message")]
pub struct NotPlain;

/// A plain message, borrowed from its payload.
pub struct Plain<'a> {
    /// The sender's msg_id. A client's means nothing.
    pub msg_id: WireMsgId,
    /// A TL object and, from a client, random bytes behind it.
    pub body: &'a [u8],
}

/// Reads a payload whose first eight bytes are zero.
pub fn parse(payload: &[u8]) -> Result<Plain<'_>, NotPlain> {
    let ([0, 0, 0, 0, 0, 0, 0, 0], rest) = payload.split_first_chunk::<8>().ok_or(NotPlain)? else {
        return Err(NotPlain);
    };
    let (msg_id, rest) = rest.split_first_chunk::<8>().ok_or(NotPlain)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(NotPlain)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| NotPlain)?;
    let (body, tail) = rest.split_at_checked(length).ok_or(NotPlain)?;
    if tail.len() > TRANSPORT_PADDING_BYTES_MAX {
        return Err(NotPlain);
    }
    Ok(Plain { msg_id: WireMsgId(u64::from_le_bytes(*msg_id)), body })
}

/// Wraps a TL object.
pub fn wrap(msg_id: WireMsgId, body: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(PLAIN_HEADER_BYTES + body.len());
    payload.extend_from_slice(&[0; 8]);
    payload.extend_from_slice(&msg_id.get().to_le_bytes());
    payload.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    payload.extend_from_slice(body);
    payload
}

/// The id of a server's answer: unix time x 2^32, and 1 modulo 4 (Telegram Desktop insists on it).
pub fn answer_id(now: Now) -> WireMsgId {
    WireMsgId((wire_time(now) & !3) | 1)
}

/// The id of a client's request: unix time x 2^32, and 0 modulo 4.
pub fn request_id(now: Now) -> WireMsgId {
    WireMsgId(wire_time(now) & !3)
}

/// The wall clock in units of 2^-32 s.
fn wire_time(now: Now) -> u64 {
    let (seconds, nanoseconds) = (now.wall_ns / 1_000_000_000, now.wall_ns % 1_000_000_000);
    (seconds << 32) | ((nanoseconds << 32) / 1_000_000_000)
}
