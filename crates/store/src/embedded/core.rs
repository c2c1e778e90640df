//! The engine on plain bytes: one fjall keyspace, the newest point that views see, the durable watermark.
//!
//! fjall publishes a sequence number as soon as one of its own threads has changed its list of tables, though a batch
//! with a smaller number may be on its way into memory then; a snapshot taken at that moment would see half of it. So a
//! snapshot is taken here only between two batches, by whoever just applied one, and kept: all views share it.

mod line;
mod upkeep;
mod waiting;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use fjall::{AbstractTree as _, Database, Keyspace, PersistMode, Readable as _, Snapshot};

use self::line::Line;
pub(super) use self::line::{Numbered, Turn};
use super::Settings;
use super::border::{Trouble, guarded};
use super::folder::Folder;
use super::journal::Journals;
use super::row::{OWN_KEY, OwnRow, stored_key};
use super::shape;
use super::sync::Newest;
use crate::engine::{Commit, DurableHook, EngineError, Order, Scan};

/// The name of the one keyspace.
const KEYSPACE: &str = "rows";
/// How long a writer waits before it looks again.
const PAUSE: Duration = Duration::from_millis(2);
/// A key and its value, as bytes.
pub(super) type Bytes = (Vec<u8>, Vec<u8>);

/// A commit, and the rows as they were just after it.
pub(super) struct Point {
    pub(super) commit: Commit,
    snapshot: Snapshot,
}

#[derive(Default)]
struct State {
    applied: Commit,
    /// Who waits for commits is woken by this one.
    awaited: Commit,
    poisoned: bool,
    full: bool,
    closed: bool,
}

#[derive(Default)]
struct Hooks {
    told: Commit,
    hooks: Vec<DurableHook>,
}

