//! Randomness from the operating system, asked each time anew.

/// The generator of a client.
#[derive(Clone, Copy, Default)]
pub struct OsRng;

impl crypto::Rng for OsRng {
    fn fill(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Keys and nonces that could be guessed must never leave.
            std::process::abort();
        }
    }
}
