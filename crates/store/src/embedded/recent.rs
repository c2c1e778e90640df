//! Rows that sessions asked for, kept in memory as they lie on the disk, sealed: a message asks for the same dialogs, accounts
//! and ends of logs again and again, and the tables take longer to answer than it takes to open what they answer.
//!
//! Invariant: what is here is what the tables have once all is applied that stands in line (`core::line`). Only who has the
//! turn comes here, he sees all of that, and every batch passes [`Recent::applied`] before the next one has the turn. Views
//! stand at older commits and never come here.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use ids::limits::{STORE_RECENT_ROWS_MAX, STORE_RECENT_VALUE_BYTES_MAX};
use sealed::{AtRest, RowKey};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::engine::{Batch, Row};

/// What was asked for lately.
#[derive(Default)]
pub(super) struct Recent {
    rows: Aged<RowKey, AtRest>,
    /// The last row of a table of an owner, by the key of the table.
    ends: Aged<Vec<u8>, Row>,
}

impl Recent {
    /// The value of a key, if it is known here.
    pub(super) fn row(&mut self, key: &RowKey) -> Option<&AtRest> {
        self.rows.find(key)
    }

    /// Notes what the tables have under a key.
    pub(super) fn note_row(&mut self, key: &RowKey, value: &AtRest) {
        if is_small(value) {
            self.rows.keep(key.clone(), value.clone());
        }
    }

    /// The last row of a table, if it is known here.
    pub(super) fn end(&mut self, table: &RowKey) -> Option<&Row> {
        self.ends.find(table.as_bytes())
    }

    /// Notes the last row that the tables have of a table.
    pub(super) fn note_end(&mut self, table: &RowKey, row: &Row) {
        if row.0.table_key() == Some(table.as_bytes()) && is_small(&row.1) {
            self.ends.keep(table.as_bytes().to_vec(), row.clone());
        }
    }

    /// A batch is the newest now.
    pub(super) fn applied(&mut self, batch: &Batch) {
        for (key, value) in batch {
            let value = value.as_ref().filter(|value| is_small(value));
            match (self.rows.known(key), value) {
                (Some(known), Some(value)) => known.clone_from(value),
                (Some(_), None) => self.rows.forget(key),
                (None, _) => {}
            }
            let Some(table) = key.table_key() else { continue };
            let Some(end) = self.ends.known(table).filter(|end| *key >= end.0) else { continue };
            match value {
                Some(value) => {
                    end.0.clone_from(key);
                    end.1.clone_from(value);
                }
                // Which row comes before it is not known here; and one that is too large may be the last now.
                None => self.ends.forget(table),
            }
        }
    }
}

fn is_small(value: &AtRest) -> bool {
    value.as_bytes().len() <= STORE_RECENT_VALUE_BYTES_MAX
}

/// A map that forgets: it holds what was kept or found since half of the limit was last passed, and what was there before
/// that. So it never holds more than the limit, and what is asked for often stays.
struct Aged<K, V> {
    young: HashMap<K, V, Seed>,
    old: HashMap<K, V, Seed>,
}

impl<K, V> Default for Aged<K, V> {
    fn default() -> Self {
        let seed = Seed(RandomState::new().build_hasher().finish());
        Self { young: HashMap::with_hasher(seed), old: HashMap::with_hasher(seed) }
    }
}

impl<K: Eq + Hash, V> Aged<K, V> {
    fn keep(&mut self, key: K, value: V) {
        if !self.old.is_empty() {
            self.old.remove(&key);
        }
        if self.young.len() >= STORE_RECENT_ROWS_MAX / 2 {
            self.old.clear();
            std::mem::swap(&mut self.old, &mut self.young);
        }
        self.young.insert(key, value);
    }

    fn find<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        // What there is nothing of is asked without a hash.
        if !self.old.is_empty()
            && let Some((key, value)) = self.old.remove_entry(key)
        {
            self.keep(key, value);
        }
        self.young.get(key)
    }

    /// As [`find`](Self::find), but it grows no younger by it.
    fn known<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self.young.get_mut(key) {
            Some(value) => Some(value),
            None => self.old.get_mut(key),
        }
    }

    fn forget<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.young.remove(key);
        self.old.remove(key);
    }
}

/// What makes hashes of row keys, some fifty for each message: XXH3, which takes a quarter of the time of the standard hash. A
/// row key begins with bytes that no client knows, and the seed is drawn at every start, so nobody can choose keys that meet.
#[derive(Clone, Copy)]
struct Seed(u64);

impl BuildHasher for Seed {
    type Hasher = Hashed;

    fn build_hasher(&self) -> Hashed {
        Hashed(self.0)
    }
}

/// The hash of what came until now, which is the seed of what comes next.
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn write_usize(&mut self, length: usize) {
        self.0 = self.0.wrapping_add(length as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testsuite::{at_rest, row};

    #[test]
    fn it_holds_no_more_than_the_limit_and_keeps_what_is_asked_for() {
        let mut recent = Recent::default();
        let often = row(b"often");
        recent.note_row(&often, &at_rest(b"value"));
        for n in 0..3 * STORE_RECENT_ROWS_MAX {
            recent.note_row(&row(&n.to_be_bytes()), &at_rest(b"value"));
            if n % 100 == 0 {
                assert!(recent.row(&often).is_some(), "forgotten after {n}");
            }
        }
        let held = recent.rows.young.len() + recent.rows.old.len();
        assert!((STORE_RECENT_ROWS_MAX / 2..=STORE_RECENT_ROWS_MAX).contains(&held), "{held}");
        assert!(recent.row(&row(&0_usize.to_be_bytes())).is_none());
    }

    #[test]
    fn what_is_large_stays_in_the_tables() {
        let mut recent = Recent::default();
        let (key, table) = (row(b"owner-of-12.ttsuffix"), row(b"owner-of-12.tt"));
        let (small, large) = (at_rest(b"value"), at_rest(&[0; STORE_RECENT_VALUE_BYTES_MAX + 1]));
        recent.note_row(&key, &large);
        assert!(recent.row(&key).is_none());
        recent.note_row(&key, &small);
        recent.note_end(&table, &(key.clone(), small.clone()));
        assert!(recent.row(&key).is_some() && recent.end(&table).is_some());
        recent.applied(&Batch::from([(key.clone(), Some(large))]));
        assert!(recent.row(&key).is_none() && recent.end(&table).is_none());
    }
}
