//! AES-256 in counter mode with one unbroken key stream, as the obfuscated transport uses it for the life of a
//! connection. Source: docs `mtproto/mtproto-transports#transport-obfuscation`.

use zeroize::Zeroize;

use crate::sys::EncryptKey;

/// One direction of a connection: applying it to `a` and then to `b` equals applying it to `a || b`.
///
/// It takes 65 bytes and not the 300 of an expanded key, which a server would hold twice for each idle connection: the
/// key is expanded anew for each call, which takes some 20 ns. Erased on drop.
pub struct Ctr {
    key: [u8; 32],
    counter: [u8; 16],
    stream: [u8; 16],
    used: u8,
}

impl Ctr {
    /// Starts the key stream at the 128-bit big-endian counter `iv`.
    #[must_use]
    pub fn new(key: &[u8; 32], iv: &[u8; 16]) -> Ctr {
        Ctr { key: *key, counter: *iv, stream: [0; 16], used: 0 }
    }

    /// Encrypts or decrypts `data` in place and moves the key stream on by its length.
    pub fn apply(&mut self, data: &mut [u8]) {
        EncryptKey::new(&self.key).ctr(data, &mut self.counter, &mut self.stream, &mut self.used);
    }
}

impl Drop for Ctr {
    fn drop(&mut self) {
        self.key.zeroize();
        self.counter.zeroize();
        self.stream.zeroize();
    }
}
