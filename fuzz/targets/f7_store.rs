//! F7: whatever lies on a disk, before its seals and behind them (R5, R6).
#![no_main]

use fuzz::{Input, disks};

libfuzzer_sys::fuzz_target!(init: disks::prepare(), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    match input.below(5) {
        0 => disks::value(&mut input),
        1 => disks::record(&mut input),
        2 => disks::state(&mut input),
        3 => disks::dumped(&mut input),
        _ => disks::vault_folder(&mut input),
    }
});
