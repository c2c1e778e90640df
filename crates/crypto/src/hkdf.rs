//! HKDF-SHA-256 with one block of output: every key here has 32 bytes. Source: RFC 5869.

use zeroize::Zeroizing;

use crate::HmacKey;

/// 32 bytes of key from `ikm`, a salt (empty is that of 32 zeros) and the pieces of `info` one after the other.
#[must_use]
pub fn derive(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    Salt::new(salt).derive(ikm, info)
}

/// A salt that is used many times. It may be a secret, and is erased on drop.
pub struct Salt(HmacKey);

impl Salt {
    /// Prepares a salt of any length.
    #[must_use]
    pub fn new(salt: &[u8]) -> Salt {
        Salt(HmacKey::new(salt))
    }

    /// The same as [`derive()`], for two compressions less.
    #[must_use]
    pub fn derive(&self, ikm: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let extracted = Zeroizing::new(self.0.sign(&[ikm]));
        let key = HmacKey::new(&*extracted);
        let mut expand = key.begin();
        for part in info {
            expand.update(part);
        }
        expand.update(&[1]);
        Zeroizing::new(expand.finish())
    }
}
