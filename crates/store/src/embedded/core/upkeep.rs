//! What is done now and then so that what is deleted, overwritten or merged leaves the disk.

use std::sync::atomic::Ordering;

use fjall::{AbstractTree as _, PersistMode};
use ids::limits::STORE_TABLE_BYTES;

use super::{Core, PAUSE};
use crate::embedded::border::guarded;
use crate::embedded::journal;
use crate::embedded::row::FILLER_KEY;
use crate::engine::EngineError;

/// Compaction begins when one row in so many is a deleted one.
const DELETED_SHARE: u64 = 10;
/// And not for fewer than these.
const DELETED_MIN: u64 = 16;
/// How often merging is tried, and how many levels end up empty.
const MERGES_MAX: usize = 25;
const LAST_LEVEL: usize = 6;
/// fjall begins a new journal when one is longer than 64,000,000 bytes; that many zeros are enough.
const FILLER_BYTES: usize = 4 << 20;
const FILLERS: usize = 17;
/// Journals shorter than this are left as they are, and so are those beside tables of more than that size.
const JOURNALS_BYTES_KEPT: u64 = 8 << 20;
const TABLES_BYTES_LARGE: u64 = 512 << 20;
/// Tables that were merged may take so much of the disk until there are more.
const MERGED_BYTES_KEPT: u64 = 8 << 20;

impl Core {
    pub(in super::super) fn maintain(&self) -> Result<(), EngineError> {
        self.tidy_up().inspect_err(|error| {
            // One of fjall's threads has failed meanwhile.
            if *error == EngineError::Poisoned {
                self.poison();
            }
        })
    }

    fn tidy_up(&self) -> Result<(), EngineError> {
        self.look_at_space();
        self.writable()?;
        self.folder.mark(self.durable())?;
        self.let_go()?;
        let all = u64::try_from(guarded(|| Ok(self.rows.approximate_len()))?).unwrap_or(u64::MAX);
        let deleted =
            guarded(|| Ok(self.rows.tree.tombstone_count()))?.max(self.deleted.load(Ordering::Relaxed));
        let room = self.folder.free_bytes()?.saturating_sub(self.free_bytes_min);
        if deleted < DELETED_MIN
            || deleted.saturating_mul(DELETED_SHARE) < all
            || room < self.rows.disk_space()
        {
            return Ok(());
        }
        self.deleted.store(0, Ordering::Relaxed);
        self.flush()?;
        self.merge()?;
        let journals = self.journal_bytes.load(Ordering::Relaxed);
        if journals > JOURNALS_BYTES_KEPT && self.rows.disk_space() < TABLES_BYTES_LARGE {
            self.end_journal()?;
            self.merge()?;
        }
        Ok(())
    }

    /// Moves everything into the last level: deleted rows and older versions end there. fjall does nothing when one of
    /// its threads is merging tables just then.
    fn merge(&self) -> Result<(), EngineError> {
        for _ in 0..MERGES_MAX {
            let seen_by_all = self.database.supervisor.snapshot_tracker.get_seqno_safe_to_gc();
            guarded(|| Ok(self.rows.tree.major_compact(STORE_TABLE_BYTES, seen_by_all)?))?;
            let above = guarded(|| {
                Ok((0..LAST_LEVEL)
                    .any(|level| self.rows.tree.level_table_count(level).is_some_and(|n| n > 0)))
            })?;
            if !above {
                break;
            }
            std::thread::sleep(PAUSE * 10);
        }
        self.end_memtable()
    }

    /// Has fjall remove the tables that were merged, where those that it still holds are worth it. In a store that is written to
    /// it does so by itself.
    fn let_go(&self) -> Result<(), EngineError> {
        let merged = self.folder.tables_bytes()?.saturating_sub(self.rows.disk_space());
        if merged > MERGED_BYTES_KEPT { self.end_memtable() } else { Ok(()) }
    }

    /// fjall lets go of the files of older versions when a memtable ends, once a commit has come after them.
    fn end_memtable(&self) -> Result<(), EngineError> {
        self.commit_beside(std::iter::empty())?;
        self.flush()
    }

    /// Writes what is in memory into tables.
    fn flush(&self) -> Result<(), EngineError> {
        guarded(|| self.rows.rotate_memtable())?;
        while guarded(|| Ok(self.rows.sealed_memtable_count()))? > 0 {
            guarded(|| self.database.persist(PersistMode::Buffer))?;
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// The journal keeps what was deleted until fjall begins the next one, which it does when it writes a table and the
    /// journal is full: so it is filled, with commits of zeros.
    fn end_journal(&self) -> Result<(), EngineError> {
        let newest = || Ok::<_, EngineError>(journal::list(&self.folder.rows())?.last().map(|(id, _)| *id));
        let first = newest()?;
        let zeros = vec![0; FILLER_BYTES];
        // Deleted twice: what the newest commit deletes is kept for the views that are before it.
        for value in [Some(zeros.as_slice()); FILLERS].into_iter().chain([None, None]) {
            if value.is_none() || newest()? == first {
                self.commit_beside(std::iter::once((FILLER_KEY.to_vec(), value)))?;
                self.flush()?;
            }
        }
        self.journal_bytes.store(0, Ordering::Relaxed);
        Ok(())
    }
}
