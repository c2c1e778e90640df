//! The breaches that only the whole program can commit: tests of promises run again, in a process whose servers commit one,
//! and must go red for their own reason. Only where the feature `sabotage` is on (docs/claims.md).
use std::process::Command;

/// The variable that a program with breaches in it looks at; servers under test inherit it.
const CHOICE: &str = "HELIOGRAPH_SABOTAGE";

fn goes_red(test: &str, breach: &str, verdict: &str) {
    let program = std::env::current_exe().expect("this program");
    let run = Command::new(program).args([test, "--exact", "--nocapture"]).env(CHOICE, breach).output();
    let run = run.expect("a process");
    let said = String::from_utf8_lossy(&[run.stdout, run.stderr].concat()).into_owned();
    assert!(said.contains("running 1 test"), "no test is called {test}");
    assert!(!run.status.success() && said.contains(verdict), "{test} with {breach}: {said}");
}

#[test]
fn p06_is_red_when_rows_are_written_in_clear() {
    goes_red("private::p06_nothing_of_users_lies_in_a_folder_in_use_or_of_a_killed_server", "p06", "lies in");
}

#[test]
fn p31_is_red_when_a_request_is_logged() {
    goes_red("private::p30_p31_nothing_of_users_is_anywhere_outside_memory", "p31", "\" is in ");
}
