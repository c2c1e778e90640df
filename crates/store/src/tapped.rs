//! The in-memory engine with a tap before its commits, for tests that count writes or make them fail.

use sealed::{AtRest, RowKey};

use crate::{Batch, Commit, DurableHook, Engine, EngineError, Memory, Row, Scan, Session, View};

/// What is asked before a batch is applied; an error stands in for the commit, and nothing is applied.
pub type Tap = Box<dyn Fn(&Batch) -> Result<(), EngineError> + Send + Sync>;

/// [`Memory`], tapped.
pub struct Tapped {
    memory: Memory,
    tap: Tap,
}

impl Tapped {
    /// An empty engine.
    #[must_use]
    pub fn new(tap: Tap) -> Self {
        Self { memory: Memory::new(), tap }
    }
}

impl Engine for Tapped {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        self.memory.view()
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(TappedSession { inner: self.memory.session()?, tap: &self.tap }))
    }

    fn durable(&self) -> Commit {
        self.memory.durable()
    }

    fn on_durable(&self, hook: DurableHook) {
        self.memory.on_durable(hook);
    }
}

struct TappedSession<'a> {
    inner: Box<dyn Session + 'a>,
    tap: &'a Tap,
}

impl View for TappedSession<'_> {
    fn commit(&self) -> Commit {
        self.inner.commit()
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        self.inner.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.inner.range(scan)
    }
}

impl Session for TappedSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        (self.tap)(&batch)?;
        self.inner.apply(batch)
    }
}
