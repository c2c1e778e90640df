//! Dialogs: what a box knows of each conversation besides its messages.
//!
//! A dialog has a row once it has had a message; to whoever asks, one without messages is an empty dialog. The list
//! is sorted when it is asked for, from the rows themselves (0.3 ms for a page out of 1,000 in memory): an index by
//! newest message would cost a write and a deletion more for each message on each side, for a list that a client reads
//! once when it starts.
//! Source: docs, messages.getDialogs, messages.readHistory.

mod folder;
mod list;
mod pins;
mod read;
mod unread;

use ids::{BoxId, MsgId, UnixTime};
use store::{Corrupt, Fault, Mark, Masked, StoreError, Tx, record};

use crate::message::{self, Message};
use crate::tables::DIALOGS;
use crate::{Authed, Known, Peer};

pub use folder::{Archive, Unread, archive, file};
pub use list::{DialogList, DialogPage, Folder, list};
pub use pins::{PinError, pin, pinned, pinned_peers, reorder};
pub use read::{ReadMark, read};
pub use unread::{MarkError, mark_unread, marked_unread};

/// The folder of dialogs that were put aside; all others are in folder 0.
pub const ARCHIVE: u8 = 1;

/// A conversation as one side has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialog {
    /// With whom.
    pub peer: Peer,
    /// The newest message; 0 for an empty dialog.
    pub top: MsgId,
    /// Its date.
    pub top_date: UnixTime,
    /// Incoming messages up to this number are read by the owner.
    pub read_inbox_max: MsgId,
    /// The owner's messages up to this number are read by the other side.
    pub read_outbox_max: MsgId,
    /// Incoming messages above `read_inbox_max`.
    pub unread: u32,
    /// Messages in all.
    pub messages: u32,
    /// 0 the main list, 1 the archive.
    pub folder: u8,
    /// Its place among those pinned in its folder: 0 for none, otherwise the greater the further up.
    pub pin: u32,
    /// The owner marked it as unread.
    pub unread_mark: bool,
    /// How long messages from now on live, in seconds; 0: for ever.
    pub ttl_s: u32,
}

record! {
    /// A dialog at rest.
    #[derive(Copy)]
    pub struct DialogRow v3 {
        pub(crate) peer: Peer,
        pub(crate) top: MsgId,
        pub(crate) top_date: UnixTime,
        pub(crate) read_inbox_max: MsgId,
        pub(crate) read_outbox_max: MsgId,
        pub(crate) unread: u32,
        pub(crate) messages: u32,
        /// The sum of the marks of its messages: what `audit` compares with the messages that are there (P16).
        pub(crate) sum: Mark,
        /// 0 the main list, 1 the archive.
        pub(crate) folder: u8,
        /// Its place among those pinned in its folder: 0 for none, otherwise the greater the further up.
        pub(crate) pin: u32,
        pub(crate) unread_mark: bool,
        /// How long messages from now on live, in seconds; 0: for ever.
        pub(crate) ttl_s: u32,
    }
}

/// The caller's dialogs with some peers, in the order asked, each with its newest message. A peer without messages
/// has an empty dialog: clients open a chat with it.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &Tx<'_>, by: Authed, peers: &[Known]) -> Result<Vec<(Dialog, Option<Message>)>, StoreError> {
    let own = by.own_box();
    let keys: Vec<_> = peers.iter().map(|peer| masked(peer.peer())).collect();
    let rows = tx.multi_get(&DIALOGS, own, &keys)?;
    let dialogs = peers.iter().zip(rows).map(|(peer, row)| match row {
        Some(row) => checked(row, peer.peer()).map(Dialog::from),
        None => Ok(DialogRow::empty(peer.peer()).into()),
    });
    with_tops(tx, own, dialogs.collect::<Result<_, _>>()?)
}

/// The caller's dialog with a peer as it is now, whether it has a row or not.
///
/// # Errors
/// When the store fails.
pub fn one(tx: &Tx<'_>, by: Authed, peer: Peer) -> Result<Dialog, StoreError> {
    Ok(find(tx, by.own_box(), peer)?.unwrap_or_else(|| DialogRow::empty(peer)).into())
}

/// Dialogs, each with its newest message.
fn with_tops(
    tx: &Tx<'_>,
    own: BoxId,
    dialogs: Vec<Dialog>,
) -> Result<Vec<(Dialog, Option<Message>)>, StoreError> {
    let tops: Vec<_> =
        dialogs.iter().map(|dialog| (dialog.top.0 > 0).then_some((dialog.peer, dialog.top))).collect();
    let messages = message::at(tx, own, &tops)?;
    Ok(dialogs.into_iter().zip(messages).collect())
}

/// The row of a dialog, if it has one.
pub(crate) fn find(tx: &Tx<'_>, of: BoxId, peer: Peer) -> Result<Option<DialogRow>, StoreError> {
    tx.get(&DIALOGS, of, &masked(peer))?.map(|row| checked(row, peer)).transpose()
}

/// The row of a dialog, or that of one in which nothing has been said.
pub(crate) fn find_or_empty(tx: &Tx<'_>, of: BoxId, peer: Peer) -> Result<DialogRow, StoreError> {
    Ok(find(tx, of, peer)?.unwrap_or_else(|| DialogRow::empty(peer)))
}

/// Writes the row of a dialog.
pub(crate) fn put(tx: &mut Tx<'_>, of: BoxId, row: &DialogRow) -> Result<(), StoreError> {
    tx.put(&DIALOGS, of, &masked(row.peer), row)
}

/// The key holds the peer masked, so the row repeats it, and it must be the one that was asked for.
fn checked(row: DialogRow, peer: Peer) -> Result<DialogRow, StoreError> {
    if row.peer == peer {
        Ok(row)
    } else {
        Err(Corrupt { table: DIALOGS.info().name, fault: Fault::Key }.into())
    }
}

fn masked(peer: Peer) -> Masked {
    Masked(peer.number())
}

impl DialogRow {
    /// A dialog in which nothing has been said.
    pub(crate) const fn empty(peer: Peer) -> Self {
        Self {
            peer,
            top: MsgId(0),
            top_date: UnixTime(0),
            read_inbox_max: MsgId(0),
            read_outbox_max: MsgId(0),
            unread: 0,
            messages: 0,
            sum: Mark::ZERO,
            folder: 0,
            pin: 0,
            unread_mark: false,
            ttl_s: 0,
        }
    }
}

impl From<DialogRow> for Dialog {
    fn from(row: DialogRow) -> Self {
        let DialogRow { peer, top, top_date, read_inbox_max, read_outbox_max, unread, messages, .. } = row;
        let DialogRow { sum: _, folder, pin, unread_mark, ttl_s, .. } = row;
        Self {
            peer,
            top,
            top_date,
            read_inbox_max,
            read_outbox_max,
            unread,
            messages,
            folder,
            pin,
            unread_mark,
            ttl_s,
        }
    }
}
