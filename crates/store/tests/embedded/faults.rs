//! R4: calls that fail. For each call the n-th fails, for the first 200 n: nothing is acknowledged after a sync of the
//! journal failed, what was acknowledged is there after a restart, reading goes on, and nobody waits for ever.
//!
//! `STORE_FAULTS` says how many n are tried for each call and way of failing.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Embedded, Engine as _};

use crate::disk::{Chance, State, Step, Trace, Watched, World};
use crate::process::settings;
use crate::scratch::Scratch;
use crate::workload::{Kind, Plan, fingerprint, step};

const STEPS: u64 = 120;
/// EIO, ENOSPC; "short" writes half.
const FAILURES: [(&str, &str, u32); 10] = [
    ("fsync", "5", 1),
    ("fsync", "28", 1),
    ("write", "5", 1),
    ("write", "28", 100_000),
    ("write", "short", 1),
    ("truncate", "28", 1),
    ("open", "28", 1),
    ("rename", "5", 1),
    ("unlink", "5", 1),
    ("mkdir", "28", 1),
];

#[test]
fn r4_no_acknowledgement_after_a_failed_sync_and_nothing_lost() {
    let each: u64 = std::env::var("STORE_FAULTS").map_or(200, |value| value.parse().unwrap());
    let cases: Vec<_> = FAILURES.iter().flat_map(|failure| (1..=each).map(move |n| (failure, n))).collect();
    let (next, struck) = (AtomicU64::new(0), AtomicU64::new(0));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut process = Watched::start();
                while let Some(((call, error, times), n)) =
                    cases.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap())
                {
                    let case = format!("fail.{call}.{n}.{error}.{times}");
                    if fail(&mut process, &case, *error == "short") {
                        struck.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let struck = struck.load(Ordering::Relaxed);
    assert!(struck * 3 > cases.len() as u64, "only {struck} of {} failures came to pass", cases.len());
}

/// One failure; answers whether it came to pass.
fn fail(process: &mut Watched, case: &str, harmless: bool) -> bool {
    let plan = Plan { kind: Kind::Small, seed: 77 };
    let answer = process.order(&format!("work fault small {} {STEPS} close {case}", plan.seed));
    let prints = plan.fingerprints(STEPS);
    let folder = process.folder("fault");
    let suspect = folder.join("suspect").exists();
    let reached = look(&folder, &plan, &prints, &format!("{case}; {answer}"));
    let still_suspect = folder.join("suspect").exists();
    let trace = process.take("fault");
    let (acked, struck) = judge(case, &trace);
    // The system may take for written what is not on the disk; a restart writes it anew.
    assert!(!answer.contains("Poisoned") || suspect, "R4 {case}: the failure is forgotten; {answer}");
    assert!(!still_suspect, "R4 {case}: the journals were not written anew");
    assert!(reached >= acked, "R4 {case}: {acked} was acknowledged, {reached} is there");
    if trace.steps.iter().any(is_of_journal) {
        // What the process sees may be in memory alone; the disk itself must have it.
        let mut world = World::empty();
        trace.steps.iter().for_each(|step| world.take(step));
        let cut = Scratch::new();
        State::draw(&world, &mut Chance(acked)).build(cut.path());
        let left = look(cut.path(), &plan, &prints, case);
        assert!(left >= acked, "R4 {case}: {acked} was acknowledged, {left} is on the disk");
    }
    if harmless || !struck {
        assert!(answer.starts_with("Ok(())") && reached == STEPS, "R4 {case}: {answer}");
    }
    if !answer.starts_with("refused") {
        // Whatever became of writing, reading saw the last commit that was applied.
        let words: Vec<&str> = answer.rsplit(' ').collect();
        let (print, commit) = (words[0], words[1]);
        let print = print.trim_start_matches("Ok(").trim_end_matches(')');
        let commit: usize = commit.parse().unwrap();
        assert_eq!(print, prints[commit].to_string(), "R4 {case}: reading ended; {answer}");
    }
    struck
}

/// Opens a folder; its last step, after which it has the rows that it should.
fn look(folder: &Path, plan: &Plan, prints: &[u64], case: &str) -> u64 {
    let engine = Embedded::open(folder, &settings(plan.kind))
        .unwrap_or_else(|error| panic!("R4 {case}: {error} after the restart"));
    let view = engine.view().unwrap();
    let reached = step(&*view).unwrap();
    assert_eq!(Some(&fingerprint(&*view).unwrap()), prints.get(reached as usize), "R4 {case}: wrong rows");
    reached
}

/// Whether a step tells that something went wrong with a journal.
fn is_of_journal(step: &Step) -> bool {
    matches!(step, Step::Marker(text) if text.starts_with("failed.") && text.contains(".jnl"))
}

/// The last acknowledgement, and whether anything failed. None comes after our own sync of a journal failed. When one of
/// fjall's threads met the failure, the one that is just being said may still come: we had synced it before.
fn judge(case: &str, trace: &Trace) -> (u64, bool) {
    let (mut acked, mut struck, mut may_follow) = (0, false, usize::MAX);
    for step in &trace.steps {
        let Step::Marker(text) = step else { continue };
        if let Some(failed) = text.strip_prefix("failed.") {
            struck = true;
            // While the folder is made (new/) fjall syncs a journal once more as it is dropped; nothing depends on that.
            let journal = failed.strip_prefix("fsync.rows/").and_then(|name| name.split_once(".jnl."));
            may_follow = journal.map_or(may_follow, |(_, whose)| usize::from(whose == "fjall"));
        }
        if let Some(commit) = text.strip_prefix("ack.") {
            let commit = commit.parse().unwrap();
            if commit > acked {
                assert!(may_follow > 0, "R4 {case}: acknowledged {commit} after a failed sync");
                may_follow = may_follow.saturating_sub(1);
            }
            acked = acked.max(commit);
        }
    }
    (acked, struck)
}

#[test]
fn r4_a_full_disk_refuses_writes_until_there_is_space() {
    let mut process = Watched::start();
    let plan = Plan { kind: Kind::Small, seed: 5 };
    let answer = process.order(&format!("work full small {} {STEPS} again full.1", plan.seed));
    assert!(answer.starts_with("Err(Unavailable) 0 Ok("), "a full disk took a write: {answer}");
    assert!(answer.ends_with(" Ok(())"), "writing did not go on when there was space again: {answer}");
    let answer = process.order(&format!("work full small {} 40 close", plan.seed));
    assert!(answer.starts_with("Ok(()) 40 "), "{answer}");
}

/// The tests above judge one failure at a time. Red when the shim keeps a failure that was ordered and did not come to pass.
#[test]
fn a_failure_that_did_not_come_to_pass_is_none_of_the_next_case() {
    let mut process = Watched::start();
    let mut work = |case: &str| {
        let answer = process.order(&format!("work fault small 77 {STEPS} close {case}"));
        process.take("fault");
        answer
    };
    assert!(work("fail.open.300.28.1").starts_with("Ok(())"), "so many files are not made");
    for _ in 0..12 {
        let answer = work("nothing");
        assert!(answer.starts_with("Ok(())"), "{answer}");
    }
}
