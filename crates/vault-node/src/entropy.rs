//! Randomness from the operating system, asked each time anew: no pool in the process, so that a fork or a
//! cloned machine never repeats a number (T17).

/// The generator that the driver hands down to the pure floors.
#[derive(Clone, Copy, Default)]
pub(crate) struct OsRng;

impl crypto::Rng for OsRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Nothing that follows could be kept secret: keys, nonces, padding. So nothing follows.
            std::process::abort();
        }
    }
}
