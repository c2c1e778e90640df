//! The packet inside `auth.bindTempAuthKey`: an MTProto 1.0 message under the permanent key that names the
//! temporary one.
//!
//! Invariant: whatever does not match, the caller learns one thing only, [`NotBound`] (T12); the msg_key is compared
//! in constant time before any field is looked at. Nothing else of MTProto 1.0 exists here.
//! Source: docs, api/pfs, method/auth.bindTempAuthKey, mtproto/description_v1.

use crypto::Rng;
use ids::{AuthKeyId, SessionId, WireMsgId};
use tl::codec::Encode;
use tl::mt::BindAuthKeyInner;
use zeroize::Zeroizing;

use crate::AuthKey;
use crate::cipher::joined;

/// Bytes of the whole packet.
pub const BIND_PACKET_BYTES: usize = 104;
/// Key id and msg_key.
const OUTER_BYTES: usize = 24;
/// Random bytes in the place of salt and session.
const RANDOM_BYTES: usize = 16;
/// What the msg_key is computed over: random bytes, id, seqno, length, the inner object; all but the padding.
const HASHED_BYTES: usize = RANDOM_BYTES + 16 + 40;
/// The whole plaintext.
const PLAINTEXT_BYTES: usize = 80;

/// What both sides must agree on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// The client's random number of this binding; also an argument of the call.
    pub nonce: i64,
    /// The key that is bound: the one the call came under.
    pub temp_key: AuthKeyId,
    /// The session the call came in.
    pub temp_session: SessionId,
    /// Unix time of the temporary key's end; also an argument of the call.
    pub expires_at: i32,
    /// The id of the message that carries the call, never its container's.
    pub msg_id: WireMsgId,
}

/// The packet does not prove what the call claims: `ENCRYPTED_MESSAGE_INVALID`. Which part failed is not said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotBound;

/// Makes the packet: the client's side.
pub fn make(permanent: &AuthKey, binding: Binding, rng: &mut dyn Rng) -> Vec<u8> {
    let mut plaintext = Zeroizing::new(Vec::with_capacity(PLAINTEXT_BYTES));
    plaintext.resize(RANDOM_BYTES, 0);
    rng.fill(&mut plaintext);
    plaintext.extend_from_slice(&binding.msg_id.0.to_le_bytes());
    0_u32.encode(&mut plaintext);
    INNER_LENGTH.encode(&mut plaintext);
    inner(binding, permanent.id()).encode(&mut plaintext);
    let mut padding = [0; PLAINTEXT_BYTES - HASHED_BYTES];
    rng.fill(&mut padding);
    let msg_key = msg_key(&plaintext);
    plaintext.extend_from_slice(&padding);
    let (aes_key, aes_iv) = aes(permanent, &msg_key);
    if crypto::ige::encrypt(&aes_key, &aes_iv, &mut plaintext).is_err() {
        // 80 bytes are five blocks; nothing leaves in clear if they ever are not.
        return Vec::new();
    }
    let mut packet = Vec::with_capacity(BIND_PACKET_BYTES);
    packet.extend_from_slice(&permanent.id().0.to_le_bytes());
    packet.extend_from_slice(&msg_key);
    packet.extend_from_slice(&plaintext);
    packet
}

/// The permanent key a packet names in clear, to be looked up before [`check`]. It proves nothing.
pub fn permanent_key_id(packet: &[u8]) -> Option<AuthKeyId> {
    packet.first_chunk().map(|id| AuthKeyId(u64::from_le_bytes(*id)))
}

/// Opens the packet and compares every field with what the call, its message and its key say: the server's side.
pub fn check(permanent: &AuthKey, packet: &[u8], expected: Binding) -> Result<(), NotBound> {
    let packet: &[u8; BIND_PACKET_BYTES] = packet.try_into().map_err(|_| NotBound)?;
    let (outer, ciphertext) = packet.split_first_chunk::<OUTER_BYTES>().ok_or(NotBound)?;
    let (key_id, claimed) = outer.split_first_chunk::<8>().ok_or(NotBound)?;
    let claimed: &[u8; 16] = claimed.try_into().map_err(|_| NotBound)?;
    let (aes_key, aes_iv) = aes(permanent, claimed);
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    crypto::ige::decrypt(&aes_key, &aes_iv, &mut plaintext).map_err(|_| NotBound)?;
    let hashed = plaintext.get(..HASHED_BYTES).ok_or(NotBound)?;
    if !crypto::ct_eq(&msg_key(hashed), claimed) {
        return Err(NotBound);
    }
    let mut wanted = Vec::with_capacity(HASHED_BYTES - RANDOM_BYTES);
    wanted.extend_from_slice(&expected.msg_id.0.to_le_bytes());
    0_u32.encode(&mut wanted);
    INNER_LENGTH.encode(&mut wanted);
    inner(expected, permanent.id()).encode(&mut wanted);
    let same_fields = hashed.get(RANDOM_BYTES..).is_some_and(|fields| crypto::ct_eq(fields, &wanted));
    let same_key = *key_id == permanent.id().0.to_le_bytes();
    if same_fields && same_key { Ok(()) } else { Err(NotBound) }
}

/// `length` of the message: that of the inner object.
const INNER_LENGTH: u32 = 40;

fn inner(binding: Binding, permanent: AuthKeyId) -> BindAuthKeyInner {
    BindAuthKeyInner::BindAuthKeyInner {
        nonce: binding.nonce,
        temp_auth_key_id: binding.temp_key.0.cast_signed(),
        perm_auth_key_id: permanent.0.cast_signed(),
        temp_session_id: binding.temp_session.0.cast_signed(),
        expires_at: binding.expires_at,
    }
}

fn msg_key(hashed: &[u8]) -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&crypto::sha1(&[hashed])[4..20]);
    key
}

/// The key derivation of MTProto 1.0, client to server.
fn aes(permanent: &AuthKey, msg_key: &[u8; 16]) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let key = permanent.bytes();
    let a = Zeroizing::new(crypto::sha1(&[msg_key, &key[..32]]));
    let b = Zeroizing::new(crypto::sha1(&[&key[32..48], msg_key, &key[48..64]]));
    let c = Zeroizing::new(crypto::sha1(&[&key[64..96], msg_key]));
    let d = Zeroizing::new(crypto::sha1(&[msg_key, &key[96..128]]));
    let (a, b, c, d): (&[u8; 20], &[u8; 20], &[u8; 20], &[u8; 20]) = (&a, &b, &c, &d);
    let aes_key = joined([&a[..8], &b[8..20], &c[4..16]]);
    let aes_iv = joined([&a[8..20], &b[..8], &c[16..20], &d[..8]]);
    (aes_key, aes_iv)
}

#[cfg(test)]
#[path = "bind_tests.rs"]
mod tests;
