//! Dialogs: what a box knows of each conversation besides its messages.
//!
//! A dialog has a row once it has had a message; to whoever asks, one without messages is an empty dialog. The list
//! is sorted when it is asked for, from the rows themselves: an index by newest message would cost two more writes
//! for each message on each side, for a list that a client reads once when it starts.
//! Source: docs, messages.getDialogs, messages.readHistory.

mod list;
mod read;

use ids::{MsgId, UnixTime};
use store::{Masked, StoreError, Tx, record};

use crate::message::Message;
use crate::tables::DIALOGS;
use crate::{Authed, Known, Peer};

pub use list::{DialogList, DialogPage, Folder, list};
pub use read::{ReadMark, read};

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
}

record! {
    /// A dialog at rest.
    #[derive(Copy)]
    pub struct DialogRow v1 {
        pub(crate) peer: Peer,
        pub(crate) top: MsgId,
        pub(crate) top_date: UnixTime,
        pub(crate) read_inbox_max: MsgId,
        pub(crate) read_outbox_max: MsgId,
        pub(crate) unread: u32,
        pub(crate) messages: u32,
    }
}

/// The caller's dialogs with some peers, in the order asked, each with its newest message. A peer without messages
/// has an empty dialog: clients open a chat with it.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &Tx<'_>, by: Authed, peers: &[Known]) -> Result<Vec<(Dialog, Option<Message>)>, StoreError> {
    todo!()
}
