//! The inputs of the published vectors.

use crypto::sha512;
use crypto::testing::hex;

/// The bytes of hexadecimal text that is known to hold `N` of them.
pub(crate) fn hex_array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().expect("another number of bytes")
}

/// The key of the session vectors: byte `i` is `7 * i + 3`.
pub(crate) fn session_key() -> [u8; 256] {
    std::array::from_fn(|i| (7 * i + 3) as u8)
}

/// The exponents of the handshake vectors: SHA-512 of a letter and a counter, four times.
pub(crate) fn exponent(letter: u8) -> [u8; 256] {
    let mut bytes = [0; 256];
    for (counter, chunk) in bytes.chunks_mut(64).enumerate() {
        chunk.copy_from_slice(&sha512(&[&[letter, counter as u8]]));
    }
    bytes
}
