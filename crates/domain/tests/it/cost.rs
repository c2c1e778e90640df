//! What a message costs the engine. Writes are what a durable store pays for, so their number is part of the design.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use store::{Batch, Commit, DurableHook, Engine, EngineError, Memory, Row, Scan, Session, View};

use crate::world::World;

/// The in-memory engine, counting.
struct Counting {
    memory: Memory,
    writes: Arc<AtomicUsize>,
}

impl Engine for Counting {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        self.memory.view()
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(CountingSession { inner: self.memory.session()?, writes: &self.writes }))
    }

    fn durable(&self) -> Commit {
        self.memory.durable()
    }

    fn on_durable(&self, hook: DurableHook) {
        self.memory.on_durable(hook);
    }
}

struct CountingSession<'a> {
    inner: Box<dyn Session + 'a>,
    writes: &'a AtomicUsize,
}

impl View for CountingSession<'_> {
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

impl Session for CountingSession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        self.writes.fetch_add(batch.len(), Ordering::Relaxed);
        self.inner.apply(batch)
    }
}

/// Both copies, both dialogs, both log rows, and the random id.
#[test]
fn a_message_between_two_is_seven_writes_and_a_read_four() {
    let writes = Arc::new(AtomicUsize::new(0));
    let mut world = World::on(Arc::new(Counting { memory: Memory::new(), writes: Arc::clone(&writes) }));
    let [a, b, _] = world.trio();
    world.send(a, b, "the first one makes the dialogs");
    let taken = || writes.swap(0, Ordering::Relaxed);
    taken();
    world.send(a, b, "text");
    assert_eq!(taken(), 7);
    world.send(a, a, "note");
    assert_eq!(taken(), 4);
    world.read_up_to(b, a, 0);
    assert_eq!(taken(), 4, "a dialog and a log row on each side");
    world.read_up_to(b, a, 0);
    assert_eq!(taken(), 0);
}
