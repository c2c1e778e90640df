//! Pinned dialogs: a few at the top of a folder, in an order of the owner's own.
//!
//! A dialog's row holds its place: 0 for none, otherwise the greater the further up. A dialog that loses its last message, or
//! moves to another folder, is pinned no more. Source: docs, messages.toggleDialogPin, messages.reorderPinnedDialogs; client
//! configuration, dialogs_pinned_limit, dialogs_folder_pinned_limit.

use std::cmp::Reverse;

use ids::limits::{ARCHIVED_PINS_MAX, PINS_MAX};
use ids::{BoxId, UnixTime};
use store::{StoreError, Tx, Window};

use super::{ARCHIVE, Dialog, DialogRow};
use crate::message::Message;
use crate::tables::DIALOGS;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// Why nothing was pinned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PinError {
    /// Nothing has been said in the dialog.
    #[error("the dialog is empty")]
    Empty,
    /// The folder has as many as it may have.
    #[error("too many pinned dialogs")]
    TooMany,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Pins a dialog at the top of its folder, or unpins it.
///
/// # Errors
/// The [`PinError`].
pub fn pin(tx: &mut Tx<'_>, by: Authed, with: Known, pinned: bool, now: UnixTime) -> Result<(), PinError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let row = super::find(tx, own, with.peer())?.filter(|row| row.top.0 > 0);
    let Some(mut row) = row else { return if pinned { Err(PinError::Empty) } else { Ok(()) } };
    if (row.pin > 0) == pinned {
        return Ok(());
    }
    row.pin = 0;
    if pinned {
        let others = rows(tx, own, row.folder)?;
        if others.len() >= most(row.folder) {
            return Err(PinError::TooMany);
        }
        row.pin = others.first().map_or(1, |first| first.pin.saturating_add(1));
    }
    super::put(tx, own, &row)?;
    let head = update::head(tx, own)?;
    let event = Event::DialogPinned { peer: row.peer };
    update::append(tx, own, head, update::date_after(head, now), event)?;
    Ok(())
}

/// Gives the pinned dialogs of a folder another order; whoever is named and not pinned yet is pinned. Those not named follow
/// behind, or with `force` are unpinned. Who has no dialog in this folder is passed over.
///
/// # Errors
/// The [`PinError`].
pub fn reorder(
    tx: &mut Tx<'_>,
    by: Authed,
    folder: u8,
    order: &[Known],
    force: bool,
    now: UnixTime,
) -> Result<(), PinError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let mut wanted: Vec<DialogRow> = Vec::new();
    for with in order {
        let row = super::find(tx, own, with.peer())?;
        let row = row.filter(|row| row.top.0 > 0 && row.folder == folder);
        wanted.extend(row.filter(|row| wanted.iter().all(|other| other.peer != row.peer)));
    }
    let is_named = |row: &DialogRow| wanted.iter().any(|named| named.peer == row.peer);
    let rest: Vec<_> = rows(tx, own, folder)?.into_iter().filter(|row| !is_named(row)).collect();
    let named = wanted.len() + if force { 0 } else { rest.len() };
    if named > most(folder) {
        return Err(PinError::TooMany);
    }
    let places = (1..).take(named).collect::<Vec<u32>>().into_iter().rev().chain(std::iter::repeat(0));
    let mut changed = false;
    for (mut row, place) in wanted.into_iter().chain(rest).zip(places) {
        if row.pin != place {
            row.pin = place;
            super::put(tx, own, &row)?;
            changed = true;
        }
    }
    if changed {
        let head = update::head(tx, own)?;
        update::append(tx, own, head, update::date_after(head, now), Event::PinnedOrder { folder })?;
    }
    Ok(())
}

/// The caller's pinned dialogs of a folder, from the top, each with its newest message.
///
/// # Errors
/// When the store fails.
pub fn pinned(tx: &Tx<'_>, by: Authed, folder: u8) -> Result<Vec<(Dialog, Option<Message>)>, StoreError> {
    let own = by.own_box();
    super::with_tops(tx, own, rows(tx, own, folder)?.into_iter().map(Dialog::from).collect())
}

/// With whom the caller's pinned dialogs of a folder are, from the top.
///
/// # Errors
/// When the store fails.
pub fn pinned_peers(tx: &Tx<'_>, by: Authed, folder: u8) -> Result<Vec<Peer>, StoreError> {
    Ok(rows(tx, by.own_box(), folder)?.into_iter().map(|row| row.peer).collect())
}

fn rows(tx: &Tx<'_>, own: BoxId, folder: u8) -> Result<Vec<DialogRow>, StoreError> {
    let rows = tx.range(&DIALOGS, own, .., Window::first(usize::MAX))?;
    let mut pinned: Vec<_> =
        rows.into_iter().map(|((), row)| row).filter(|row| row.pin > 0 && row.folder == folder).collect();
    pinned.sort_unstable_by_key(|row| Reverse(row.pin));
    Ok(pinned)
}

const fn most(folder: u8) -> usize {
    if folder == ARCHIVE { ARCHIVED_PINS_MAX } else { PINS_MAX }
}

impl From<StoreError> for PinError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
