//! Each invariant of a run can fail: breaches made on purpose, and what a run says of them.

use sim::{Options, Sabotage, run};

/// Whether one of the first runs with this breach says this.
fn is_noticed(sabotage: Sabotage, word: &str) {
    let mut others = Vec::new();
    for seed in 1..=40 {
        let report = run(Options { sabotage: Some(sabotage), ..Options::of(seed) });
        if report.wrongs.iter().any(|wrong| wrong.contains(word)) {
            return;
        }
        others.extend(report.wrongs);
    }
    panic!("nobody says {word:?} of {sabotage:?}, but: {others:?}");
}

#[test]
fn p33_keys_that_vaults_keep_open_what_was_shredded() {
    is_noticed(Sabotage::KeepKeys, "was shredded, and opens");
}

#[test]
fn p34_a_start_with_the_incarnation_of_another_gives_numbers_twice() {
    is_noticed(Sabotage::ReuseNumbers, "was given to two rows of a box");
}

#[test]
fn r2_an_answer_that_leaves_too_early_is_taken_back() {
    is_noticed(Sabotage::ForgetHeld, "has lost");
}

#[test]
fn p33_a_deletion_that_is_not_noted_never_becomes_final() {
    is_noticed(Sabotage::ForgetPunctures, "deletions are not final");
}

#[test]
fn p34_a_folder_that_was_put_back_and_not_repaired_is_no_store() {
    is_noticed(Sabotage::ForgetRepair, "failed for good");
}
