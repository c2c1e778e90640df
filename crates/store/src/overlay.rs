//! A transaction's writes over the view it reads from: the reads of a transaction see its own writes.

use std::ops::Bound;

use sealed::{AtRest, RowKey};

use crate::engine::{Batch, EngineError, Order, Row, Scan, View, past};

/// The value of a key as the transaction sees it.
pub(crate) fn get(view: &dyn View, writes: &Batch, key: &RowKey) -> Result<Option<AtRest>, EngineError> {
    match writes.get(key) {
        Some(written) => Ok(written.clone()),
        None => view.get(key),
    }
}

/// The values of many keys as the transaction sees them.
pub(crate) fn multi_get(
    view: &dyn View,
    writes: &Batch,
    keys: &[RowKey],
) -> Result<Vec<Option<AtRest>>, EngineError> {
    let mut values = view.multi_get(keys)?;
    if !writes.is_empty() {
        for (value, key) in values.iter_mut().zip(keys) {
            if let Some(written) = writes.get(key) {
                value.clone_from(written);
            }
        }
    }
    Ok(values)
}

/// The row of a table with the greatest key, as the transaction sees it.
pub(crate) fn last(view: &dyn View, writes: &Batch, table: &RowKey) -> Result<Option<Row>, EngineError> {
    let (from, to) = (table.as_bytes(), past(table.as_bytes().to_vec()));
    let written = writes.range::<[u8], _>((Bound::Included(from), Bound::Excluded(&*to))).next_back();
    let below = view.last(table)?;
    match written {
        None => Ok(below),
        Some((key, Some(value))) if below.as_ref().is_none_or(|(last, _)| last <= key) => {
            Ok(Some((key.clone(), value.clone())))
        }
        // What was the last may be deleted here.
        Some(_) => {
            let scan = Scan { from, to: &to, skip: 0, limit: 1, order: Order::Descending };
            range(view, writes, &scan).map(|mut rows| rows.pop())
        }
    }
}

/// The rows of a range as the transaction sees them.
pub(crate) fn range(view: &dyn View, writes: &Batch, scan: &Scan<'_>) -> Result<Vec<Row>, EngineError> {
    if scan.from >= scan.to {
        return Ok(Vec::new());
    }
    let span = (Bound::Included(scan.from), Bound::Excluded(scan.to));
    let written: Vec<_> = writes.range::<[u8], _>(span).collect();
    if written.is_empty() {
        return view.range(scan);
    }
    // Each written key hides at most one row of the view, so this many rows are enough.
    let wanted = scan.skip.saturating_add(scan.limit);
    let below = view.range(&Scan { skip: 0, limit: wanted.saturating_add(written.len()), ..*scan })?;
    let mut written: Vec<_> = written.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    if scan.order == Order::Descending {
        written.reverse();
    }
    let rows = Merge {
        below: below.into_iter().peekable(),
        written: written.into_iter().peekable(),
        order: scan.order,
    };
    Ok(rows.skip(scan.skip).take(scan.limit).collect())
}

struct Merge<A: Iterator<Item = Row>, B: Iterator<Item = (RowKey, Option<AtRest>)>> {
    below: std::iter::Peekable<A>,
    written: std::iter::Peekable<B>,
    order: Order,
}

impl<A: Iterator<Item = Row>, B: Iterator<Item = (RowKey, Option<AtRest>)>> Iterator for Merge<A, B> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            let Some((key, _)) = self.written.peek() else {
                return self.below.next();
            };
            if let Some((other, _)) = self.below.peek() {
                if other == key {
                    self.below.next();
                } else if (other < key) == (self.order == Order::Ascending) {
                    return self.below.next();
                }
            }
            if let Some((key, Some(value))) = self.written.next() {
                return Some((key, value));
            }
        }
    }
}
