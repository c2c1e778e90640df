//! `p_q_inner_data`: what the client encrypted for the server's RSA key.
//!
//! Whoever could learn *which* check refuses a ciphertext would have a decryption oracle (T4). So the verdict is one
//! mask over all checks, and a ciphertext whose padding is unsound is replaced by a well-formed object of our own
//! before anything looks at it: garbage never decides a branch. Source: docs, mtproto/auth_key, step 4.

use crypto::Choice;
use crypto::padding::{Decoded, LEGACY_OBJECT_BYTES};
use ids::limits::TEMP_KEY_LIFE_S_MAX;
use tl::{DecodeError, Reader};
use zeroize::Zeroizing;

use super::pq_sent::{PqSent, number};
use crate::handshake::KeyKind;

/// An object without `dc`, and one with; each also for temporary keys.
const INNER: u32 = 0x83c9_5aec;
const INNER_DC: u32 = 0xa9f5_5f95;
const INNER_TEMP: u32 = 0x3c6a_84d4;
const INNER_TEMP_DC: u32 = 0x56fd_df88;

/// What the object says, once all of it is right but perhaps the DC.
pub(super) struct Inner {
    pub(super) new_nonce: Zeroizing<[u8; 32]>,
    pub(super) kind: KeyKind,
    /// 0 where the constructor has none.
    pub(super) dc: i32,
}

/// Judges a decrypted number against the run it came for.
pub(super) fn judge(decoded: &Decoded, run: &PqSent) -> Option<Inner> {
    let sound = LEGACY_OBJECT_BYTES.iter().fold(Choice::from(0), |sound, len| sound | decoded.accepts(*len));
    let mut data = Zeroizing::new([0; 192]);
    for ((to, from), ours) in data.iter_mut().zip(decoded.data()).zip(stand_in()) {
        let mask = 0_u8.wrapping_sub(sound.unwrap_u8());
        *to = (from & mask) | (ours & !mask);
    }
    let object = Object::read(&data[..]).ok()?;
    let expires_in_s = object.expires_in.unwrap_or(1);
    let valid = sound
        & decoded.accepts(object.len)
        & choice(number(object.pq) == Some(run.pq.product()))
        & choice(number(object.p) == Some(u64::from(run.pq.p)))
        & choice(number(object.q) == Some(u64::from(run.pq.q)))
        & choice(crypto::ct_eq(object.nonce, &run.nonces.client))
        & choice(crypto::ct_eq(object.server_nonce, &run.nonces.server))
        & choice(expires_in_s > 0);
    if !bool::from(valid) {
        return None;
    }
    let kind = match object.expires_in {
        None => KeyKind::Permanent,
        Some(asked) => {
            let clamped = i64::from(asked).min(TEMP_KEY_LIFE_S_MAX);
            KeyKind::Temporary { expires_in_s: u32::try_from(clamped).ok()? }
        }
    };
    Some(Inner { new_nonce: Zeroizing::new(*object.new_nonce), kind, dc: object.dc })
}

fn choice(holds: bool) -> Choice {
    Choice::from(u8::from(holds))
}

/// A `p_q_inner_data_dc` of the usual length, all zeros: read in the place of garbage.
fn stand_in() -> impl Iterator<Item = u8> {
    let head = INNER_DC.to_le_bytes().into_iter().chain([8]).chain([0; 11]);
    head.chain([4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]).chain(std::iter::repeat(0))
}

/// The fields, borrowed: secrets are not copied before they are known to be wanted.
struct Object<'a> {
    pq: &'a [u8],
    p: &'a [u8],
    q: &'a [u8],
    nonce: &'a [u8],
    server_nonce: &'a [u8],
    new_nonce: &'a [u8; 32],
    dc: i32,
    expires_in: Option<i32>,
    len: usize,
}

impl<'a> Object<'a> {
    fn read(data: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(data);
        let id = reader.u32()?;
        let (has_dc, is_temporary) = match id {
            INNER => (false, false),
            INNER_DC => (true, false),
            INNER_TEMP => (false, true),
            INNER_TEMP_DC => (true, true),
            id => return Err(DecodeError::UnknownConstructor { id }),
        };
        let (pq, p, q) = (reader.bytes()?, reader.bytes()?, reader.bytes()?);
        let (nonce, server_nonce) = (reader.take(16)?, reader.take(16)?);
        let new_nonce = reader.take(32)?.first_chunk().ok_or(DecodeError::UnexpectedEnd)?;
        let dc = if has_dc { i32::from_le_bytes(reader.array()?) } else { 0 };
        let expires_in = if is_temporary { Some(i32::from_le_bytes(reader.array()?)) } else { None };
        let len = data.len() - reader.rest().len();
        Ok(Self { pq, p, q, nonce, server_nonce, new_nonce, dc, expires_in, len })
    }
}
