//! Functions over an engine that conflicts or fails: run again a bounded number of times, then a typed error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ids::{BoxId, MsgId};
use store::{
    Batch, Commit, Door, DurableHook, Engine, EngineError, Memory, Row, Scan, Session, Store, StoreError,
    View,
};

store::record! {
    /// A number.
    pub struct Note v1 {
        /// It.
        pub number: u32,
    }
}

store::tables! {
    /// Notes.
    NOTES = 1: BoxId, MsgId => Note, WithOwner;
}

const OWN: BoxId = BoxId(1);

/// An engine whose first applies fail.
struct Failing {
    memory: Memory,
    with: EngineError,
    left: AtomicU32,
}

impl Engine for Failing {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        self.memory.view()
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(FailingSession { inner: self.memory.session()?, with: self.with, left: &self.left }))
    }

    fn durable(&self) -> Commit {
        self.memory.durable()
    }

    fn on_durable(&self, hook: DurableHook) {
        self.memory.on_durable(hook);
    }
}

struct FailingSession<'a> {
    inner: Box<dyn Session + 'a>,
    with: EngineError,
    left: &'a AtomicU32,
}

impl View for FailingSession<'_> {
    fn commit(&self) -> Commit {
        self.inner.commit()
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.inner.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.inner.range(scan)
    }
}

impl Session for FailingSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        let fails = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if fails.is_ok() { Err(self.with) } else { self.inner.apply(batch) }
    }
}

/// Adds 1 to a note and answers how often the function ran.
fn add(with: EngineError, failures: u32) -> (u32, Result<u32, StoreError>) {
    let engine = Failing { memory: Memory::new(), with, left: AtomicU32::new(failures) };
    let store = Store::new(Arc::new(engine), Door::plain());
    let mut runs = 0;
    let ran = store.write(|tx| {
        runs += 1;
        tx.enter(&[OWN]);
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
