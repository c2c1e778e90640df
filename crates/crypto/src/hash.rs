//! Hashes over several pieces, and the comparison that does not tell where two tags differ.
//!
//! The protocol hashes concatenations everywhere; taking parts saves every caller a buffer that would then have
//! to be erased. SHA-1 is here because MTProto names keys and checks plain objects with it.

use subtle::ConstantTimeEq;

use crate::{HmacKey, sys};

/// SHA-1 of the parts in order.
#[must_use]
pub fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    sys::sha1(parts)
}

/// SHA-256 of the parts in order.
#[inline]
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    sys::sha256(parts)
}

/// SHA-256 of a block of two halves and of parts in order, as [`sha256`] of all of them.
#[inline]
#[must_use]
pub fn sha256_keyed(halves: [&[u8; 32]; 2], parts: &[&[u8]]) -> [u8; 32] {
    sys::sha256_keyed(halves, parts)
}

/// SHA-512 of the parts in order.
#[must_use]
pub fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    sys::sha512(parts)
}

/// HMAC-SHA-256 of the parts in order, under a key of any length.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    HmacKey::new(key).sign(parts)
}

/// Whether two byte strings are equal, in a time that depends on their lengths only.
#[must_use]
pub fn ct_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}
