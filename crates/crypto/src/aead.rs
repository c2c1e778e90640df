//! AES-256-GCM in place, the one cipher of everything at rest. Source: NIST SP 800-38D.
//!
//! A nonce must not come twice under one key: callers draw it at random for each call, at most 2^20 times a key, or
//! count it ([`crate::stream`]).

use crate::sys;

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes by which the sealed form is longer.
pub const TAG_BYTES: usize = 16;

/// What was given is not what was sealed under this key with this nonce and this associated data, or not whole.
/// Where the plaintext would be, the bytes given are zeros then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

/// An expanded key, erased on drop.
pub struct Key(sys::Gcm);

impl Key {
    /// Expands a key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Key {
        Key(sys::Gcm::new(key))
    }

    /// Encrypts `buffer[from..]` in place and appends the tag. A `from` beyond the end is taken as the end.
    pub fn seal(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], buffer: &mut Vec<u8>, from: usize) {
        let tag = self.0.seal(nonce, aad, buffer.get_mut(from..).unwrap_or_default());
        // Growing comes after encrypting: what a move would leave behind is ciphertext.
        buffer.extend_from_slice(&tag);
    }

    /// Decrypts ciphertext and tag in place and gives the plaintext, a prefix of `sealed`.
    pub fn open<'a>(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8],
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        let (data, tag) = sealed.split_last_chunk_mut::<TAG_BYTES>().ok_or(Forged)?;
        if self.0.open(nonce, aad, data, tag) { Ok(data) } else { Err(Forged) }
    }
}
