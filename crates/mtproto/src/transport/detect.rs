//! Which framing a stream speaks, from its first bytes.
//!
//! Every obfuscating client draws its 64 random bytes anew until they cannot be taken for one of the words below,
//! so the order of the tests decides every stream. Nothing is ever written before a rule has fired, and what no
//! rule knows is answered by silence (T13). Source: docs, mtproto/mtproto-transports.

use super::obfuscation::{Accepted, HEADER_BYTES, Secret, accept};
use super::{Kind, TransportError};

/// What the first bytes say.
pub(super) enum Detected {
    /// Too few bytes.
    Undecided,
    Plain {
        kind: Kind,
        header_bytes: usize,
    },
    Obfuscated(Accepted),
    Refused(TransportError),
}

/// Applies the rules in their order. A websocket's stream is always obfuscated.
pub(super) fn detect(bytes: &[u8], websocket: bool, secret: Option<&Secret>) -> Detected {
    let obfuscated_only = websocket || secret.is_some_and(|secret| secret.required);
    if !obfuscated_only && let Some(detected) = plain(bytes) {
        return detected;
    }
    let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else { return Detected::Undecided };
    match accept(header, secret) {
        Some(accepted) => Detected::Obfuscated(accepted),
        None => Detected::Refused(TransportError::Unrecognised),
    }
}

/// The rules for streams that are not obfuscated; `None` when no rule fires and none can any more. Clients draw their
/// obfuscated headers until that is so.
pub(super) fn plain(bytes: &[u8]) -> Option<Detected> {
    let found = match bytes {
        [] => Detected::Undecided,
        [0xef, ..] => Detected::Plain { kind: Kind::Abridged, header_bytes: 1 },
        [0xee, 0xee, 0xee, 0xee, ..] => Detected::Plain { kind: Kind::Intermediate, header_bytes: 4 },
        [0xdd, 0xdd, 0xdd, 0xdd, ..] => Detected::Plain { kind: Kind::Padded, header_bytes: 4 },
        [b'P', b'O', b'S', b'T', ..]
        | [b'G', b'E', b'T', b' ', ..]
        | [b'H', b'E', b'A', b'D', ..]
        | [b'O', b'P', b'T', b'I', ..] => Detected::Refused(TransportError::Http),
        [0x16, 0x03, 0x01, ..] => Detected::Refused(TransportError::Tls),
        [_, _, _, _, 0, 0, 0, 0, ..] => Detected::Plain { kind: Kind::Full, header_bytes: 0 },
        [_, _, _, _, _, _, _, _, ..] => return None,
        _ => Detected::Undecided,
    };
    Some(found)
}
