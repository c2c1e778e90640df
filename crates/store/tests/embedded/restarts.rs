//! Two processes, restarts, and what is not there any more.

use std::path::Path;
use std::process::Command;

use store::testsuite::{apply, row};
use store::{Commit, Embedded, Engine, EngineError, OpenError, Settings};

use crate::driven::SMALL;
use crate::scratch::Scratch;

const FOLDER: &str = "HELIOGRAPH_TEST_SECOND_PROCESS";

#[test]
fn a_second_process_is_refused() {
    let folder = Scratch::new();
    let first = Embedded::open(folder.path(), &SMALL).unwrap();
    assert_eq!(Embedded::open(folder.path(), &SMALL).err(), Some(OpenError::Locked), "twice in one process");
    let second = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "restarts::second_process"]).env(FOLDER, folder.path());
        command.output().unwrap().status.success()
    };
    assert!(!second(), "two processes have one folder open");
    drop(first);
    assert!(second(), "the folder stayed locked");
}

/// The other process of the test above; without its folder it has nothing to do.
#[test]
fn second_process() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        drop(Embedded::open(Path::new(&folder), &SMALL).expect("the folder is free"));
    }
}

#[test]
fn what_was_never_synced_may_be_lost_and_what_was_is_not() {
    let folder = Scratch::new();
    let engine = Embedded::open(folder.path(), &SMALL).unwrap();
    apply(&engine, &[(b"a", Some(b"1"))]);
    assert_eq!(engine.durable(), Commit(0), "durable without a sync");
    assert_eq!(engine.sync(), Ok(Commit(1)));
    apply(&engine, &[(b"a", Some(b"2"))]);
    assert_eq!(engine.durable(), Commit(1));
    engine.close();
    assert_eq!(engine.durable(), Commit(2), "a closed store has synced everything");
    assert!(matches!(engine.session(), Err(EngineError::Unavailable)), "a closed store takes writes");
    drop(engine);
    let engine = Embedded::open(folder.path(), &SMALL).unwrap();
    assert_eq!((engine.durable(), engine.view().unwrap().commit()), (Commit(2), Commit(2)));
}

/// R3: fjall writes a table when it likes, and a power cut can leave it without the end of the journal whose rows it holds.
#[test]
fn r3_a_table_that_reached_the_disk_before_the_end_of_its_journal_is_believed() {
    let folder = Scratch::new();
    let journal = folder.path().join("rows/0.jnl");
    let settings = Settings { memtable_bytes: 64 << 10, ..SMALL };
    let engine = Embedded::open(folder.path(), &settings).unwrap();
    apply(&engine, &[(b"a", Some(b"1"))]);
    engine.sync().unwrap();
    let synced = std::fs::read(&journal).unwrap();
    let value = vec![7; 8 << 10];
    let list = folder.path().join("rows/keyspaces/1/current");
    let first = std::fs::read(&list).unwrap();
    let mut commits = 1;
    while std::fs::read(&list).unwrap() == first {
        apply(&engine, &[(b"b", Some(&value))]);
        commits += 1;
        assert!(commits < 10_000, "no table is ever written");
    }
    drop(engine);
    // As a power cut leaves it: nobody has noted what was closed in order, and the journal ends where it was synced.
    std::fs::remove_file(folder.path().join("mark")).unwrap();
    std::fs::write(&journal, &synced).unwrap();
    for round in 1..=3 {
        let engine = Embedded::open(folder.path(), &settings).unwrap();
        let at = engine.view().unwrap().commit();
        assert!(at > Commit(1), "the table is not believed");
        assert!(engine.view().unwrap().get(&row(b"a")).unwrap().is_some());
        apply(&engine, &[(b"c", Some(&[round]))]);
        assert_eq!(engine.sync(), Ok(Commit(at.0 + 1)));
        drop(engine);
    }
}

#[test]
fn a_folder_with_a_missing_part_is_no_new_store() {
    for missing in
        ["rows", "rows/version", "rows/0.jnl", "rows/keyspaces/0", "rows/keyspaces/1/current", "seal"]
    {
        let folder = Scratch::new();
        let engine = Embedded::open(folder.path(), &SMALL).unwrap();
        apply(&engine, &[(b"a", Some(b"1"))]);
        drop(engine);
        let path = folder.path().join(missing);
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) }.unwrap();
        assert_eq!(Embedded::open(folder.path(), &SMALL).err(), Some(OpenError::Damaged), "{missing}");
    }
}
