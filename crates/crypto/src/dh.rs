//! The Diffie-Hellman exchange every authorization key comes from, in the one group clients know.
//!
//! Web K and Pyrogram refuse any prime but this one, and the others skip a slow check of it, so there is nothing to
//! choose. Values that come from outside are numbers only once they are a [`PublicValue`]: in range (T8).
//! Source: docs `mtproto/auth_key`, `mtproto/security_guidelines`.

mod comb;

use std::ops::Deref;
use std::sync::LazyLock;

use zeroize::Zeroizing;

use self::comb::Comb;
use crate::sys::{Bn, Modulus, is_prime};
use crate::{Rng, ct_eq};

/// The generator, as `server_DH_inner_data` carries it.
pub const G: i32 = G_BYTE as i32;

const G_BYTE: u8 = 3;

/// The safe prime of 2048 bits printed in the documentation, big-endian.
pub const PRIME: [u8; 256] = [
    0xc7, 0x1c, 0xae, 0xb9, 0xc6, 0xb1, 0xc9, 0x04, 0x8e, 0x6c, 0x52, 0x2f, 0x70, 0xf1, 0x3f, 0x73, 0x98,
    0x0d, 0x40, 0x23, 0x8e, 0x3e, 0x21, 0xc1, 0x49, 0x34, 0xd0, 0x37, 0x56, 0x3d, 0x93, 0x0f, 0x48, 0x19,
    0x8a, 0x0a, 0xa7, 0xc1, 0x40, 0x58, 0x22, 0x94, 0x93, 0xd2, 0x25, 0x30, 0xf4, 0xdb, 0xfa, 0x33, 0x6f,
    0x6e, 0x0a, 0xc9, 0x25, 0x13, 0x95, 0x43, 0xae, 0xd4, 0x4c, 0xce, 0x7c, 0x37, 0x20, 0xfd, 0x51, 0xf6,
    0x94, 0x58, 0x70, 0x5a, 0xc6, 0x8c, 0xd4, 0xfe, 0x6b, 0x6b, 0x13, 0xab, 0xdc, 0x97, 0x46, 0x51, 0x29,
    0x69, 0x32, 0x84, 0x54, 0xf1, 0x8f, 0xaf, 0x8c, 0x59, 0x5f, 0x64, 0x24, 0x77, 0xfe, 0x96, 0xbb, 0x2a,
    0x94, 0x1d, 0x5b, 0xcd, 0x1d, 0x4a, 0xc8, 0xcc, 0x49, 0x88, 0x07, 0x08, 0xfa, 0x9b, 0x37, 0x8e, 0x3c,
    0x4f, 0x3a, 0x90, 0x60, 0xbe, 0xe6, 0x7c, 0xf9, 0xa4, 0xa4, 0xa6, 0x95, 0x81, 0x10, 0x51, 0x90, 0x7e,
    0x16, 0x27, 0x53, 0xb5, 0x6b, 0x0f, 0x6b, 0x41, 0x0d, 0xba, 0x74, 0xd8, 0xa8, 0x4b, 0x2a, 0x14, 0xb3,
    0x14, 0x4e, 0x0e, 0xf1, 0x28, 0x47, 0x54, 0xfd, 0x17, 0xed, 0x95, 0x0d, 0x59, 0x65, 0xb4, 0xb9, 0xdd,
    0x46, 0x58, 0x2d, 0xb1, 0x17, 0x8d, 0x16, 0x9c, 0x6b, 0xc4, 0x65, 0xb0, 0xd6, 0xff, 0x9c, 0xa3, 0x92,
    0x8f, 0xef, 0x5b, 0x9a, 0xe4, 0xe4, 0x18, 0xfc, 0x15, 0xe8, 0x3e, 0xbe, 0xa0, 0xf8, 0x7f, 0xa9, 0xff,
    0x5e, 0xed, 0x70, 0x05, 0x0d, 0xed, 0x28, 0x49, 0xf4, 0x7b, 0xf9, 0x59, 0xd9, 0x56, 0x85, 0x0c, 0xe9,
    0x29, 0x85, 0x1f, 0x0d, 0x81, 0x15, 0xf6, 0x35, 0xb1, 0x05, 0xee, 0x2e, 0x4e, 0x15, 0xd0, 0x4b, 0x24,
    0x54, 0xbf, 0x6f, 0x4f, 0xad, 0xf0, 0x34, 0xb1, 0x04, 0x03, 0x11, 0x9c, 0xd8, 0xe3, 0xb9, 0x2f, 0xcc,
    0x5b,
];

/// The smallest value accepted, 2^1984.
const LOWEST: [u8; 256] = {
    let mut bytes = [0; 256];
    bytes[7] = 1;
    bytes
};

/// The largest value accepted, `PRIME - 2^1984`: its eighth byte is not zero, so nothing is borrowed.
const HIGHEST: [u8; 256] = {
    let mut bytes = PRIME;
    bytes[7] -= 1;
    bytes
};

/// How many rounds of Miller and Rabin [`check_group`] runs.
const PRIMALITY_ROUNDS: u16 = 64;

