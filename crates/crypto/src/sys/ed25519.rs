//! Ed25519. Source: `openssl/curve25519.h` of AWS-LC.

use aws_lc_sys as c;

use super::must;

/// Writes seed and public key to `pair` and gives the public key.
pub(crate) fn ed25519_expand(seed: &[u8; 32], pair: &mut [u8; 64]) -> [u8; 32] {
    let mut public = [0; 32];
    // SAFETY: reads 32 bytes, writes 32 and 64.
    unsafe { c::ED25519_keypair_from_seed(public.as_mut_ptr(), pair.as_mut_ptr(), seed.as_ptr()) }
    public
}

pub(crate) fn ed25519_sign(pair: &[u8; 64], message: &[u8]) -> [u8; 64] {
    let mut signature = [0; 64];
    // SAFETY: reads the message and the 64 bytes of `pair`, writes 64 bytes.
    must(unsafe { c::ED25519_sign(signature.as_mut_ptr(), message.as_ptr(), message.len(), pair.as_ptr()) });
    signature
}

pub(crate) fn ed25519_verify(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    // SAFETY: reads the message, 64 bytes of the signature and 32 of the key.
    let answer =
        unsafe { c::ED25519_verify(message.as_ptr(), message.len(), signature.as_ptr(), public.as_ptr()) };
    if answer != 1 {
        // SAFETY: drops what the refusal left in the thread's queue of errors.
        unsafe { c::ERR_clear_error() }
    }
    answer == 1
}
