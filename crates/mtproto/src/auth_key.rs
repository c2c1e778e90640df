//! The shared secret of a device and the server, and the numbers that are derived from it alone.
//!
//! The 256 bytes live in one boxed buffer that is zeroized when it is dropped; moving an [`AuthKey`] moves a
//! pointer and copies no key byte. The type neither prints nor compares. Several connections and sessions of one
//! device share it as `Arc<AuthKey>`. Layouts: docs, mtproto/auth_key, "DH key exchange complete".

use crypto::dh::SharedKey;
use ids::AuthKeyId;

/// Bytes of an auth key: one number modulo the 2048-bit prime, big-endian, padded on the left.
pub const AUTH_KEY_BYTES: usize = 256;

/// A 2048-bit auth key, permanent or temporary.
pub struct AuthKey {
    bytes: SharedKey,
    id: AuthKeyId,
    aux_hash: [u8; 8],
}

impl AuthKey {
    /// Takes over the key bytes and computes the id: the last 8 bytes of the key's SHA-1, little-endian.
    pub fn new(bytes: impl Into<SharedKey>) -> Self {
        let bytes = bytes.into();
        let [a0, a1, a2, a3, a4, a5, a6, a7, _, _, _, _, i0, i1, i2, i3, i4, i5, i6, i7] =
            crypto::sha1(&[bytes.as_slice()]);
        Self {
            bytes,
            id: AuthKeyId(u64::from_le_bytes([i0, i1, i2, i3, i4, i5, i6, i7])),
            aux_hash: [a0, a1, a2, a3, a4, a5, a6, a7],
        }
    }

    /// The key's public name on the wire.
    pub fn id(&self) -> AuthKeyId {
        self.id
    }

    /// The first 8 bytes of the key's SHA-1: `auth_key_aux_hash`, the `retry_id` of a second try.
    pub fn aux_hash(&self) -> [u8; 8] {
        self.aux_hash
    }

    /// The key itself, for the ciphers and for the store's sealed record; never for a log.
    pub fn bytes(&self) -> &[u8; AUTH_KEY_BYTES] {
        &self.bytes
    }
}
