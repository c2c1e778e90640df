//! messages.getDialogs as a rule: the dialogs from the newest to the oldest, in pages.
//!
//! Sorted by (date of the newest message, its number, peer), descending; a page is what lies strictly after its
//! offset, which need not exist any more. Source: docs, messages.getDialogs; startup-calls of the clients.

use ids::{MsgId, UnixTime};
use store::{StoreError, Tx};

use super::Dialog;
use crate::message::Message;
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
    todo!()
}
