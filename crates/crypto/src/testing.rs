//! What tests of several crates need: randomness that can be repeated, bytes written as hexadecimal, the statistics of
//! timing.
//!
//! Only behind the feature `testing`, which no crate may ask for but in its dev-dependencies: a generator that a seed
//! repeats must not be in reach of production (T17).
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is wrong about its own data should stop at once"
)]

use crate::{Rng, sha256};

/// Repeatable randomness: SHA-256 of a seed and a counter.
pub struct Seeded {
    seed: u64,
    counter: u64,
}

impl Seeded {
    /// Every seed gives its own sequence.
    #[must_use]
    pub fn new(seed: u64) -> Seeded {
        Seeded { seed, counter: 0 }
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.u64() % end
    }

    /// A place in something of `len` elements, which is not empty.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64).try_into().expect("below a usize")
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
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

/// Randomness that was written down: each call takes the next bytes, and panics when they do not suffice.
pub struct Scripted(pub Vec<u8>);

impl Rng for Scripted {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<u8>>());
    }
}

/// Not random at all: the same byte for ever, for known answers.
pub struct Filled(pub u8);

impl Rng for Filled {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

/// The bytes of hexadecimal text; white space is ignored.
#[must_use]
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "half a byte");
    let byte = |pair: &[u8; 2]| {
        let pair = str::from_utf8(pair).expect("hexadecimal");
        u8::from_str_radix(pair, 16).expect("hexadecimal")
    };
    pairs.iter().map(byte).collect()
}

/// Consecutive bytes from `first` on, as published vectors use for nonces and keys.
#[must_use]
pub fn run<const N: usize>(first: u8) -> [u8; N] {
    let mut bytes = [0; N];
    let mut next = first;
    for byte in &mut bytes {
        *byte = next;
        next = next.wrapping_add(1);
    }
    bytes
}

/// How well the times of two classes can be told apart: the largest |t| of Welch's test when the times above the 50th,
/// 75th, 90th and 97th percentile are dropped in turn, since interruptions are longer than any leak. Below 4.5 they
/// cannot (dudect: Reparaz, Balasch, Verbauwhede, 2017).
#[must_use]
pub fn welch_t(times: &[(u64, bool)]) -> f64 {
    let mut sorted: Vec<u64> = times.iter().map(|&(time, _)| time).collect();
    sorted.sort_unstable();
    let t_below = |percentile: usize| {
        let limit = sorted[sorted.len() * percentile / 100];
        let moments = |class: bool| {
            let kept = times
                .iter()
                .filter(|&&(time, of)| of == class && time <= limit)
                .map(|&(time, _)| time as f64);
            let (n, sum, squares) =
                kept.fold((0.0, 0.0, 0.0), |(n, sum, squares), x| (n + 1.0, sum + x, squares + x * x));
            let mean: f64 = sum / n;
            (mean, (squares / n - mean * mean).max(f64::MIN_POSITIVE) / n)
        };
        let ((mean_0, error_0), (mean_1, error_1)) = (moments(false), moments(true));
        ((mean_0 - mean_1) / (error_0 + error_1).sqrt()).abs()
    };
    [50, 75, 90, 97].into_iter().map(t_below).fold(0.0, f64::max)
}
