//! A promise is worth something if it can be broken: each is run as it should be, and again in a process that commits a
//! breach (`ids::sabotage`), where it must go red, and for the reason it was made for.

use std::env;
use std::process::Command;

/// Kept, or why it is broken. What is wrong with the test itself is a panic, and no verdict.
pub(crate) type Verdict = Result<(), String>;

const CHOICE: &str = "HELIOGRAPH_SABOTAGE";
const RED: &str = "broken promise";

/// Runs the promise of the test with this path twice.
pub(crate) fn keeps(test: &str, fault: &str, promise: fn() -> Verdict) {
    let chosen = env::var(CHOICE).ok();
    if let Some(word) = &chosen {
        assert!(ids::sabotage::commit(word), "there is no breach {word}");
    }
    if let Err(why) = promise() {
        panic!("{RED}: {why}");
    }
    if chosen.is_some() {
        return;
    }
    let program = env::current_exe().unwrap();
    let output =
        Command::new(program).args([test, "--exact", "--nocapture"]).env(CHOICE, fault).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("running 1 test"), "no test is called {test}");
    assert!(
        !output.status.success() && said.contains(RED),
        "{test} stays green with the breach {fault}: {said}"
    );
}

/// Whether the large sizes are asked for.
pub(crate) fn is_full() -> bool {
    env::var_os("HELIOGRAPH_CLAIMS").is_some_and(|size| size == "full")
}

/// Broken unless this holds.
pub(crate) fn must(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(why()) }
}