static MODULUS: LazyLock<Modulus> = LazyLock::new(|| Modulus::new(&PRIME));

static POWERS_OF_G: LazyLock<Comb> = LazyLock::new(|| {
    let mut base = [0; 256];
    base[255] = G_BYTE;
    Comb::new(&MODULUS, &base)
});

/// The number is not between 2^1984 and `PRIME - 2^1984`, where weak and lazily drawn values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange;

/// The group is not what it must be; the program is damaged and must not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadGroup;

/// A key both sides know: 256 bytes, big-endian with leading zeros, on the heap so that moving it leaves no copy, and
/// erased on drop. It compares in constant time and does not print.
pub struct SharedKey(Box<Zeroizing<[u8; 256]>>);

impl From<Box<Zeroizing<[u8; 256]>>> for SharedKey {
    /// Takes over a key that was kept.
    fn from(bytes: Box<Zeroizing<[u8; 256]>>) -> SharedKey {
        SharedKey(bytes)
    }
}

impl Deref for SharedKey {
    type Target = [u8; 256];

    fn deref(&self) -> &[u8; 256] {
        &self.0
    }
}

impl PartialEq for SharedKey {
    fn eq(&self, other: &SharedKey) -> bool {
        ct_eq(&**self, &**other)
    }
}

impl Eq for SharedKey {}

/// One side's exponent: 2048 random bits, erased on drop.
pub struct Secret(Box<Zeroizing<[u8; 256]>>);

impl Secret {
    /// Draws an exponent, for one exchange only.
    #[must_use]
    pub fn random(rng: &mut dyn Rng) -> Secret {
        let mut secret = Secret(Box::new(Zeroizing::new([0; 256])));
        rng.fill(secret.0.as_mut_slice());
        secret
    }
}

/// `g_a` or `g_b`, known to be in range. Not a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicValue([u8; 256]);

impl PublicValue {
    /// Reads a big-endian number as the wire carries it: up to 256 bytes, leading zeros present or not (TDLib leaves
    /// them out).
    pub fn parse(number: &[u8]) -> Result<PublicValue, OutOfRange> {
        let mut bytes = [0; 256];
        let start = bytes.len().checked_sub(number.len()).ok_or(OutOfRange)?;
        bytes.get_mut(start..).ok_or(OutOfRange)?.copy_from_slice(number);
        if in_range(&bytes) { Ok(PublicValue(bytes)) } else { Err(OutOfRange) }
    }

    /// The number, big-endian with leading zeros.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 256] {
        &self.0
    }
}

/// Whether a public value is between 2^1984 and `PRIME - 2^1984`, both included.
#[must_use]
pub fn in_range(number: &[u8; 256]) -> bool {
    (LOWEST..=HIGHEST).contains(number)
}

/// `g^secret`. With probability 2^-63 the result is out of range and the exchange has to be begun again.
pub fn public(secret: &Secret) -> Result<PublicValue, OutOfRange> {
    let mut power = [0; 256];
    POWERS_OF_G.pow(&secret.0).write_be(&mut power);
    PublicValue::parse(&power)
}

/// `theirs^ours`, the key of the exchange.
#[must_use]
pub fn shared(theirs: &PublicValue, ours: &Secret) -> SharedKey {
    key_of(&MODULUS.pow(&Bn::from_be(&theirs.0), &Bn::from_be(&ours.0)))
}

/// The keys of two exchanges. Where the processor has AVX-512-IFMA this takes hardly longer than one.
#[must_use]
pub fn shared_pair(
    first: (&PublicValue, &Secret),
    second: (&PublicValue, &Secret),
) -> (SharedKey, SharedKey) {
    let numbers = |(theirs, ours): (&PublicValue, &Secret)| (Bn::from_be(&theirs.0), Bn::from_be(&ours.0));
    let ((base_1, exponent_1), (base_2, exponent_2)) = (numbers(first), numbers(second));
    let (key_1, key_2) = MODULUS.pow_pair((&base_1, &exponent_1), (&base_2, &exponent_2));
    (key_of(&key_1), key_of(&key_2))
}

/// Proves at start that `PRIME` and `(PRIME - 1) / 2` are prime, by 64 rounds of Miller and Rabin each, and that `G`
/// generates the large subgroup (T8). Takes most of a second.
pub fn check_group() -> Result<(), BadGroup> {
    let prime = Bn::from_be(&PRIME);
    // Three is a quadratic residue modulo a safe prime exactly if that is 2 modulo 3; 256 is 1 modulo 3.
    let residue = PRIME.iter().map(|&byte| u32::from(byte)).sum::<u32>() % 3 == 2;
    let safe = is_prime(&prime, PRIMALITY_ROUNDS) && is_prime(&prime.halved(), PRIMALITY_ROUNDS);
    if residue && safe { Ok(()) } else { Err(BadGroup) }
}

fn key_of(number: &Bn) -> SharedKey {
    let mut key = Box::new(Zeroizing::new([0; 256]));
    number.write_be(&mut key);
    SharedKey(key)
}
