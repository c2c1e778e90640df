//! The threads that the engine wants: one that makes commits durable, one that tidies up, one that frees memory
//! (ARCHITECTURE.md, Invariants).
use std::sync::atomic::Ordering;
use std::time::Duration;

use ids::limits::{FREE_MS, SYNC_APART_US_MAX, SYNC_APART_US_MIN, SYNC_COMMITS, UPKEEP_MS};
use store::{Engine, EngineError};

use crate::handlers;
use crate::log::Event;
use crate::node::Node;

/// Makes commits durable until the engine is closed or the disk fails. The body of the thread `sync`.
pub(crate) fn sync(node: &Node) {
    let engine = node.backend.store().engine();
    if sync_in_groups(engine, || node.clock.elapsed(), || node.metrics.synced()).is_err() {
        node.failed.store(true, Ordering::SeqCst);
        node.log.event(&Event::SyncFailed {});
        handlers::on_failure(node);
    }
}

/// Makes commits durable, all that were applied since one sync with the next, until the engine is closed. `elapsed` is a clock
/// that only goes forward; `synced` is told of each sync.
///
/// A commit that comes after a silence is synced at once. While there are many, a sync begins when some wait for it, or when
/// the one before it is a while ago: a sync costs the processor more than a message does, and whoever comes last waits least.
///
/// # Errors
///
/// When the disk failed.
pub fn sync_in_groups(
    engine: &dyn Engine,
    elapsed: impl Fn() -> Duration,
    synced: impl Fn(),
) -> Result<(), EngineError> {
    const APART_MIN: Duration = Duration::from_micros(SYNC_APART_US_MIN);
    const APART_MAX: Duration = Duration::from_micros(SYNC_APART_US_MAX);
    let mut began = Duration::ZERO;
    while engine.wait_unsynced() {
        let left = |apart| (began + apart).saturating_sub(elapsed());
        std::thread::sleep(left(APART_MIN));
        engine.wait_more(SYNC_COMMITS, left(APART_MAX));
        began = elapsed();
        engine.sync()?;
        synced();
    }
    // A closed engine has nothing to sync; a failed one says so.
    engine.sync().map(drop)
}

/// Gives back the space of deleted rows now and then. The body of the thread `upkeep`, which ends with the process: a step
/// may take seconds, and nothing waits for it.
pub(crate) fn upkeep(node: &Node) {
    loop {
        std::thread::sleep(Duration::from_millis(UPKEEP_MS));
        if node.backend.store().engine().maintain().is_err() {
            node.log.event(&Event::UpkeepFailed {});
        }
    }
}

/// Frees what the engine needs no more. The body of the thread `free`, which ends with the process.
pub(crate) fn free(node: &Node) {
    loop {
        std::thread::sleep(Duration::from_millis(FREE_MS));
        node.backend.store().engine().free();
    }
}
