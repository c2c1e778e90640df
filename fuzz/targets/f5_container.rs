//! F5: the sessions of a key, with containers and packed objects (T2, T6, T16, A8).
#![no_main]

use fuzz::{Input, bodies, sessions};

libfuzzer_sys::fuzz_target!(init: bodies::prepare(), |bytes: &[u8]| sessions::run(&mut Input::new(bytes)));
