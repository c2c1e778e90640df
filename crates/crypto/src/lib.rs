//! Typed doors to the cryptographic libraries; the only crate that depends on them, but for `link`,
//! which does through rustls.
//!
//! Everything here is a thin layer over AWS-LC, which is the one provider of big numbers, RSA, hashes, AES and Ed25519.
//! What the protocol adds (IGE, RSA_PAD, the fixed group, STREAM, secret sharing, locked memory) is written out in short files of its own. Invariants:
//! - Randomness is an argument ([`Rng`]); nothing here asks the operating system or keeps a generator. The only
//!   exception is inside AWS-LC: it draws RSA primes, blinding factors and the bases of primality tests from its own
//!   system-seeded generator. Of these only the primes ever show in a result.
//! - Work on secrets takes the same time whatever their value (rows T3, T4 of the threat table).
//! - Key bytes are erased when dropped and have no `Debug`, `Display` or serialisation that shows them.
//! - `unsafe` stands in the module `sys` alone.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "a test that fails may panic"
    )
)]

pub mod aead;
pub mod arena;
pub mod base64;
pub mod cores;
pub mod dh;
pub mod heap;
pub mod hkdf;
pub mod ige;
pub mod padding;
pub mod passphrase;
pub mod pq;
pub mod rsa;
pub mod sched;
pub mod share;
pub mod sign;
pub mod stream;
#[cfg(feature = "testing")]
pub mod testing;

mod ctr;
mod hash;
mod hmac;
mod pem;
mod rng;
#[allow(unsafe_code, reason = "the calls into C; every block states why it is sound")]
mod sys;

pub use ctr::Ctr;
pub use hash::{ct_eq, hmac_sha256, sha1, sha256, sha256_keyed, sha512};
pub use hmac::HmacKey;
pub use rng::Rng;
pub use subtle::Choice;
