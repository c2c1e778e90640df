//! A promise is worth something if it can be broken: each is run as it should be, and again in a process that commits a
//! breach (`ids::sabotage`), where it must go red, and for the reason it was made for.

use std::env;
use std::process::{Command, Stdio};

/// Kept, or why it is broken. What is wrong with the test itself is a panic, and no verdict.
pub(crate) type Verdict = Result<(), String>;

const CHOICE: &str = "HELIOGRAPH_SABOTAGE";
const RED: &str = "broken promise";

/// Runs the promise of the test with this path as it should be, and beside that with each of these breaches.
pub(crate) fn keeps(test: &str, faults: &[&str], promise: fn() -> Verdict) {
    if let Ok(word) = env::var(CHOICE) {
        assert!(ids::sabotage::commit(&word), "there is no breach {word}");
        return judge(promise());
    }
    let broken = faults.iter().map(|fault| {
        let mut run = Command::new(env::current_exe().unwrap());
        run.args([test, "--exact", "--nocapture"]).env(CHOICE, fault);
        (fault, run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    });
    let broken: Vec<_> = broken.collect();
    let kept = promise();
    for (fault, run) in broken {
        let output = run.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("running 1 test"), "no test is called {test}");
        let is_red = !output.status.success() && said.contains(RED);
        assert!(is_red, "{test} stays green with the breach {fault}: {said}");
    }
    judge(kept);
}

fn judge(verdict: Verdict) {
    if let Err(why) = verdict {
        panic!("{RED}: {why}");
    }
}

/// Whether the large sizes are asked for.
pub(crate) fn is_full() -> bool {
    env::var_os("HELIOGRAPH_CLAIMS").is_some_and(|size| size == "full")
}

/// Broken unless this holds.
pub(crate) fn must(holds: bool, why: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(why()) }
}
