//! Repeatable chance, and how much of it.

use tl::arbitrary::{Maker, Size};

/// SplitMix64: every seed gives its own sequence.
pub(crate) fn dice(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// How many times as many random cases as usual: `TL_CASES`.
pub(crate) fn times() -> u64 {
    std::env::var("TL_CASES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Does something with a maker of random objects for `layer`.
pub(crate) fn with_maker<T>(layer: u16, seed: u64, use_it: impl FnOnce(&mut Maker<'_>) -> T) -> T {
    let mut dice = dice(seed);
    let depth = 2 + usize::try_from(dice() % 5).unwrap();
    let size = Size { depth, items: dice() % 4, optional_percent: dice() % 60 };
    let mut maker = Maker::new(ids::Layer(layer), size, &mut dice).unwrap();
    use_it(&mut maker)
}
