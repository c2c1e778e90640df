//! What several of these tests need: hexadecimal, test randomness and the inputs of the published vectors.

use crypto::{Rng, sha256, sha512};

/// The bytes of hexadecimal text; white space is ignored.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    assert_eq!(digits.len() * 2, text.chars().filter(|c| !c.is_whitespace()).count() * 2, "not hexadecimal");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The bytes of hexadecimal text that is known to hold `N` of them.
pub(crate) fn hex_array<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().expect("another number of bytes")
}

/// Consecutive bytes from `first` on, as the vectors use for nonces and keys.
pub(crate) fn run<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|i| first.wrapping_add(i as u8))
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

/// Repeatable randomness: SHA-256 of a seed and a counter.
pub(crate) struct Seeded {
    seed: u64,
    counter: u64,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded { seed, counter: 0 }
    }
}

impl Rng for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = sha256(&[&self.seed.to_le_bytes(), &self.counter.to_le_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.counter += 1;
        }
    }
}

/// Randomness that was written down: each call takes the next bytes.
pub(crate) struct Scripted(pub(crate) Vec<u8>);

impl Rng for Scripted {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<u8>>());
    }
}
