//! Values of a box that a transaction opened a moment ago, beside what they were opened from: the next one asks for the same
//! dialog and the same end of the log, and deriving a key takes longer than all else that a row costs.
//!
//! Invariant: nothing here is ever stale. A value is found by its row and all of its sealed bytes, and what is there is what
//! those bytes would open to; it lives with the seeds of its epoch, so what is cut out of the tree is gone from here too
//! (ARCHITECTURE.md, decision 27).

use std::collections::VecDeque;

use ids::limits::{OPENED_PER_BOX_MAX, OPENED_VALUE_BYTES_MAX};

use crate::{AtRest, Plaintext, RowKey};

/// What was opened, longest ago first. Erased when dropped.
#[derive(Default)]
pub(crate) struct Opened(VecDeque<Entry>);

struct Entry {
    row: RowKey,
    at_rest: AtRest,
    /// Its last bytes: they are of a tag, so hardly any two are alike.
    end: [u8; 8],
    plain: Plaintext,
}

fn end(at_rest: &AtRest) -> [u8; 8] {
    at_rest.as_bytes().last_chunk().copied().unwrap_or_default()
}

impl Opened {
    /// What these bytes of this row were opened to.
    pub(crate) fn find(&self, row: &RowKey, at_rest: &AtRest) -> Option<&[u8]> {
        let end = end(at_rest);
        let is_it = |entry: &&Entry| entry.end == end && entry.row == *row && entry.at_rest == *at_rest;
        Some(self.0.iter().find(is_it)?.plain.expose())
    }

    /// Notes what was opened.
    pub(crate) fn note(&mut self, row: &RowKey, at_rest: &AtRest, plain: &[u8]) {
        let same_row = self.0.iter().position(|entry| entry.row == *row);
        let goes = same_row.or((self.0.len() >= OPENED_PER_BOX_MAX).then_some(0));
        self.replace(goes, row, at_rest, plain);
    }

    /// Notes what was sealed, if others of its table are asked for: it takes the place of what lay under its row, or else of
    /// the one of its table that was opened longest ago.
    pub(crate) fn note_sealed(&mut self, row: &RowKey, at_rest: &AtRest, plain: &[u8]) {
        let table = row.table_key();
        let (mut same_table, mut same_row) = (None, None);
        for (at, entry) in self.0.iter().enumerate() {
            // Most are of other tables, and what tells those apart are the last bytes of a table's key.
            if entry.row.table() == row.table() && entry.row.table_key() == table {
                same_table = same_table.or(Some(at));
                if entry.row == *row {
                    same_row = Some(at);
                    break;
                }
            }
        }
        if let Some(goes) = same_row.or(same_table) {
            self.replace(Some(goes), row, at_rest, plain);
        }
    }

    fn replace(&mut self, goes: Option<usize>, row: &RowKey, at_rest: &AtRest, plain: &[u8]) {
        let gone = goes.and_then(|goes| self.0.remove(goes));
        if plain.len() > OPENED_VALUE_BYTES_MAX {
            return;
        }
        // Values of one table are mostly of one length, so the memory of one does for the next.
        let mut entry = gone.unwrap_or_else(|| Entry {
            row: row.clone(),
            at_rest: at_rest.clone(),
            end: end(at_rest),
            plain: Plaintext::new(Vec::with_capacity(plain.len())),
        });
        entry.row.clone_from(row);
        entry.at_rest.clone_from(at_rest);
        entry.end = end(at_rest);
        entry.plain.replace(plain);
        // There are many boxes, and most have few values: room for as many again would be 300 bytes for each user.
        self.0.reserve_exact(1);
        self.0.push_back(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(table: u8, suffix: u8) -> RowKey {
        RowKey::read_back([[9; 13].as_slice(), &[table, suffix]].concat())
    }

    fn at_rest(of: u8) -> AtRest {
        AtRest::read_back(vec![of; 40])
    }

    #[test]
    fn it_holds_so_many_and_none_that_is_large() {
        let mut opened = Opened::default();
        for n in 0..3 * OPENED_PER_BOX_MAX {
            let n = u8::try_from(n).unwrap();
            opened.note(&row(1, n), &at_rest(n), &[n]);
        }
        assert_eq!(opened.0.len(), OPENED_PER_BOX_MAX);
        assert!(opened.find(&row(1, 0), &at_rest(0)).is_none(), "the oldest one goes");
        let last = u8::try_from(3 * OPENED_PER_BOX_MAX - 1).unwrap();
        assert!(opened.find(&row(1, last), &at_rest(last)).is_some());
        opened.note(&row(1, last), &at_rest(1), &[0; OPENED_VALUE_BYTES_MAX + 1]);
        assert_eq!(opened.0.len(), OPENED_PER_BOX_MAX - 1, "what was there before is of no use");
    }

    #[test]
    fn it_has_room_for_what_it_holds_and_no_more() {
        let mut opened = Opened::default();
        for n in 0..9 {
            opened.note(&row(1, n), &at_rest(n), &[n]);
            assert_eq!(opened.0.capacity(), opened.0.len());
        }
    }

    #[test]
    fn what_is_sealed_is_held_if_its_table_is_read() {
        let mut opened = Opened::default();
        opened.note(&row(1, 1), &at_rest(1), b"end");
        opened.note_sealed(&row(2, 1), &at_rest(2), b"nobody asks");
        opened.note_sealed(&row(1, 2), &at_rest(3), b"next");
        assert!(opened.find(&row(2, 1), &at_rest(2)).is_none());
        assert!(opened.find(&row(1, 1), &at_rest(1)).is_none());
        assert_eq!(opened.find(&row(1, 2), &at_rest(3)).unwrap(), b"next");
    }
}
