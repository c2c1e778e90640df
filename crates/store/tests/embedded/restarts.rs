//! Two processes, restarts, and what is not there any more.

use std::path::Path;
use std::process::Command;

use store::testsuite::apply;
use store::{Commit, Embedded, Engine, EngineError, OpenError};

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
