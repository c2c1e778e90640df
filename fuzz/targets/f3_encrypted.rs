//! F3: encrypted packets, with what lies behind the msg_key (T3, T15).
#![no_main]

use fuzz::{Input, packets};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| packets::run(&mut Input::new(bytes)));