pub(super) struct Core {
    // In the order in which they must end: fjall before the lock on the folder.
    newest: RwLock<Arc<Point>>,
    pub(super) rows: Keyspace,
    database: Database,
    journal: Mutex<Newest>,
    turn: Mutex<Turn>,
    line: Line,
    state: Mutex<State>,
    changed: Condvar,
    durable: AtomicU64,
    /// What was written to journals since one was last ended here; fjall may have let go of some of it.
    journal_bytes: AtomicU64,
    /// Rows deleted since the last compaction.
    deleted: AtomicU64,
    lookups: AtomicU64,
    hooks: Mutex<Hooks>,
    free_bytes_min: u64,
    pub(super) folder: Folder,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Opening.
impl Core {
    pub(super) fn open(path: &Path, settings: &Settings) -> Result<Self, Trouble> {
        let folder = Folder::take(path)?;
        folder.create(|new| make(new, settings))?;
        let (journals, database, rows, point) = recover(&folder, settings).inspect_err(|trouble| {
            // What failed may have been a sync.
            if matches!(trouble, Trouble::Io(_) | Trouble::Poisoned) {
                let _ = folder.suspect();
            }
        })?;
        let journal = Newest::open(&folder.rows())?;
        let turn = Turn::after(point.commit);
        let core = Self {
            durable: AtomicU64::new(point.commit.0),
            journal_bytes: AtomicU64::new(journals.bytes),
            deleted: AtomicU64::new(0),
            lookups: AtomicU64::new(0),
            state: Mutex::new(State { applied: point.commit, ..State::default() }),
            hooks: Mutex::new(Hooks { told: point.commit, hooks: Vec::new() }),
            newest: RwLock::new(Arc::new(point)),
            rows,
            database,
            journal: Mutex::new(journal),
            turn: Mutex::new(turn),
            line: Line::default(),
            changed: Condvar::new(),
            free_bytes_min: settings.free_bytes_min,
            folder,
        };
        core.look_at_space();
        Ok(core)
    }
}

/// What is there, verified.
fn recover(folder: &Folder, settings: &Settings) -> Result<(Journals, Database, Keyspace, Point), Trouble> {
    let mut journals = folder.check()?;
    let (mut database, mut rows) = guarded(|| open(&folder.rows(), settings))?;
    let mut point = first_point(&database, &rows)?;
    if journals.last.is_some_and(|last| last < point.commit) {
        // fjall wrote a table before the end of the journal was synced, and a power cut took that end: all that the journals
        // still hold is in tables, whole commits in their order. What is written next must not follow a gap.
        drop((rows, database));
        folder.empty_journals()?;
        journals = Journals { promised: journals.promised, ..folder.check()? };
        (database, rows) = guarded(|| open(&folder.rows(), settings))?;
        point = first_point(&database, &rows)?;
    }
    judge(&journals, point.commit, &rows)?;
    Ok((journals, database, rows, point))
}

/// Makes fjall's folder, twice opened, so that nothing in it is left to be tidied up later.
fn make(folder: &Path, settings: &Settings) -> Result<(), Trouble> {
    let (database, rows) = guarded(|| open(folder, settings))?;
    let row = OwnRow { commit: Commit(0), durable: Commit(0), counter: counter(&database) };
    guarded(|| {
        let mut batch = database.batch();
        batch.insert(&rows, OWN_KEY, row.encode());
        batch.commit()?;
        database.persist(PersistMode::SyncAll)
    })?;
    drop((database, rows));
    guarded(|| open(folder, settings)).map(drop)
}

fn open(folder: &Path, settings: &Settings) -> fjall::Result<(Database, Keyspace)> {
    let database = Database::builder(folder)
        .cache_size(settings.cache_bytes)
        .max_cached_files(Some(settings.open_files_max))
        .max_journaling_size(settings.journal_bytes_max)
        .manual_journal_persist(true)
        .worker_threads(settings.workers)
        .open()?;
    let rows = database.keyspace(KEYSPACE, || shape::of_keyspace(settings))?;
    Ok((database, rows))
}

fn first_point(database: &Database, rows: &Keyspace) -> Result<Point, Trouble> {
    let snapshot = database.snapshot();
    let row = guarded(|| snapshot.get(rows, OWN_KEY))?;
    let row = row.as_deref().and_then(OwnRow::decode).ok_or(Trouble::Damaged)?;
    Ok(Point { commit: row.commit, snapshot })
}

/// Whether fjall opened what the journals and the mark say is there.
fn judge(journals: &Journals, opened: Commit, rows: &Keyspace) -> Result<(), Trouble> {
    if opened < journals.promised || journals.last.is_some_and(|last| opened != last) {
        return Err(Trouble::Damaged);
    }
    // The tables must reach up to the first commit of the journals. fjall takes away no journal that holds more.
    let Some(first) = journals.before.filter(|first| first.commit > Commit(0)) else { return Ok(()) };
    let persisted = guarded(|| Ok(rows.tree.get_highest_persisted_seqno()))?;
    let Some(persisted) = persisted else { return Err(Trouble::Damaged) };
    if persisted >= first.counter {
        return Ok(());
    }
    let before = guarded(|| Ok(rows.tree.get(OWN_KEY, first.counter)?))?;
    match before.as_deref().and_then(OwnRow::decode) {
        Some(before) if before.commit.0 + 1 == first.commit.0 => Ok(()),
        Some(_) | None => Err(Trouble::Damaged),
    }
}

fn counter(database: &Database) -> u64 {
    database.supervisor.seqno.get()
}

/// Reading.
impl Core {
    pub(super) fn point(&self) -> Arc<Point> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn lookups(&self) -> u64 {
        self.lookups.load(Ordering::Relaxed)
    }

    pub(super) fn get(&self, point: &Point, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let value = guarded(|| point.snapshot.get(&self.rows, stored_key(key)))?;
        Ok(value.map(|value| value.to_vec()))
    }

