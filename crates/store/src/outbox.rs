//! The outbox: work that a transaction leaves behind, in the same commit as its reason. A row holds references only,
//! never content: a timer names the message it will delete, not its text. Session pushes are not outbox rows; they
//! follow from committed log rows.

use std::ops::Bound;

use ids::limits::ORDERS_MAX;
use ids::{BoxId, UnixTime};

use crate::{Record, StoreError, System, Tx, Window};

crate::record! {
    /// One piece of work, to be done at least once: doing it twice must not matter.
    #[derive(Copy)]
    pub struct OutboxRow v1 {
        /// What to do; each user of the outbox has its own number.
        pub kind: u16,
        /// The box it is about.
        pub of: BoxId,
        /// What in the box: a message number, a record number, as the kind has it.
        pub reference: u64,
    }
}

crate::tables! {
    /// Work by the time it is due, then in the order it came.
    OUTBOX = 0xff00: System, (UnixTime, u32) => OutboxRow, WhenDone, Static;
}

/// Where a row stands in the outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutboxId {
    due: UnixTime,
    turn: u32,
}

/// The rows that are due, oldest first, at most `limit`.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn due(tx: &Tx<'_>, now: UnixTime, limit: usize) -> Result<Vec<(OutboxId, OutboxRow)>, StoreError> {
    let rows = tx.range(&OUTBOX, System, ..=(now, u32::MAX), Window::first(limit))?;
    Ok(rows.into_iter().map(|((due, turn), row)| (OutboxId { due, turn }, row)).collect())
}

/// The rows of one kind that are due, oldest first, at most `limit`. It passes over all others that are.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn due_of(
    tx: &Tx<'_>,
    kind: u16,
    now: UnixTime,
    limit: usize,
) -> Result<Vec<(OutboxId, OutboxRow)>, StoreError> {
    let mut found = Vec::new();
    let mut after = Bound::Unbounded;
    while found.len() < limit {
        let span = (after, Bound::Included((now, u32::MAX)));
        let rows = tx.range(&OUTBOX, System, span, Window::first(ORDERS_MAX))?;
        let Some(&(last, _)) = rows.last() else { break };
        after = Bound::Excluded(last);
        let fitting = rows.into_iter().filter(|(_, row)| row.kind == kind);
        found.extend(fitting.map(|((due, turn), row)| (OutboxId { due, turn }, row)));
    }
    found.truncate(limit);
    Ok(found)
}

/// Rows that are due later than that, in the order of their times, at most `limit`: whoever wrote them may have believed
/// a clock that was ahead. Rows of some kinds are passed over, those that may be so late.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn later(
    tx: &Tx<'_>,
    but: &[u16],
    than: UnixTime,
    limit: usize,
) -> Result<Vec<(OutboxId, OutboxRow)>, StoreError> {
    let mut found = Vec::new();
    let mut after = Bound::Excluded((than, u32::MAX));
    while found.len() < limit {
        let rows = tx.range(&OUTBOX, System, (after, Bound::Unbounded), Window::first(ORDERS_MAX))?;
        let Some(&(last, _)) = rows.last() else { break };
        after = Bound::Excluded(last);
        let fitting = rows.into_iter().filter(|(_, row)| !but.contains(&row.kind));
        found.extend(fitting.map(|((due, turn), row)| (OutboxId { due, turn }, row)));
    }
    found.truncate(limit);
    Ok(found)
}

/// Moves rows to another time, each if it is still there: work that cannot be finished now, so that
/// nothing that is [`due`] waits behind it.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn postpone(tx: &mut Tx<'_>, ids: &[OutboxId], until: UnixTime) -> Result<(), StoreError> {
    for id in ids {
        if let Some(row) = tx.get(&OUTBOX, System, &(id.due, id.turn))? {
            done(tx, *id)?;
            append(tx, until, &row)?;
        }
    }
    Ok(())
}

/// Takes back an order whose reason is gone: the one that [`Tx::enqueue`] put in this place at that time. If it was carried
/// out by now, or is put off, nothing happens: what stands in its place then is another's.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn take_back(tx: &mut Tx<'_>, due: UnixTime, turn: u32, order: &OutboxRow) -> Result<(), StoreError> {
    if tx.get(&OUTBOX, System, &(due, turn))?.is_some_and(|row| row == *order) {
        tx.delete(&OUTBOX, System, &(due, turn))?;
    }
    Ok(())
}

/// Removes a row whose work is done.
///
/// # Errors
/// When the engine fails.
pub fn done(tx: &mut Tx<'_>, id: OutboxId) -> Result<(), StoreError> {
    tx.delete(&OUTBOX, System, &(id.due, id.turn))
}

pub(crate) fn append(tx: &mut Tx<'_>, due: UnixTime, row: &OutboxRow) -> Result<u32, StoreError> {
    let same_time = (due, 0)..=(due, u32::MAX);
    let last = tx.range(&OUTBOX, System, same_time, Window::last(1))?.pop();
    let turn = last.map_or(0, |((_, turn), _)| turn.saturating_add(1));
    tx.put(&OUTBOX, System, &(due, turn), row)?;
    Ok(turn)
}

// The record is part of the public interface, so its version must not move by accident.
const _: () = assert!(OutboxRow::VERSION == 1);
