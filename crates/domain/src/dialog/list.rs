//! messages.getDialogs as a rule: the dialogs from the newest to the oldest, in pages.
//!
//! Sorted by (date of the newest message, its number, peer), descending; a page is what lies strictly after its
//! offset, which need not exist any more. Pinned dialogs stand before all others of the first page and in no later one. Source: docs, messages.getDialogs; startup-calls of the clients.

use std::cmp::Reverse;

use ids::{MsgId, UnixTime};
use store::{StoreError, Tx, Window};

use super::{ARCHIVE, Dialog};
use crate::message::{Message, page_items};
use crate::tables::DIALOGS;
use crate::{Authed, Peer};

/// Which list is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Folder {
    /// No folder named: main list and archive in one.
    All,
    /// The main list.
    Main,
    /// The archive.
    Archive,
}

/// A page as a client asks for it.
#[derive(Clone, Copy, Debug)]
pub struct DialogPage {
    /// After this date; 0 or less: not by date.
    pub offset_date: UnixTime,
    /// And, of that date, after this number; 0 or less: none.
    pub offset_id: MsgId,
    /// And, of that number, after this peer.
    pub offset_peer: Option<Peer>,
    /// Dialogs at most, capped at 100; 0 or less: 20.
    pub limit: i32,
    /// Which list.
    pub folder: Folder,
    /// Whether pinned dialogs are left out of all pages.
    pub exclude_pinned: bool,
}

/// A page of dialogs.
pub struct DialogList {
    /// The dialogs, newest first, each with its newest message.
    pub dialogs: Vec<(Dialog, Message)>,
    /// How many the list has in all.
    pub total: u32,
    /// Whether the page began at the front and reached the end: `messages.dialogs`, otherwise a slice.
    pub whole: bool,
}

/// A page of the caller's dialogs.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &Tx<'_>, by: Authed, page: &DialogPage) -> Result<DialogList, StoreError> {
    let first_page = page.offset_date.0 <= 0 && page.offset_id.0 <= 0;
    let own = by.own_box();
    let rows = tx.range(&DIALOGS, own, .., Window::first(usize::MAX))?;
    let dialogs = rows.into_iter().map(|((), row)| Dialog::from(row));
    let (mut pinned, mut others): (Vec<_>, Vec<_>) = dialogs
        .filter(|dialog| dialog.top.0 > 0 && page.folder.holds(dialog.folder))
        .partition(|dialog| dialog.pin > 0);
    let total = pinned.len() + others.len();
    if page.exclude_pinned || !first_page {
        pinned.clear();
    }
    pinned.sort_unstable_by_key(|dialog| (dialog.folder, Reverse(dialog.pin)));
    others.retain(|dialog| page.is_before(dialog));
    others.sort_unstable_by_key(|dialog| Reverse(position(dialog)));
    pinned.append(&mut others);
    let there = pinned.len();
    pinned.truncate(page_items(page.limit));
    let whole = first_page && pinned.len() == there;
    let dialogs = super::with_tops(tx, own, pinned)?;
    Ok(DialogList {
        // A dialog's newest message is there, or the dialog would not name it.
        dialogs: dialogs.into_iter().filter_map(|(dialog, top)| top.map(|top| (dialog, top))).collect(),
        total: u32::try_from(total).unwrap_or(u32::MAX),
        whole,
    })
}

/// What dialogs are sorted by.
fn position(dialog: &Dialog) -> (UnixTime, MsgId, Peer) {
    (dialog.top_date, dialog.top, dialog.peer)
}

impl Folder {
    const fn holds(self, folder: u8) -> bool {
        match self {
            Self::All => true,
            Self::Main => folder != ARCHIVE,
            Self::Archive => folder == ARCHIVE,
        }
    }
}

impl DialogPage {
    /// Whether the page's offset lies before the dialog in the list: strictly, and each part only if it is given.
    fn is_before(&self, dialog: &Dialog) -> bool {
        if self.offset_date.0 > 0 && dialog.top_date != self.offset_date {
            return dialog.top_date < self.offset_date;
        }
        if self.offset_id.0 > 0 && dialog.top != self.offset_id {
            return dialog.top < self.offset_id;
        }
        match self.offset_peer {
            Some(peer) if self.offset_id.0 > 0 => dialog.peer < peer,
            Some(_) | None => self.offset_date.0 <= 0 && self.offset_id.0 <= 0,
        }
    }
}
