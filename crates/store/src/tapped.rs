//! The in-memory engine with a tap before its commits, for tests that count writes or make them fail, and a count of what was
//! read.

use std::sync::atomic::{AtomicU64, Ordering};

use sealed::{AtRest, RowKey};

use crate::{Batch, Commit, DurableHook, Engine, EngineError, Memory, Row, Scan, Session, View};

/// What is asked before a batch is applied; an error stands in for the commit, and nothing is applied.
pub type Tap = Box<dyn Fn(&Batch) -> Result<(), EngineError> + Send + Sync>;

/// [`Memory`], tapped.
pub struct Tapped {
    memory: Memory,
    tap: Tap,
    gets: AtomicU64,
    ranges: AtomicU64,
    lasts: AtomicU64,
}

/// How often an engine was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reads {
    /// For the value of a key.
    pub gets: u64,
    /// For the rows of a range.
    pub ranges: u64,
    /// For the last row of a table.
    pub lasts: u64,
}

impl Tapped {
    /// An empty engine.
    #[must_use]
    pub fn new(tap: Tap) -> Self {
        Self {
            memory: Memory::new(),
            tap,
            gets: AtomicU64::new(0),
            ranges: AtomicU64::new(0),
            lasts: AtomicU64::new(0),
        }
    }

    /// What it was asked since the last call.
    pub fn reads(&self) -> Reads {
        let taken = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        Reads { gets: taken(&self.gets), ranges: taken(&self.ranges), lasts: taken(&self.lasts) }
    }
}

impl Engine for Tapped {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        Ok(Box::new(TappedView { inner: self.memory.view()?, of: self }))
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(TappedSession { inner: self.memory.session()?, of: self }))
    }

    fn durable(&self) -> Commit {
        self.memory.durable()
    }

    fn on_durable(&self, hook: DurableHook) {
        self.memory.on_durable(hook);
    }
}

struct TappedView<'a> {
    inner: Box<dyn View + 'a>,
    of: &'a Tapped,
}

impl View for TappedView<'_> {
    fn commit(&self) -> Commit {
        self.inner.commit()
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        self.of.gets.fetch_add(1, Ordering::Relaxed);
        self.inner.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.of.ranges.fetch_add(1, Ordering::Relaxed);
        self.inner.range(scan)
    }

    fn last(&self, table: &RowKey) -> Result<Option<Row>, EngineError> {
        self.of.lasts.fetch_add(1, Ordering::Relaxed);
        self.inner.last(table)
    }
}

struct TappedSession<'a> {
    inner: Box<dyn Session + 'a>,
    of: &'a Tapped,
}

impl View for TappedSession<'_> {
    fn commit(&self) -> Commit {
        self.inner.commit()
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        self.of.gets.fetch_add(1, Ordering::Relaxed);
        self.inner.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.of.ranges.fetch_add(1, Ordering::Relaxed);
        self.inner.range(scan)
    }

    fn last(&self, table: &RowKey) -> Result<Option<Row>, EngineError> {
        self.of.lasts.fetch_add(1, Ordering::Relaxed);
        self.inner.last(table)
    }
}

impl Session for TappedSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        (self.of.tap)(&batch)?;
        self.inner.apply(batch)
    }
}
