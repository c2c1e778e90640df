//! A process that dies and a power that goes, after every single operation on the disk; a disk that is full.

use std::{cell::Cell, collections::BTreeMap};

use custody::wire::{Mark, Op, Refusal, Reply};
use vault::{DiskError, Fault, OpenError, Vault, testing::Ram};

use crate::{
    exhume::{Files, rows},
    ground::*,
};

/// Requests of every kind; the later ones change many pages.
fn requests() -> Vec<fn() -> Vec<Op>> {
    vec![
        || vec![put(1000)],
        || vec![stage(3, 0)],
        || vec![stage(5, 1)],
        || vec![commit(4, 1)],
        || vec![unstage(4, 1)],
        || vec![destroy(5)],
        || vec![Op::Report { incarnation: 9, commit: 9, mark: Mark([9; 16]) }],
        || (0..60).flat_map(|n| [stage(n + 10, 0), commit(n + 10, 1)]).chain((0..10).map(destroy)).collect(),
    ]
}

/// A folder in which every kind of row is.
fn folder() -> Files {
    let mut ground = Ground::new();
    ground.ask((0..400).map(put).collect());
    ground.ask(vec![stage(5, 0), commit(5, 1), stage(4, 0)]);
    ground.disk.files()
}

/// All that a folder holds, as it is told.
fn told(files: &Files) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut ground = Ground::on(files.clone()).expect("a folder that opens");
    ground.vault.examine().expect("nothing is damaged");
    let Reply::Report { incarnation, commit, .. } =
        ground.ask_one(Op::Report { incarnation: 0, commit: 0, mark: Mark([0; 16]) })
    else {
        panic!("no reply to a report")
    };
    let mut told: BTreeMap<_, _> = rows(&ground.disk.files()).into_iter().collect();
    told.insert(b"reported".to_vec(), format!("{incarnation} {commit}").into_bytes());
    told
}

/// Runs a request on a disk that `harm` deals with. What was left, and whether it was answered.
fn run(before: &Files, ops: Vec<Op>, harm: impl Fn(&Ram)) -> (Ground, bool) {
    let mut ground = Ground::on(before.clone()).expect("a folder that opens");
    harm(&ground.disk);
    let answer = try_ask(&mut ground.vault, ops);
    (ground, answer.is_ok_and(|receipt| refusal(receipt).is_none()))
}

/// What a request makes of the folder on a good disk, and in how many operations.
fn run_well(before: &Files, ops: Vec<Op>) -> (BTreeMap<Vec<u8>, Vec<u8>>, u64) {
    let begun = Cell::new(0);
    let (ground, is_done) = run(before, ops, |disk| begun.set(disk.done()));
    assert!(is_done);
    (told(&ground.disk.files()), ground.disk.done() - begun.get())
}

#[test]
fn r3_a_death_between_any_two_operations_leaves_the_old_state_or_the_new() {
    let before = folder();
    let old = told(&before);
    for request in requests() {
        let (new, operations) = run_well(&before, request());
        assert!(new != old);
        let mut seen = [0, 0];
        for stop in 0..operations {
            let (ground, is_done) = run(&before, request(), |disk| disk.stop_after(stop));
            let mut found = ground.disk.after_power_cut();
            found.push(ground.disk.files());
            for files in found {
                let now = told(&files);
                assert!(now == new || now == old && !is_done, "stopped after {stop} of {operations}");
                seen[usize::from(now == new)] += 1;
                // What was found goes on: the same request, and another.
                let mut ground = Ground::on(files).expect("it was just opened");
                ground.ask(request());
                assert!(told(&ground.disk.files()) == new);
                ground.ask(vec![put(2000)]);
            }
        }
        assert!(seen[0] > 0 && seen[1] > 0);
    }
}

#[test]
fn r4_an_operation_that_fails_leaves_the_old_state_or_silence() {
    let before = folder();
    let old = told(&before);
    for request in requests() {
        let (new, operations) = run_well(&before, request());
        for at in 0..operations {
            for error in [DiskError::Full, DiskError::Failed(std::io::ErrorKind::Other)] {
                let (mut ground, is_done) = run(&before, request(), |disk| disk.fail_after(at, error));
                let now = told(&ground.disk.files());
                assert!(now == new || now == old && !is_done);
                match try_ask(&mut ground.vault, request()) {
                    Ok(_) => assert!(told(&ground.disk.files()) == new),
                    Err(fault) => {
                        // The table was in place, and its name was not known to be durable.
                        assert!(fault == Fault::Unsure && !is_done);
                        assert_eq!(ground.vault.fault(), Some(Fault::Unsure));
                        assert!(try_ask(&mut ground.vault, vec![get(1)]).is_err(), "it stays silent");
                        let mut ground = ground.again();
                        ground.ask(request());
                        assert!(told(&ground.disk.files()) == new);
                    }
                }
            }
        }
    }
}

#[test]
fn r4_a_full_disk_refuses_and_recovers() {
    let before = folder();
    let old = told(&before);
    let size = |files: &Files| files.values().map(|file| file.len() as u64).sum::<u64>();
    for request in requests() {
        let (new, _) = run_well(&before, request());
        let mut ground = Ground::on(before.clone()).expect("a folder that opens");
        let mut refused = 0;
        // A little more room each time, until it suffices.
        for room in (size(&before)..).step_by(1500) {
            ground.disk.limit(Some(room));
            let answer = try_ask(&mut ground.vault, request()).expect("an answer even so");
            match refusal(answer) {
                Some(refusal) => {
                    assert_eq!(refusal, Refusal::TooMuch);
                    assert!(told(&ground.disk.files()) == old);
                    assert_eq!(size(&ground.disk.files()), size(&before), "what was begun was removed");
                    assert!(ground.current(1).is_some(), "it still releases");
                    refused += 1;
                }
                None => break,
            }
        }
        assert!(refused > 0);
        assert!(told(&ground.disk.files()) == new);
    }
}

#[test]
fn a_making_cut_short_is_begun_anew() {
    let whole = Ram::default();
    drop(Vault::init_on(Box::new(whole.clone()), rng()).expect("an empty disk"));
    for stop in 0..whole.done() {
        let disk = Ram::default();
        disk.stop_after(stop);
        let made = Vault::init_on(Box::new(disk.clone()), rng());
        assert!(made.is_err());
        let mut found = disk.after_power_cut();
        found.push(disk.files());
        for files in found {
            let (opened, again) = (Ground::on(files.clone()), Ram::holding(files));
            match opened {
                Ok(mut ground) => drop(ground.ask(vec![put(1)])),
                Err(error) => {
                    assert_eq!(error, OpenError::NotAVault);
                    drop(Vault::init_on(Box::new(again), rng()).expect("nothing is in the way"));
                }
            }
        }
    }
}

#[test]
fn a_vault_is_not_made_over_another() {
    let ground = Ground::new();
    let again = Vault::init_on(Box::new(ground.disk.clone()), rng());
    assert_eq!(again.err(), Some(OpenError::AlreadyAVault));
    let mut files = folder();
    files.remove("table");
    let over_pages = Vault::init_on(Box::new(Ram::holding(files)), rng());
    assert_eq!(over_pages.err(), Some(OpenError::AlreadyAVault));
}
