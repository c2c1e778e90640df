//! messages.markDialogUnread as a rule: a mark that says "look at it again", whatever has been read.
//!
//! Reading the dialog takes it away. Source: docs, messages.markDialogUnread, updateDialogUnreadMark.

use ids::{BoxId, UnixTime};
use store::{StoreError, Tx, Window};

use crate::tables::DIALOGS;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// Why a dialog was not marked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MarkError {
    /// Nothing has been said in the dialog.
    #[error("the dialog is empty")]
    Empty,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Marks a dialog of the caller as unread, or takes the mark away.
///
/// # Errors
/// The [`MarkError`].
pub fn mark_unread(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Known,
    unread: bool,
    now: UnixTime,
) -> Result<(), MarkError> {
    let own = by.own_box();
    tx.enter(&[own]).map_err(AppendError::from)?;
    let row = super::find(tx, own, with.peer()).map_err(AppendError::from)?;
    match row.filter(|row| row.top.0 > 0) {
        Some(mut row) if row.unread_mark != unread => {
            row.unread_mark = unread;
            super::put(tx, own, &row).map_err(AppendError::from)?;
            Ok(append(tx, own, row.peer, now)?)
        }
        None if unread => Err(MarkError::Empty),
        Some(_) | None => Ok(()),
    }
}

/// With whom the dialogs are that the caller marked.
///
/// # Errors
/// When the store fails.
pub fn marked_unread(tx: &Tx<'_>, by: Authed) -> Result<Vec<Peer>, StoreError> {
    let rows = tx.range(&DIALOGS, by.own_box(), .., Window::first(usize::MAX))?;
    Ok(rows
        .into_iter()
        .filter(|(_, row)| row.unread_mark && row.top.0 > 0)
        .map(|(_, row)| row.peer)
        .collect())
}

/// Logs that the mark of a dialog changed.
pub(super) fn append(tx: &mut Tx<'_>, of: BoxId, peer: Peer, now: UnixTime) -> Result<(), AppendError> {
    let head = update::head(tx, of)?;
    update::append(tx, of, head, update::date_after(head, now), Event::UnreadMark { peer })?;
    Ok(())
}
