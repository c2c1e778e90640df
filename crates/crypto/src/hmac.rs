//! HMAC-SHA-256 under a prepared key. Source: RFC 2104.

use zeroize::{Zeroize, Zeroizing};

use crate::sys::{Sha256, State, last_block};

/// A key of any length, kept as the two hash states after its block. Erased on drop.
#[derive(Clone)]
pub struct HmacKey {
    inner: State,
    outer: State,
}

/// A tag under way.
pub(crate) struct Hmac<'a> {
    inner: Sha256,
    outer: &'a State,
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
            State::after(block)
        };
        let inner = state(&mut block, 0x36);
        let outer = state(&mut block, 0x36 ^ 0x5c);
        HmacKey { inner, outer }
    }

    /// The tag of the parts one after the other.
    #[must_use]
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        // What is signed is mostly a few words: a block of its own, and one around the hash of it.
        if let Some(mut hash) = last_block(&self.inner, 1, parts)
            && let Some(tag) = last_block(&self.outer, 1, &[&hash])
        {
            hash.zeroize();
            return tag;
        }
        let mut hmac = self.begin();
        for part in parts {
            hmac.update(part);
        }
        hmac.finish()
    }

    pub(crate) fn begin(&self) -> Hmac<'_> {
        Hmac { inner: Sha256::resume(&self.inner), outer: &self.outer }
    }
}

impl Hmac<'_> {
    pub(crate) fn update(&mut self, part: &[u8]) {
        self.inner.update(part);
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        let mut hash = self.inner.finish();
        let mut outer = Sha256::resume(self.outer);
        outer.update(&hash);
        hash.zeroize();
        outer.finish()
    }
}

/// Copies what both have room for.
fn copy(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}
