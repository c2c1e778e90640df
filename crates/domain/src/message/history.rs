//! messages.getHistory as a rule: a page of one dialog, newest first, under all of the API's offsets.
//!
//! With the messages of a dialog in a list, newest at 0, the page is `[start, start + limit)` of the list, where
//! `start` = (how many have a number >= `offset_id`, or, without one, a date >= `offset_date`) + `add_offset`. What
//! lies before the list's begin is not there. `max_id` and `min_id` then take messages out of the page.
//! Source: docs, Pagination in the API; messages.getHistory.

use ids::limits::{HISTORY_ADD_OFFSET_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use ids::{BoxId, MsgId, UnixTime};
use store::{StoreError, Tx, Window};

use super::Message;
use crate::dialog::{self, DialogRow};
use crate::tables::MESSAGES;
use crate::{Authed, Known};

/// A page as a client asks for it.
#[derive(Clone, Copy, Default, Debug)]
pub struct HistoryPage {
    /// Start below this number; 0 or less: none.
    pub offset_id: MsgId,
    /// Without an `offset_id`: start before this time; 0 or less: none.
    pub offset_date: UnixTime,
    /// Move the start by so many messages, back in time if positive.
    pub add_offset: i32,
    /// Messages at most, capped at 100; 0 or less: 20.
    pub limit: i32,
    /// Only numbers below it; 0 or less: all.
    pub max_id: MsgId,
    /// Only numbers above it; 0 or less: all.
    pub min_id: MsgId,
}

/// A page of a dialog.
pub struct History {
    /// The messages, newest first.
    pub messages: Vec<Message>,
    /// How many the dialog has in all.
    pub total: u32,
}

/// Why there is no page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HistoryError {
    /// `add_offset` is larger than 10,000 either way.
    #[error("the offset is too large")]
    AddOffset,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A page of the caller's dialog.
///
/// # Errors
/// The [`HistoryError`].
pub fn history(tx: &Tx<'_>, by: Authed, with: Known, page: &HistoryPage) -> Result<History, HistoryError> {
    let (own, peer) = (by.own_box(), with.peer());
    let add = isize::try_from(page.add_offset).map_err(|_| HistoryError::AddOffset)?;
    if add.unsigned_abs() > HISTORY_ADD_OFFSET_MAX {
        return Err(HistoryError::AddOffset);
    }
    let Some(dialog) = dialog::find(tx, own, peer)? else {
        return Ok(History { messages: Vec::new(), total: 0 });
    };
    let anchor = anchor(tx, own, &dialog, page)?;
    let limit = page_items(page.limit);
    let (newer, older) = parts(add, limit);
    let at = |id| super::key(peer, id);

    let mut rows = tx.range(&MESSAGES, own, at(anchor)..=at(MsgId(i32::MAX)), newer)?;
    rows.reverse();
    rows.extend(tx.range(&MESSAGES, own, at(MsgId(0))..at(anchor), older)?);
    let wanted =
        |id: MsgId| (page.max_id.0 <= 0 || id < page.max_id) && (page.min_id.0 <= 0 || id > page.min_id);
    let messages = rows
        .into_iter()
        .filter(|&(((), id), _)| wanted(id))
        .map(|(((), id), row)| Message::from_row(own, peer, id, row))
        .collect();
    Ok(History { messages, total: dialog.messages })
}

/// How many items a client's limit asks for.
pub(crate) fn page_items(limit: i32) -> usize {
    match usize::try_from(limit) {
        Ok(0) | Err(_) => PAGE_ITEMS_DEFAULT,
        Ok(limit) => limit.min(PAGE_ITEMS_MAX),
    }
}

/// Messages below this number lie at 0 and up in the list, this one and those above it at -1 and down.
pub(super) fn anchor(
    tx: &Tx<'_>,
    own: BoxId,
    dialog: &DialogRow,
    page: &HistoryPage,
) -> Result<MsgId, StoreError> {
    if page.offset_id.0 > 0 {
        Ok(page.offset_id)
    } else if page.offset_date.0 > 0 {
        first_since(tx, own, dialog, page.offset_date)
    } else {
        Ok(MsgId(i32::MAX))
    }
}

/// The first message of a dialog that is not older than `date`, or the greatest number. Numbers and dates grow
/// together, so it is found by halving the numbers: 31 reads at most, whatever the dialog holds.
pub(super) fn first_since(
    tx: &Tx<'_>,
    own: BoxId,
    dialog: &DialogRow,
    date: UnixTime,
) -> Result<MsgId, StoreError> {
    let at = |id| super::key(dialog.peer, MsgId(id));
    let mut found = MsgId(i32::MAX);
    let (mut from, mut to) = (0, dialog.top.0.saturating_add(1));
    while from < to {
        let middle = from + (to - from) / 2;
        match tx.range(&MESSAGES, own, at(middle)..at(to), Window::first(1))?.pop() {
            Some((((), id), row)) if row.date < date => from = id.0.saturating_add(1),
            Some((((), id), _)) => {
                found = id;
                to = middle;
            }
            None => to = middle,
        }
    }
    Ok(found)
}

/// The page's part below 0, counted from the anchor up, and its part from 0 on, counted from there down.
fn parts(start: isize, limit: usize) -> (Window, Window) {
    let end = start.saturating_add_unsigned(limit);
    let below = |at: isize| at.min(0).unsigned_abs();
    let above = |at: isize| at.max(0).unsigned_abs();
    let newer = Window::first(below(start) - below(end)).after(below(end));
    let older = Window::last(above(end) - above(start)).after(above(start));
    (newer, older)
}
