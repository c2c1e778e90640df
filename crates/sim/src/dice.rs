//! The one source of chance of a run. Whoever needs a stream of his own forks it, so that what one part draws does not
//! move what another one gets. Invariant: nothing else in this crate is random. The generator is xoshiro256**; keys of a
//! run are worth nothing, so it need not be fit for keys.

/// Repeatable randomness.
#[derive(Clone)]
pub(crate) struct Dice {
    state: [u64; 4],
}

impl Dice {
    /// Every seed gives its own sequence.
    pub(crate) fn new(seed: u64) -> Dice {
        let mut from = seed;
        Dice { state: std::array::from_fn(|_| split_mix(&mut from)) }
    }

    /// A sequence of its own.
    pub(crate) fn fork(&mut self) -> Dice {
        Dice::new(self.next())
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A number between the two, both of which it can be.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// A place in something of `len` elements, which is not empty.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or_default()
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }
}

impl crypto::Rng for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.next().to_le_bytes();
            chunk.iter_mut().zip(drawn).for_each(|(to, byte)| *to = byte);
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
