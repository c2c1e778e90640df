//! F9: the way between a server and a vault, and the files that either end keeps of the other (R5, A10, A18).
#![no_main]

use fuzz::{Input, links};

libfuzzer_sys::fuzz_target!(init: links::prepare(), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    match input.below(8) {
        0 => links::frames(&mut input),
        1 => links::words(&mut input),
        2 => links::roster(&mut input),
        3 => links::card(&mut input),
        4 => links::secrets(&mut input),
        5 => links::torn(&mut input),
        6 => links::audit(&mut input),
        _ => links::meter(&mut input),
    }
});
