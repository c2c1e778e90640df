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
fn p06_is_red_when_rows_are_written_in_clear_on_a_disk() {
    let test = "raw_image::p06_p33_a_whole_disk_has_nothing_in_clear_and_nothing_that_was_cut_out";
    goes_red(test, "p06", "lies on the disk");
}

#[test]
fn p33_is_red_when_vaults_keep_what_they_say_they_destroyed_on_a_disk() {
    let test = "raw_image::p06_p33_a_whole_disk_has_nothing_in_clear_and_nothing_that_was_cut_out";
    goes_red(test, "p33", "opens again");
}

#[test]
fn p31_is_red_when_a_request_is_logged() {
    goes_red("private::p30_p31_nothing_of_users_is_anywhere_outside_memory", "p31", "\" is in ");
}

#[test]
fn p07_is_red_when_the_root_is_kept_in_the_data_folder() {
    goes_red("exhumed::p07_the_data_folder_of_the_program_opens_nothing", "p07", "open with too few vaults");
}

#[test]
fn p08_is_red_when_the_servers_key_lies_on_its_disk() {
    let test = "kit::p08_t18_an_insiders_kit_opens_nothing_and_passes_for_no_server";
    goes_red(test, "p08", "passes for the server");
}

#[test]
fn p09_is_red_when_one_share_opens_a_key() {
    let test = "exhumed::p09_a_folder_of_the_program_opens_with_any_two_vaults_and_no_id_and_with_no_fewer";
    goes_red(test, "p09", "open with too few vaults");
}

#[test]
fn p33_is_red_when_vaults_keep_what_they_say_they_destroyed() {
    let test = "exhumed::p33_what_the_program_has_cut_out_opens_with_no_copy_and_all_vaults";
    goes_red(test, "p33", "opens again");
}

#[test]
fn p32_is_red_when_a_timer_forgets_one_side() {
    let test = "timers::p32_a_timer_ends_both_copies_whoever_is_there_and_after_a_kill";
    goes_red(test, "p32", "the end of the other copy");
}

#[test]
fn p10_is_red_when_ids_are_handles() {
    let test = "memory::p10_vaults_have_nothing_of_users_in_their_folders_and_in_their_memory";
    goes_red(test, "p10", "knows whose keys it has");
}

#[test]
fn p11_is_red_when_nobody_asks_where_vaults_are() {
    let test = "vaults::p11_production_starts_with_no_vaults_that_one_order_could_reach_together";
    goes_red(test, "p11", "two in one jurisdiction: ");
}

#[test]
fn p17_is_red_when_a_key_is_used_that_no_vault_has() {
    let test = "sealed::p17_p37_without_a_quorum_the_warm_go_on_the_cold_wait_two_seconds_and_nothing_is_called_final";
    goes_red(test, "p17", "under a key that no vault has");
}

#[test]
fn p12_is_red_when_a_key_lies_in_plain_memory() {
    goes_red("memory::p12_keys_lie_in_locked_memory_that_no_core_has", "p12", "a core has keys");
}

#[test]
fn p12_is_red_when_a_core_may_be_left() {
    let test = "memory::p12_a_server_that_crashes_under_load_leaves_no_core";
    goes_red(test, "p12-core", "a crash leaves a core");
}

#[test]
fn p13_is_red_when_what_is_dropped_stays() {
    let test = "memory::p13_keys_and_words_of_those_who_went_leave_memory";
    goes_red(test, "p13", "of those who went are in memory");
    goes_red(test, "p13-words", "of those who went are in memory");
}

#[test]
fn p15_is_red_when_vaults_count_nothing() {
    let test = "budgets::p15_an_insider_who_asks_for_ten_budgets_has_one_and_the_breaker_stays_open";
    goes_red(test, "p15", "more than the budgets of the vaults allow");
}
