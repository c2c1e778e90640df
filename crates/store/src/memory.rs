//! The in-memory engine: one ordered map. It forgets everything when the process ends, so a commit is durable the
//! moment it is applied, in the only sense that engine has.
//!
//! Sessions take turns at a mutex. Readers share a read lock and do not block each other; a commit takes the write
//! lock only to apply its batch, so a view never sees half of one. For tests of what waits for durability,
//! [`Memory::holding`] moves the watermark by hand instead.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use sealed::{AtRest, RowKey};

use crate::engine::{Batch, Commit, DurableHook, Engine, EngineError, Order, Row, Scan, Session, View};

/// The engine that forgets.
#[derive(Default)]
pub struct Memory {
    turn: Mutex<()>,
    state: RwLock<State>,
    durable: AtomicU64,
    hooks: Mutex<Hooks>,
    holding: bool,
}

#[derive(Default)]
struct Hooks {
    told: Commit,
    hooks: Vec<DurableHook>,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Box<[u8]>, Box<[u8]>>,
    commit: Commit,
}

impl Memory {
    /// An empty store whose commits are durable at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store whose watermark moves only by [`release`](Self::release).
    pub fn holding() -> Self {
        Self { holding: true, ..Self::default() }
    }

    /// Declares all commits up to now durable and tells the hooks.
    pub fn release(&self) {
        let commit = self.read().commit;
        self.advance(commit);
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.read().rows.len()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, commit: Commit) {
        self.durable.fetch_max(commit.0, Ordering::AcqRel);
        // One at a time, so that hooks hear of the watermark in its order.
        let mut hooks = self.hooks.lock().unwrap_or_else(PoisonError::into_inner);
        let durable = self.durable();
        if hooks.told < durable {
            hooks.told = durable;
            for hook in &hooks.hooks {
                hook(durable);
            }
        }
    }
}

impl Engine for Memory {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        Ok(Box::new(MemoryView { state: self.read() }))
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Box::new(MemorySession { engine: self, turn, view: MemoryView { state: self.read() } }))
    }

    fn durable(&self) -> Commit {
        Commit(self.durable.load(Ordering::Acquire))
    }

    fn on_durable(&self, hook: DurableHook) {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner).hooks.push(hook);
    }
}

struct MemoryView<'a> {
    state: RwLockReadGuard<'a, State>,
}

impl View for MemoryView<'_> {
    fn commit(&self) -> Commit {
        self.state.commit
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        Ok(self.state.rows.get(key.as_bytes()).map(|value| AtRest::read_back(value.to_vec())))
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        if scan.from >= scan.to {
            return Ok(Vec::new());
        }
        let rows = self.state.rows.range::<[u8], _>((Bound::Included(scan.from), Bound::Excluded(scan.to)));
        Ok(match scan.order {
            Order::Ascending => rows.skip(scan.skip).take(scan.limit).map(copy).collect(),
            Order::Descending => rows.rev().skip(scan.skip).take(scan.limit).map(copy).collect(),
        })
    }
}

fn copy(row: (impl AsRef<[u8]>, impl AsRef<[u8]>)) -> Row {
    (RowKey::read_back(row.0.as_ref().to_vec()), AtRest::read_back(row.1.as_ref().to_vec()))
}

struct MemorySession<'a> {
    engine: &'a Memory,
    turn: MutexGuard<'a, ()>,
    view: MemoryView<'a>,
}

impl View for MemorySession<'_> {
    fn commit(&self) -> Commit {
        self.view.commit()
    }

    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
        self.view.get(key)
    }

    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
        self.view.range(scan)
    }
}

impl Session for MemorySession<'_> {
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError> {
        let Self { engine, turn, view } = *self;
        // The turn is still ours, so nobody can write between the two locks.
        drop(view);
        let mut state = engine.write();
        for (key, value) in batch {
            set(&mut state.rows, key, value);
        }
        state.commit = Commit(state.commit.0 + 1);
        let commit = state.commit;
        drop(state);
        drop(turn);
        if !engine.holding {
            engine.advance(commit);
        }
        Ok(commit)
    }
}

fn set(rows: &mut BTreeMap<Box<[u8]>, Box<[u8]>>, key: RowKey, value: Option<AtRest>) {
    let Some(value) = value else {
        rows.remove(key.as_bytes());
        return;
    };
    let value = value.into_bytes().into_boxed_slice();
    match rows.entry(key.into_bytes().into_boxed_slice()) {
        btree_map::Entry::Vacant(entry) => {
            entry.insert(value);
        }
        btree_map::Entry::Occupied(mut entry) => {
            entry.insert(value);
        }
    }
}
