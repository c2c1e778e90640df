//! F2: the key exchange, with right requests bent, repeated and misplaced (T4, T5, T9).
#![no_main]

use fuzz::{Input, exchanges};

libfuzzer_sys::fuzz_target!(init: exchanges::prepare(), |bytes: &[u8]| exchanges::run(&mut Input::new(bytes)));