    pub(super) fn range(&self, point: &Point, scan: &Scan<'_>) -> Result<Vec<Bytes>, EngineError> {
        if scan.from >= scan.to || scan.limit == 0 {
            return Ok(Vec::new());
        }
        self.lookups.fetch_add(1, Ordering::Relaxed);
        let span = stored_key(scan.from)..stored_key(scan.to);
        let rows = guarded(|| {
            let found = point.snapshot.range(&self.rows, span);
            let row = |guard: fjall::Guard| {
                let (key, value) = guard.into_inner()?;
                Ok((key.get(1..).unwrap_or_default().to_vec(), value.to_vec()))
            };
            match scan.order {
                Order::Ascending => found.skip(scan.skip).take(scan.limit).map(row).collect(),
                Order::Descending => found.rev().skip(scan.skip).take(scan.limit).map(row).collect(),
            }
        })?;
        Ok(rows)
    }
}

/// What keeps writers out.
impl Core {
    fn writable(&self) -> Result<(), EngineError> {
        let full = {
            let state = lock(&self.state);
            if state.poisoned {
                return Err(EngineError::Poisoned);
            }
            if state.closed {
                return Err(EngineError::Unavailable);
            }
            state.full
        };
        if full && !self.look_at_space() { Err(EngineError::Unavailable) } else { Ok(()) }
    }

    fn note_written(&self, bytes: usize, deleted: u64) {
        self.deleted.fetch_add(deleted, Ordering::Relaxed);
        self.journal_bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn poison(&self) {
        {
            let mut state = lock(&self.state);
            if !std::mem::replace(&mut state.poisoned, true) {
                // It may have been a sync of fjall's own that failed. It is noted before anybody can be told, so that no start
                // takes for written what is not. If noting it fails as well, nothing more can be done.
                let _ = self.folder.suspect();
            }
        }
        self.changed.notify_all();
    }
}

/// Durability.
impl Core {
    pub(super) fn durable(&self) -> Commit {
        Commit(self.durable.load(Ordering::Acquire))
    }

    pub(super) fn hook(&self, hook: DurableHook) {
        lock(&self.hooks).hooks.push(hook);
    }

    pub(super) fn sync(&self) -> Result<Commit, EngineError> {
        let mut journal = lock(&self.journal);
        if lock(&self.state).poisoned {
            return Err(EngineError::Poisoned);
        }
        let target = self.point().commit;
        if target > self.durable() {
            let given = guarded(|| self.database.persist(PersistMode::Buffer));
            let synced = given.and_then(|()| journal.sync());
            // One of fjall's threads may have met the error instead; it says so here.
            let agreed = synced.and_then(|()| guarded(|| self.database.persist(PersistMode::Buffer)));
            if agreed.is_err() {
                self.poison();
                return Err(EngineError::Poisoned);
            }
            self.durable.store(target.0, Ordering::Release);
            self.tell(target);
            self.look_at_space();
        }
        Ok(self.durable())
    }

    /// One sync at a time, so hooks hear of the watermark in its order.
    fn tell(&self, durable: Commit) {
        let hooks = {
            let mut hooks = lock(&self.hooks);
            if hooks.told >= durable {
                return;
            }
            hooks.told = durable;
            hooks.hooks.clone()
        };
        for hook in hooks {
            hook(durable);
        }
    }

    /// Whether there is space to write. Writes are refused while there is less than the minimum, since fjall takes no
    /// write until a restart once it met a full disk itself.
    fn look_at_space(&self) -> bool {
        let free = self.folder.free_bytes().is_ok_and(|free| free >= self.free_bytes_min);
        lock(&self.state).full = !free;
        free
    }

    pub(super) fn close(&self) {
        let first = !std::mem::replace(&mut lock(&self.state).closed, true);
        self.changed.notify_all();
        // Whose batches stand in line were told nothing yet; what cannot be applied now is refused, and they hear it themselves.
        if first && self.apply_all().is_ok() && self.sync().is_ok() {
            // Without it the next start merely knows less about what it should find.
            let _ = self.folder.mark(self.durable());
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.close();
    }
}
