//! How fjall keeps the tables of the one keyspace: many small ones.
//!
//! As fjall's source reads, whoever merged tables finishes and syncs the last new one, and the list of tables with it, under
//! the lock that every read and write takes; and the files of what was merged stay until the memtable after it ends. So the
//! smaller tables and merges are, the shorter everybody waits, and the less of the disk is taken twice (ARCHITECTURE.md,
//! decision 42). A folder remembers with what shape it was made.

use std::sync::Arc;

use fjall::KeyspaceCreateOptions;
use fjall::compaction::Leveled;
use ids::limits::{STORE_FRESH_TABLES, STORE_TABLE_BYTES};

use super::Settings;

/// What a new keyspace is told.
pub(super) fn of_keyspace(settings: &Settings) -> KeyspaceCreateOptions {
    // The first level below the fresh tables holds as many tables as there may be fresh ones, and each level ten times the
    // one above it.
    let merging =
        Leveled::default().with_l0_threshold(STORE_FRESH_TABLES).with_table_target_size(STORE_TABLE_BYTES);
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(settings.memtable_bytes)
        .compaction_strategy(Arc::new(merging))
}
