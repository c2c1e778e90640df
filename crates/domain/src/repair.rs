//! Repair of a box after its store was found behind, or restored: rows whose numbers are dead are dropped, counts are redone,
//! and the counter moves on beyond anything that clients can have been told, who then ask anew. Record numbers that the
//! lost timeline issued are cut out, though no row names them: within a box numbers only grow, so they are those above
//! the highest number of the rows that came back and below the next one. Rows do not move: the same backup may come again.
//!
//! A box is repaired when its keys come to memory, before anything else reads it: until then the store answers that its
//! keys are needed. It goes in steps and may be begun again at any point. Source: docs/keys.md 6.3; DESIGN 5, Backups.

use ids::limits::SWEEP_ROWS_MAX;
use ids::{BoxId, UnixTime};
use store::{Commit, Store, StoreError, Tx, Window};

use crate::audit::{Tally, tally};
use crate::dialog;
use crate::tables::DIALOGS;
use crate::update::{self, AppendError, Event, State};

/// What a repair did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Repair {
    /// Rows that were dropped, because what they held had been deleted.
    pub dropped: usize,
    /// Rows that do not open. They stay as they are, and so do the numbers that they name.
    pub stuck: usize,
    /// The commit that must be durable before anybody is told anything of the box.
    pub seen: Commit,
}

/// Why a box was not repaired.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RepairError {
    /// The box has no numbers left.
    #[error("a box is full")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Repairs a box, whose keys are in memory, if it needs it: an account's, or one of the directory.
///
/// # Errors
/// The [`RepairError`]; what was done so far stays, and the next try goes on.
pub fn repair(store: &Store, of: BoxId, now: UnixTime) -> Result<Repair, RepairError> {
    match once(store, of, now) {
        // The row that says up to when the box is repaired may be dead itself: then the box is to be repaired.
        Err(RepairError::Store(StoreError::NeedKeys)) => once(store, of, now),
        done => done,
    }
}

fn once(store: &Store, of: BoxId, now: UnixTime) -> Result<Repair, RepairError> {
    let ran = store.write(|tx| {
        tx.enter_for_repair(of)?;
        Ok::<_, StoreError>(if tx.needs_repair(of)? { Some(tx.frontier(of)?) } else { None })
    });
    let mut repair = Repair { dropped: 0, stuck: 0, seen: ran.seen };
    let Some(below) = ran.result? else { return Ok(repair) };
    let (mut from, mut highest, mut spared) = (None, None, Vec::new());
    loop {
        let swept = store.write(|tx| {
            tx.enter_for_repair(of)?;
            tx.sweep(of, highest, from.clone(), SWEEP_ROWS_MAX)
        });
        let swept = swept.result.map_err(RepairError::Store)?;
        repair.dropped += swept.rows;
        repair.stuck += swept.stuck;
        spared.extend(swept.spared);
        (from, highest) = (swept.next, swept.highest);
        if from.is_none() {
            break;
        }
    }
    let ran = store.write(|tx| {
        finish(tx, of, now)?;
        tx.cut_between(of, highest, below, spared.clone());
        Ok::<_, RepairError>(())
    });
    ran.result?;
    repair.seen = ran.seen;
    Ok(repair)
}

/// Redoes the counts, moves the counter on, and notes that the box is repaired.
fn finish(tx: &mut Tx<'_>, of: BoxId, now: UnixTime) -> Result<(), RepairError> {
    tx.enter_for_repair(of)?;
    if of.0 > 0 {
        let head = update::head(tx, of)?;
        let unread = match recount(tx, of) {
            Err(StoreError::Corrupt(_)) => head.unread,
            counted => counted?,
        };
        let date = update::date_after(head, now);
        update::append(tx, of, State { unread, ..head }, date, Event::Repaired)?;
    }
    Ok(tx.repaired(of)?)
}

/// Counts the messages of every dialog; answers how many are unread in all. A dialog of which a row does not open is left
/// as it is: one bad row is no reason to keep an account shut.
fn recount(tx: &mut Tx<'_>, of: BoxId) -> Result<u32, StoreError> {
    let mut all_unread = 0_u32;
    for ((), mut row) in tx.range(&DIALOGS, of, .., Window::first(usize::MAX))? {
        let before = row;
        let Tally { messages, unread, top, top_date, sum } = match tally(tx, of, &row) {
            Err(StoreError::Corrupt(_)) => {
                all_unread = all_unread.saturating_add(row.unread);
                continue;
            }
            counted => counted?,
        };
        (row.messages, row.unread, row.top, row.top_date, row.sum) = (messages, unread, top, top_date, sum);
        all_unread = all_unread.saturating_add(unread);
        if row != before {
            dialog::put(tx, of, &row)?;
        }
    }
    Ok(all_unread)
}

impl From<AppendError> for RepairError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full => Self::Full,
            AppendError::Store(error) => Self::Store(error),
        }
    }
}
