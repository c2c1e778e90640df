//! folders.editPeerFolders as a rule: dialogs move to the archive and back; and the archive as a whole.
//!
//! A dialog that moves is pinned no more, as clients take for granted. Who is there already does not move, and when nobody
//! moves there is no event. Source: docs, folders.editPeerFolders; Dialog folders, Peer folders.

use std::collections::BTreeMap;

use ids::UnixTime;
use store::{StoreError, Tx, Window};

use super::{ARCHIVE, Dialog, DialogRow};
use crate::message::Message;
use crate::tables::DIALOGS;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer, notify};

/// The archive as one entry of the main list.
pub struct Archive {
    /// Its dialog with the newest message.
    pub top: Dialog,
    /// That message.
    pub message: Option<Message>,
    /// What is unread in muted dialogs.
    pub muted: Unread,
    /// What is unread in all others.
    pub unmuted: Unread,
}

/// What is unread in some dialogs.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Unread {
    /// In how many of them anything is.
    pub dialogs: u32,
    /// How many messages.
    pub messages: u32,
}

/// The caller's archive, unless nothing is in it.
///
/// # Errors
/// When the store fails.
pub fn archive(tx: &Tx<'_>, by: Authed, now: UnixTime) -> Result<Option<Archive>, StoreError> {
    let own = by.own_box();
    let rows = tx.range(&DIALOGS, own, .., Window::first(usize::MAX))?;
    let rows = rows.into_iter().map(|((), row)| row).filter(|row| row.folder == ARCHIVE && row.top.0 > 0);
    let (mut newest, mut muted, mut unmuted) = (None, Unread::default(), Unread::default());
    for row in rows {
        if newest.is_none_or(|newest: DialogRow| (newest.top_date, newest.top) < (row.top_date, row.top)) {
            newest = Some(row);
        }
        if row.unread > 0 || row.unread_mark {
            let unread = if notify::is_muted(tx, own, row.peer, now)? { &mut muted } else { &mut unmuted };
            unread.dialogs = unread.dialogs.saturating_add(1);
            unread.messages = unread.messages.saturating_add(row.unread);
        }
    }
    let Some(newest) = newest else { return Ok(None) };
    let top = super::with_tops(tx, own, vec![newest.into()])?.pop();
    Ok(top.map(|(top, message)| Archive { top, message, muted, unmuted }))
}

/// Moves dialogs, each to its folder; of one that is named twice the last counts.
///
/// # Errors
/// The [`AppendError`].
pub fn file(tx: &mut Tx<'_>, by: Authed, moves: &[(Known, u8)], now: UnixTime) -> Result<(), AppendError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let targets: BTreeMap<Peer, u8> = moves.iter().map(|(with, folder)| (with.peer(), *folder)).collect();
    let mut moved = BTreeMap::<u8, Vec<Peer>>::new();
    for (peer, folder) in targets {
        let mut row = super::find(tx, own, peer)?.unwrap_or_else(|| DialogRow::empty(peer));
        if row.folder != folder {
            (row.folder, row.pin) = (folder, 0);
            super::put(tx, own, &row)?;
            moved.entry(folder).or_default().push(peer);
        }
    }
    for (folder, peers) in moved {
        let head = update::head(tx, own)?;
        update::append(tx, own, head, update::date_after(head, now), Event::Folder { peers, folder })?;
    }
    Ok(())
}
