//! The engine suite on every engine of this crate, and what is special to each.

use std::sync::{Arc, Mutex};

use store::{Commit, Engine, Memory, testsuite};

#[test]
fn memory_passes_the_suite() {
    testsuite::run(&|| Box::new(Memory::new()));
}

#[test]
fn memory_that_holds_becomes_durable_when_released() {
    let engine = Memory::holding();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&heard);
    engine.on_durable(Arc::new(move |commit| hook.lock().unwrap().push(commit)));
    testsuite::apply(&engine, &[(b"a", Some(b"1"))]);
    let second = testsuite::apply(&engine, &[(b"a", Some(b"2"))]);
    assert_eq!(engine.durable(), Commit(0));
    assert!(heard.lock().unwrap().is_empty());
    engine.release();
    // A release without a commit in between is no news.
    engine.release();
    assert_eq!(engine.durable(), second);
    assert_eq!(*heard.lock().unwrap(), [second], "told once per move");
}
