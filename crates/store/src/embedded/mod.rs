//! The embedded engine: rows in a folder, over fjall.
//!
//! Sessions take turns. A batch stands in line when its session ends, and is applied beside the next one (`core::line`) to
//! fjall's journal buffer and memory: then it is visible. [`Engine::sync`], on
//! a thread of the driver's, makes all that was applied durable with one sync, while further batches are applied. Views
//! share the snapshot taken after the last batch: they wait for nobody and nobody waits for them. Commit numbers go on
//! over restarts.
//!
//! What happens when the disk fails:
//!
//! * A write or sync that fails: every later write is refused ([`EngineError::Poisoned`]) until a restart, what was
//!   applied and not durable is never declared durable, reads go on.
//! * A full disk: writes are refused ([`EngineError::Unavailable`]) as soon as less than
//!   [`Settings::free_bytes_min`] is left, and go on when there is more again. If something else fills the disk faster than
//!   that is seen, fjall meets the full disk itself. It cannot tell then what it wrote of a batch, so that counts as a
//!   failed write.
//! * A power cut: what was durable is there, of the rest a prefix of whole commits. What lay behind that is cut off, and the
//!   numbers in it are told ([`Engine::torn`]).
//! * Damaged files: [`OpenError::Damaged`], or [`EngineError::Damaged`] from the read that meets them. Rows are
//!   checksummed by fjall, what leads to them here (`folder`, `journal`). Not noticed: damage to the last synced commits of a
//!   journal after a crash (nothing behind them says that they were synced), and a whole folder replaced by an
//!   older one; the first ends at the mark that [`Engine::maintain`] leaves, both at what the vaults were told.
//!
//! Memory: cache, up to five memtables, rows that writers asked for lately (`recent`), pinned indexes and filters of the upper levels. fjall has threads of its own
//! ([`Settings::workers`]), for flushing and compaction; no clock or randomness of theirs shows in what is read.

mod border;
mod core;
mod folder;
mod journal;
mod recent;
mod retired;
mod row;
mod session;
mod shape;
mod sync;
pub(crate) mod torn;

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use fjall::AbstractTree as _;

use self::border::{Trouble, guarded};
use self::core::Core;
use self::retired::Retired;
use self::session::{EmbeddedSession, EmbeddedView};
use crate::Torn;
use crate::engine::{Commit, DurableHook, Engine, EngineError, Session, View};

/// How much memory and disk the engine takes. The defaults are `ids::limits::STORE_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Blocks of tables kept in memory.
    pub cache_bytes: u64,
    /// Writes gathered in memory before they become a table; a new folder remembers it.
    pub memtable_bytes: u64,
    /// Journals kept before memtables are written early; at least 64 MiB, the size of one journal.
    pub journal_bytes_max: u64,
    /// Space that must be free for writes to be taken.
    pub free_bytes_min: u64,
    /// Tables held open.
    pub open_files_max: usize,
    /// fjall's threads, at least 1.
    pub workers: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_bytes: ids::limits::STORE_CACHE_BYTES,
            memtable_bytes: ids::limits::STORE_MEMTABLE_BYTES,
            journal_bytes_max: ids::limits::STORE_JOURNAL_BYTES_MAX,
            free_bytes_min: ids::limits::STORE_FREE_BYTES_MIN,
            open_files_max: ids::limits::STORE_OPEN_FILES_MAX,
            workers: ids::limits::STORE_WORKERS,
        }
    }
}

/// Why a folder was not opened. Nothing of the store in it was changed, but for the torn end of a journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process has the store open")]
    Locked,
    /// Files are missing, or are not what was written. A restore from a copy is the way on.
    #[error("the store's files are damaged")]
    Damaged,
    /// The operating system refused.
    #[error("the store's folder cannot be used: {0}")]
    Unavailable(ErrorKind),
}

impl From<Trouble> for OpenError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Locked => Self::Locked,
            Trouble::Damaged => Self::Damaged,
            Trouble::Poisoned => Self::Unavailable(ErrorKind::Other),
            Trouble::Io(kind) => Self::Unavailable(kind),
        }
    }
}

/// The engine that keeps rows in a folder.
pub struct Embedded {
    core: Core,
    retired: Retired,
}

impl Embedded {
    /// Opens the store in a folder; an absent or empty folder becomes an empty store. What it holds is durable.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(folder: &Path, settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self { core: Core::open(folder, settings)?, retired: Retired::default() })
    }

    /// How often fjall was asked for a row or a range, by views and sessions, since this was opened.
    #[must_use]
    pub fn lookups(&self) -> u64 {
        self.core.lookups()
    }
}

impl Engine for Embedded {
    fn view(&self) -> Result<Box<dyn View + '_>, EngineError> {
        Ok(Box::new(EmbeddedView::of(&self.core)))
    }

    fn session(&self) -> Result<Box<dyn Session + '_>, EngineError> {
        Ok(Box::new(EmbeddedSession::of(&self.core)?))
    }

    fn durable(&self) -> Commit {
        self.core.durable()
    }

    fn on_durable(&self, hook: DurableHook) {
        self.core.hook(hook);
    }

    fn wait_unsynced(&self) -> bool {
        self.core.wait_unsynced()
    }

    fn wait_more(&self, commits: u64, at_most: Duration) {
        self.core.wait_more(commits, at_most);
    }

    fn sync(&self) -> Result<Commit, EngineError> {
        self.core.sync()
    }

    fn maintain(&self) -> Result<(), EngineError> {
        self.core.maintain()
    }

    fn free(&self) {
        // When fjall has failed, writes say so.
        if let Ok(in_use) = guarded(|| Ok(self.core.rows.tree.active_memtable())) {
            self.retired.turn(in_use);
        }
    }

    fn torn(&self) -> Result<Vec<Torn>, EngineError> {
        Ok(self.core.folder.torn()?.into_iter().collect())
    }

    fn forget_torn(&self) -> Result<(), EngineError> {
        Ok(self.core.folder.forget_torn()?)
    }

    fn close(&self) {
        self.core.close();
    }
}
