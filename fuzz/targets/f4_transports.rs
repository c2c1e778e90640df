//! F4: byte streams in any pieces, to every reader of byte streams (A7, T13).
#![no_main]

use fuzz::{Input, streams};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    match input.below(6) {
        0 => streams::to_server(&mut input),
        1 => streams::to_server_obfuscated(&mut input),
        2 => streams::to_client(&mut input),
        3 => streams::both_ways(&mut input),
        4 => streams::to_websocket(&mut input),
        _ => streams::through_websocket(&mut input),
    }
});
