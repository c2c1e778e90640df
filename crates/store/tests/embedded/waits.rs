//! What a driver waits for: commits that are worth a sync.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use store::testsuite::{at_rest, row};
use store::{Batch, Commit, Embedded, Engine};

use crate::driven::SMALL;
use crate::scratch::Scratch;

/// Long enough for whatever happens at all.
const LONG: Duration = Duration::from_secs(60);

fn commit(engine: &Embedded) -> Commit {
    let batch = Batch::from([(row(b"key"), Some(at_rest(b"value")))]);
    engine.session().unwrap().apply(batch).unwrap()
}

#[test]
fn a_driver_that_waits_for_three_commits_goes_on_at_the_third() {
    let folder = Scratch::new();
    let engine = Arc::new(Embedded::open(folder.path(), &SMALL).unwrap());
    commit(&engine);
    let (tell, told) = mpsc::channel();
    let waits = Arc::clone(&engine);
    let driver = std::thread::spawn(move || {
        waits.wait_more(3, LONG);
        tell.send(waits.sync().unwrap()).unwrap();
    });
    commit(&engine);
    // There is no event for a thread that goes on waiting.
    assert!(told.recv_timeout(Duration::from_millis(20)).is_err(), "two are not enough");
    let third = commit(&engine);
    assert_eq!(told.recv_timeout(LONG), Ok(third), "one sync serves three");
    driver.join().unwrap();
}

#[test]
fn a_driver_waits_no_longer_than_it_said_and_not_for_an_engine_that_is_closed() {
    let folder = Scratch::new();
    let engine = Arc::new(Embedded::open(folder.path(), &SMALL).unwrap());
    let first = commit(&engine);
    engine.wait_more(2, Duration::from_millis(1));
    assert_eq!(engine.sync().unwrap(), first);
    let waits = Arc::clone(&engine);
    let driver = std::thread::spawn(move || waits.wait_more(u64::MAX, Duration::MAX));
    engine.close();
    driver.join().unwrap();
}
