//! Functions over an engine that conflicts or fails: run again a bounded number of times, then a typed error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ids::{BoxId, MsgId};
use store::{EngineError, Store, StoreError, Tapped, testing};

store::record! {
    /// A number.
    pub struct Note v1 {
        /// It.
        pub number: u32,
    }
}

store::tables! {
    /// Notes.
    NOTES = 1: BoxId, MsgId => Note, WithOwner, Fresh;
}

const OWN: BoxId = BoxId(1);

/// Adds 1 to a note and answers how often the function ran.
fn add(with: EngineError, failures: u32) -> (u32, Result<u32, StoreError>) {
    let left = AtomicU32::new(failures);
    let engine = Tapped::new(Box::new(move |_| {
        let fails = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if fails.is_ok() { Err(with) } else { Ok(()) }
    }));
    let store = Store::new(Arc::new(engine), testing::door());
    let mut runs = 0;
    let ran = store.write(|tx| {
        runs += 1;
        tx.enter(&[OWN])?;
        let number = tx.get(&NOTES, OWN, &MsgId(1))?.map_or(0, |note| note.number);
        tx.put(&NOTES, OWN, &MsgId(1), &Note { number: number + 1 })?;
        Ok(number + 1)
    });
    let there = store.read(|tx| tx.get(&NOTES, OWN, &MsgId(1))).result.unwrap();
    assert_eq!(there.map(|note| note.number), ran.result.ok(), "an answer and its rows differ");
    (runs, ran.result)
}

#[test]
fn a_conflict_runs_the_function_again_on_fresh_rows() {
    assert_eq!(add(EngineError::Conflict, 3), (4, Ok(1)));
}

#[test]
fn conflicts_without_end_are_an_error() {
    assert_eq!(add(EngineError::Conflict, 100), (9, Err(StoreError::Engine(EngineError::Conflict))));
}

#[test]
fn other_failures_are_not_tried_again() {
    for failure in [EngineError::Unavailable, EngineError::Poisoned] {
        assert_eq!(add(failure, 1), (1, Err(StoreError::Engine(failure))));
    }
}
