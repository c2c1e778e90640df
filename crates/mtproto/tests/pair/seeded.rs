//! Randomness that can be repeated.

use crypto::{Rng, sha256};
use ids::Now;

/// SHA-256 of a seed and a counter.
pub(crate) struct Seeded {
    seed: u64,
    counter: u64,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.u64() % end
    }

    /// True `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
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

/// When every run begins: 2023-11-14 22:13:20 UTC.
pub(crate) const START: Now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 1_000_000 };
