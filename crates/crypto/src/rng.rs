//! The door randomness comes through: an argument everywhere, so that a run can be replayed from a seed (T17).
//!
//! The generator of production lives in `server` and asks the operating system each time: a generator kept in user
//! space would repeat itself after a fork or a restored machine image.

/// A source of uniformly random bytes, fit for keys in production and seeded in tests.
///
/// Functions take it as `&mut dyn Rng`.
pub trait Rng {
    /// Fills `bytes` entirely. There is no failure: a source that cannot deliver must not return.
    fn fill(&mut self, bytes: &mut [u8]);

    /// A uniform 32-bit number.
    fn u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    /// A uniform 64-bit number.
    fn u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

impl dyn Rng + '_ {
    /// `N` uniform bytes, for nonces and the like. A secret is filled in its place with [`Rng::fill`] instead.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl<R: Rng + ?Sized> Rng for &mut R {
    fn fill(&mut self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}
