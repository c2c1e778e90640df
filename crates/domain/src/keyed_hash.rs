//! A keyed hash as an argument: the domain needs one and owns neither the key nor the algorithm.

/// A pseudorandom function under a key that its holder never shows: HMAC-SHA-256 in the server.
pub trait KeyedHash: Send + Sync {
    /// The hash of the parts, which the implementation joins as they are; callers begin with a label of their own
    /// and keep variable-length parts last.
    fn hash(&self, parts: &[&[u8]]) -> [u8; 32];
}

impl<F: Fn(&[&[u8]]) -> [u8; 32] + Send + Sync> KeyedHash for F {
    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        self(parts)
    }
}
