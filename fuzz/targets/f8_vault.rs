//! F8: the protocol of a vault, from both sides, and its folder under a disk that fails (R3, R4, R6).
#![no_main]

use fuzz::{Input, vaults};

libfuzzer_sys::fuzz_target!(init: vaults::prepare(), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    match input.below(4) {
        0 => vaults::request(&mut input),
        1 => vaults::answer(&mut input),
        _ => vaults::life(&mut input),
    }
});
