//! What holds when there is more to do than can be done: R9 a slow disk, R10 overload, R11 everybody coming back at once.
//!
//! Sizes are those that a debug build on two shared cores carries; variables set those of acceptance, and `LOAD_SERVER` names a
//! program to test instead of this build's. On a machine with other work a round may be bad luck, so each test has three:
//! what is broken fails all of them.
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for a few variants among the hundreds of the schema"
)]
#[path = "../support/mod.rs"]
mod support;

mod crowd;
mod r09_slow_disk;
mod r10_overload;
mod r11_return;

use std::path::PathBuf;
use std::str::FromStr;

/// Rounds of a test, of which one must go well.
const ROUNDS: usize = 3;

/// A size, or what a variable says instead.
fn size<T: FromStr>(variable: &str, size: T) -> T {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(size)
}

/// The program that is tested.
fn program() -> PathBuf {
    std::env::var_os("LOAD_SERVER").map_or_else(|| env!("CARGO_BIN_EXE_heliograph").into(), PathBuf::from)
}

/// Tells a figure to who runs the test by hand.
#[expect(clippy::print_stdout, reason = "tests of acceptance are run for their figures as well")]
fn tell(figure: &str) {
    println!("{figure}");
}

/// What the first round says that went well; else the failure of the last one.
async fn one_of_some<T>(mut round: impl AsyncFnMut() -> Result<T, String>) -> T {
    let mut why = String::new();
    for _ in 0..ROUNDS {
        match round().await {
            Ok(value) => return value,
            Err(failed) => why = failed,
        }
    }
    panic!("{why}")
}
