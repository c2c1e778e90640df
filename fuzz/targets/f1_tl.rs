//! F1: TL objects to every decoder and rewriter, all constructors, all layers (A9, A10, R7).
#![no_main]

use fuzz::{Input, objects};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let how = input.below(5);
    let layer = objects::any_layer(&mut input);
    match how {
        0 => objects::object(input.rest(), layer),
        1 => objects::any_answer(&mut input, layer),
        2 => objects::there_and_back(&mut input, layer),
        3 => objects::typed(&mut input),
        _ => objects::bent(&mut input, layer),
    }
});
