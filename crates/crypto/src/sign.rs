//! Ed25519, by which a vault's answer becomes a receipt. Source: RFC 8032.

use std::fmt;

use zeroize::Zeroizing;

use crate::arena::{Arena, Slot};
use crate::sys;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// The key that signs, in locked memory of its own. Erased on drop.
pub struct SigningKey {
    seed: Slot,
    verifying: VerifyingKey,
}

/// The key that verifies; public.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VerifyingKey([u8; 32]);

/// The signature is not of this key over this message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSignature;

impl SigningKey {
    /// The key of a seed, 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> SigningKey {
        let mut pair = Zeroizing::new([0; 64]);
        let verifying = VerifyingKey(sys::ed25519_expand(seed, &mut pair));
        // One slot is free in an arena of one.
        let Ok(seed) = Arena::new(1).keep(seed) else { sys::out_of_memory() };
        SigningKey { seed, verifying }
    }

    /// Signs; the same message has always the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut pair = Zeroizing::new([0; 64]);
        let (first, second) = pair.split_at_mut(32);
        self.seed.expose(|seed| first.copy_from_slice(seed));
        second.copy_from_slice(&self.verifying.0);
        sys::ed25519_sign(&pair, message)
    }

    /// The public half.
    #[must_use]
    pub fn verifying(&self) -> VerifyingKey {
        self.verifying
    }
}

impl VerifyingKey {
    /// Takes any 32 bytes; if they are no key, nothing verifies under them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> VerifyingKey {
        VerifyingKey(*bytes)
    }

    /// The encoded key.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` is one of this key over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> Result<(), BadSignature> {
        if sys::ed25519_verify(&self.0, message, signature) { Ok(()) } else { Err(BadSignature) }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKey(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}
