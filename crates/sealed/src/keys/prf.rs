//! PRF and HKDF as docs/keys.md has them.

use crypto::hmac_sha256;
use zeroize::Zeroizing;

/// HMAC-SHA-256 under one key.
pub(crate) struct Prf(Zeroizing<[u8; 32]>);

impl Prf {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*key))
    }

    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac_sha256(&*self.0, parts)
    }
}

/// HKDF-SHA-256 with 32 bytes of output.
pub(crate) fn derive(ikm: &[u8; 32], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let prk = Zeroizing::new(hmac_sha256(salt, &[ikm]));
    let mut parts = info.to_vec();
    parts.push(&[1]);
    Zeroizing::new(hmac_sha256(&*prk, &parts))
}
