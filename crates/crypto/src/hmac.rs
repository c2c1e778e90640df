//! HMAC-SHA-256 under a prepared key. Source: RFC 2104.

use zeroize::{Zeroize, Zeroizing};

use crate::sys::Sha256;

/// A key of any length, kept as the two hash states after its block. Erased on drop.
#[derive(Clone)]
pub struct HmacKey {
    inner: Sha256,
    outer: Sha256,
}

/// A tag under way.
pub(crate) struct Hmac {
    inner: Sha256,
    outer: Sha256,
}

impl HmacKey {
    /// Prepares a key; one longer than 64 bytes is hashed first, as the RFC says.
    #[must_use]
    pub fn new(key: &[u8]) -> HmacKey {
        let mut block = Zeroizing::new([0; 64]);
        if key.len() > block.len() {
            let mut hash = crate::sha256(&[key]);
            copy(&mut *block, &hash);
            hash.zeroize();
        } else {
            copy(&mut *block, key);
        }
        let state = |block: &mut [u8; 64], pad: u8| {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = Sha256::new();
            state.update(block);
            state
        };
        let inner = state(&mut block, 0x36);
        let outer = state(&mut block, 0x36 ^ 0x5c);
        HmacKey { inner, outer }
    }

    /// The tag of the parts one after the other.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut hmac = self.begin();
        for part in parts {
            hmac.update(part);
        }
        hmac.finish()
    }

    pub(crate) fn begin(&self) -> Hmac {
        Hmac { inner: self.inner.clone(), outer: self.outer.clone() }
    }
}

impl Hmac {
    pub(crate) fn update(&mut self, part: &[u8]) {
        self.inner.update(part);
    }

    pub(crate) fn finish(mut self) -> [u8; 32] {
        let mut hash = self.inner.finish();
        self.outer.update(&hash);
        hash.zeroize();
        self.outer.finish()
    }
}

/// Copies what both have room for.
fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}
