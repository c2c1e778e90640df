//! What a transaction knows of rows that it has read or written.
//!
//! Most transactions know of a dozen rows: those lie in one small block, and are told apart by the ends of their keys before
//! whole keys are compared. What knows of more is kept as a tree.

use std::collections::BTreeMap;

use sealed::RowKey;

use super::row::Before;

/// A block of so many is one that the allocator has at hand.
const FEW: usize = 12;

#[derive(Default)]
pub(super) struct Known {
    few: Vec<(u64, RowKey, Before)>,
    /// All of them as soon as they are no longer few.
    many: BTreeMap<RowKey, Before>,
}

impl Known {
    pub(super) fn get(&self, row: &RowKey) -> Option<Before> {
        if !self.many.is_empty() {
            return self.many.get(row).copied();
        }
        let end = end(row);
        let is_it = |(of, key, _): &&(u64, RowKey, Before)| *of == end && key == row;
        self.few.iter().find(is_it).map(|(.., before)| *before)
    }

    pub(super) fn insert(&mut self, row: &RowKey, before: Before) {
        *self.place(row, before) = before;
    }

    /// Notes what is not known yet.
    pub(super) fn note(&mut self, row: &RowKey, before: Before) {
        self.place(row, before);
    }

    /// Where it stands what is known of a row; `before` if that is nothing.
    fn place(&mut self, row: &RowKey, before: Before) -> &mut Before {
        let end = end(row);
        let at = self.few.iter().position(|(of, key, _)| *of == end && key == row);
        let at = at.unwrap_or(self.few.len());
        if at >= FEW || !self.many.is_empty() {
            self.many.extend(self.few.drain(..).map(|(_, key, known)| (key, known)));
            return self.many.entry(row.clone()).or_insert(before);
        }
        if self.few.capacity() == 0 {
            self.few.reserve_exact(FEW);
        }
        if at == self.few.len() {
            self.few.push((end, row.clone(), before));
        }
        match self.few.get_mut(at) {
            Some((.., known)) => known,
            None => self.many.entry(row.clone()).or_insert(before),
        }
    }
}

/// The last bytes of a key: of the rows of one transaction hardly any two have the same.
fn end(row: &RowKey) -> u64 {
    row.as_bytes().last_chunk().map_or(0, |end| u64::from_ne_bytes(*end))
}

#[cfg(test)]
mod tests {
    use sealed::{Number, Version};

    use super::*;

    fn row(n: u16) -> RowKey {
        let [high, low] = n.to_be_bytes();
        // Some differ in their last bytes, some before them, and some are shorter than that.
        RowKey::read_back(match n % 3 {
            0 => vec![high, low],
            1 => [[high, low].as_slice(), &[7; 20]].concat(),
            _ => [[7; 20].as_slice(), &[high, low]].concat(),
        })
    }

    fn version(n: u16) -> Before {
        Before::Numbered { version: Version::first(Number(n.into())), short: false, own: true }
    }

    fn number(before: Option<Before>) -> Option<u64> {
        match before? {
            Before::Numbered { version, .. } => Some(version.number.0),
            Before::Nothing | Before::Plain => None,
        }
    }

    #[test]
    fn few_or_many_each_row_is_known_by_what_was_said_of_it_last() {
        for all in [1, 2, 11, 12, 13, 14, 100] {
            let mut known = Known::default();
            for n in 0..all {
                assert!(known.get(&row(n)).is_none());
                known.note(&row(n), version(n));
                known.note(&row(n), version(n + 1_000));
            }
            for n in 0..all {
                assert_eq!(number(known.get(&row(n))), Some(n.into()), "{n} of {all}");
            }
            for n in 0..all {
                known.insert(&row(n), version(n + 2_000));
            }
            for n in 0..all {
                assert_eq!(number(known.get(&row(n))), Some(u64::from(n) + 2_000), "{n} of {all}");
            }
            assert!(known.get(&row(all)).is_none());
        }
    }
}
