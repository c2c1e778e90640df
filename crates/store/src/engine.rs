//! The engine trait: ordered bytes, serial transactions, commit numbers, and word of what is durable.
//!
//! An engine knows no table and no type, and what it is given is sealed: keys are [`RowKey`], values [`AtRest`], which
//! nothing but `sealed` makes. Rows are ordered by their key's bytes. A [`Session`] executes alone: it
//! sees all commits before it, and its writes arrive as one [`Batch`] that is applied whole or not at all. Locks end
//! when the batch is applied; that it is durable is said later, through [`Engine::durable`], so that commits can be
//! synced in groups. Source of the rules: ARCHITECTURE.md, store.

use std::sync::Arc;
use std::time::Duration;

use sealed::{AtRest, RowKey};

use crate::Torn;

/// The number of a commit: 0 is the empty store, each applied batch gets the next one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Commit(pub u64);

/// A key and its value.
pub type Row = (RowKey, AtRest);

/// Called with the new watermark each time it moves, in ascending order, on whatever thread moved it. It must neither
/// block nor call the engine: a driver passes the number on (a watch channel) and lets its own waiters wake.
pub type DurableHook = Arc<dyn Fn(Commit) + Send + Sync>;

/// Which end of a range comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Greatest key first.
    Descending,
}

/// A range of rows to read: `from` is inside, `to` is outside; `skip` rows are passed over, then at most `limit`
/// are returned.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// First key that belongs to the range.
    pub from: &'a [u8],
    /// First key that does not; the range is empty unless it is greater than `from`.
    pub to: &'a [u8],
    /// Rows to pass over.
    pub skip: usize,
    /// Rows to return at most.
    pub limit: usize,
    /// Which end comes first.
    pub order: Order,
}

/// The writes of one transaction: each key once, in ascending order; `None` deletes. Plaintext is no value of it:
///
/// ```compile_fail
/// let key = sealed::RowKey::read_back(vec![1]);
/// let mut batch = store::Batch::new();
/// batch.insert(key, Some(b"plaintext".to_vec()));
/// ```
pub type Batch = std::collections::BTreeMap<RowKey, Option<AtRest>>;

/// Why an engine did not do what it was asked. Nobody's data is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EngineError {
    /// Another transaction came in between; run the function again.
    #[error("the transaction conflicts with another one")]
    Conflict,
    /// The engine cannot answer now (its server is away, its disk is full); a later try may succeed.
    #[error("the store is not available now")]
    Unavailable,
    /// A sync failed, so it is unknown what is on the disk: no write is taken until a restart.
    #[error("the store refuses writes until a restart")]
    Poisoned,
    /// What lies on the disk is not what was written. The read that met it answers nothing; others go on.
    #[error("the store's files are damaged")]
    Damaged,
}

/// Reads at one point in time.
pub trait View {
    /// The newest commit this view contains. What is answered from the view waits for it to be durable.
    fn commit(&self) -> Commit;

    /// The value of `key`.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn get(&self, key: &RowKey) -> Result<Option<AtRest>, EngineError>;

    /// The values of many keys, in the order asked. An engine behind a socket does this in one trip.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn multi_get(&self, keys: &[RowKey]) -> Result<Vec<Option<AtRest>>, EngineError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// The rows of a range.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn range(&self, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError>;

    /// The row with the greatest key among those that begin with the key of a table. Its own operation, since it is asked
    /// before each write to a log and an engine can remember the answer.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn last(&self, table: &RowKey) -> Result<Option<Row>, EngineError> {
        let (from, to) = (table.as_bytes(), past(table.as_bytes().to_vec()));
        let scan = Scan { from, to: &to, skip: 0, limit: 1, order: Order::Descending };
        self.range(&scan).map(|mut rows| rows.pop())
    }
}

/// A view that may end in a commit. Sessions of one engine execute one after another (or as if they did: an
/// engine that runs them side by side checks every read at commit and answers [`EngineError::Conflict`]).
/// Dropping a session aborts it without a trace.
pub trait Session: View {
    /// Applies the batch and ends the session. The commit is visible to later views at once, durable later.
    ///
    /// # Errors
    /// Nothing of the batch is applied then.
    fn apply(self: Box<Self>, batch: Batch) -> Result<Commit, EngineError>;
}

/// An ordered, transactional key-value store.
pub trait Engine: Send + Sync {
    /// Opens a view of the newest commit.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError>;

    /// Opens the one session that executes now; waits for the one before it. A thread that holds a view of the
    /// same engine must drop it first.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError>;

    /// The durable watermark: this commit and all before it survive a crash.
    fn durable(&self) -> Commit;

    /// Adds a hook that hears of the watermark's moves from now on. One per driver: it is not a wait for one commit.
    fn on_durable(&self, hook: DurableHook);

    /// Blocks until there is a commit to sync; `false` when there will be none any more: the engine is closed, refuses
    /// writes until a restart, or needs no syncing. A driver owns one thread for
    /// `while engine.wait_unsynced() { engine.sync() }`: whatever is applied during one sync goes with the next.
    fn wait_unsynced(&self) -> bool {
        false
    }

    /// Blocks until so many commits wait to be synced, or the time is over, or there will be none any more: a sync that
    /// serves several costs each of them less. For the thread that syncs, of which there is one.
    fn wait_more(&self, _commits: u64, _at_most: Duration) {}

    /// Makes all commits applied so far durable, with one sync for all of them, moves the watermark and calls the
    /// hooks on this thread. Answers the watermark.
    ///
    /// # Errors
    /// [`EngineError::Poisoned`] when it failed: what was not durable before may or may not survive, nothing of it
    /// may be answered, and no write is taken until a restart.
    fn sync(&self) -> Result<Commit, EngineError> {
        Ok(self.durable())
    }

    /// Gives back the space of deleted rows if that is worth it, and looks whether a full disk has space again. May take
    /// seconds; a driver calls it every few minutes, on a thread where that does not matter. It may make commits of its own,
    /// which change no row.
    ///
    /// # Errors
    /// When the engine failed; rows are as they were.
    fn maintain(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Frees memory that the engine needs no more, where freeing it takes so long that nobody who reads or writes should
    /// wait for it. A driver calls it some times a second, on a thread of its own.
    fn free(&self) {}

    /// What starts have cut off since [`forget_torn`](Self::forget_torn): versions in batches that a power cut left without
    /// their ends, as far as the disk showed them. It is remembered over restarts.
    ///
    /// # Errors
    /// When the engine cannot read.
    fn torn(&self) -> Result<Vec<Torn>, EngineError> {
        Ok(Vec::new())
    }

    /// What was torn is taken care of, durably.
    ///
    /// # Errors
    /// When the engine cannot write.
    fn forget_torn(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// Makes everything durable and takes no write any more. Views go on.
    fn close(&self) {}
}

/// The first key that does not begin with `prefix`. A table's number is never the greatest, and an owner's rows end where
/// the next prefix begins.
pub(crate) fn past(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            break;
        }
    }
    prefix
}
