//! messages.getHistory as a rule: a page of one dialog, newest first, under all of the API's offsets.
//!
//! With the messages of a dialog in a list, newest at 0, the page is `[start, start + limit)` of the list, where
//! `start` = (how many have a number >= `offset_id`, or, without one, a date >= `offset_date`) + `add_offset`. What
//! lies before the list's begin is not there. `max_id` and `min_id` then take messages out of the page.
//! Source: docs, Pagination in the API; messages.getHistory.

use ids::{MsgId, UnixTime};
use store::{StoreError, Tx};

use super::Message;
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
    todo!()
}
