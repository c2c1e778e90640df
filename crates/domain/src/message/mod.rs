//! Messages: each side of a conversation has its own copy under its own number.
//!
//! A message's number in a box is the box's event counter at the moment it arrived: `MsgId` and `Pts` are two names
//! of one number there. Numbers grow with time and are never used again, the log row of a number says which dialog
//! the message is in, and the next number is one more than the last log row's: no row is needed for any of the three.
//! Source of the rules: docs, Working with updates; messages.sendMessage; messages.getHistory.

mod deliver;
mod entity;
mod history;
mod send;
mod text;

use ids::{BoxId, MsgId, Pts, UnixTime, UserId};
use store::{Masked, StoreError, Tx, record};

use crate::tables::{LOG, MESSAGES};
use crate::update::Event;
use crate::{Authed, Peer};

pub use entity::{Entity, EntityKind, Mentioned};
pub(crate) use history::page_items;
pub use history::{History, HistoryError, HistoryPage, history};
pub use send::{NewMessage, SendError, Sent, send};
pub use text::{FormatError, FormattedText, MessageText};

/// A message as its box's owner has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number in this box.
    pub id: MsgId,
    /// The dialog it is in.
    pub peer: Peer,
    /// Who wrote it.
    pub from: UserId,
    /// Whether the box's owner wrote it (a message to himself counts).
    pub out: bool,
    /// When it was accepted; the same on both sides.
    pub date: UnixTime,
    /// The text and what is marked in it.
    pub text: FormattedText,
    /// The message it answers, by its number in this box; it may be deleted by now.
    pub reply_to: Option<MsgId>,
    /// Whether the recipient is to be left in peace.
    pub silent: bool,
}

record! {
    /// A message at rest. What the row key and the log say is not repeated.
    pub struct MessageRow v1 {
        pub(crate) out: bool,
        pub(crate) silent: bool,
        pub(crate) date: UnixTime,
        pub(crate) text: FormattedText,
        pub(crate) reply_to: Option<MsgId>,
        /// The number of the other side's copy; none for a message to oneself.
        pub(crate) twin: Option<MsgId>,
    }
}

record! {
    /// The first result of a random id. It lives as long as the message's box, which is longer than any client
    /// repeats a request.
    #[derive(Copy)]
    pub struct SentRow v1 {
        pub(crate) id: MsgId,
    }
}

/// Messages of the caller's box by their numbers, in the order asked; none for a number without a message.
///
/// # Errors
/// When the store fails.
pub fn by_id(tx: &Tx<'_>, by: Authed, ids: &[MsgId]) -> Result<Vec<Option<Message>>, StoreError> {
    let of = by.own_box();
    let numbers: Vec<_> = ids.iter().map(|id| Pts(id.0)).collect();
    let log = tx.multi_get(&LOG, of, &numbers)?;
    let places = ids.iter().zip(log).map(|(&id, row)| match row.map(|row| row.event) {
        Some(Event::NewMessage { peer, .. }) => Some((peer, id)),
        Some(Event::ReadInbox { .. } | Event::ReadOutbox { .. } | Event::Repaired) | None => None,
    });
    at(tx, of, &places.collect::<Vec<_>>())
}

/// Messages of a box by their places.
pub(crate) fn at(
    tx: &Tx<'_>,
    of: BoxId,
    places: &[Option<(Peer, MsgId)>],
) -> Result<Vec<Option<Message>>, StoreError> {
    let found: Vec<_> = places.iter().flatten().copied().collect();
    let keys: Vec<_> = found.iter().map(|&(peer, id)| key(peer, id)).collect();
    let mut rows = tx.multi_get(&MESSAGES, of, &keys)?.into_iter();
    let message =
        |&(peer, id): &(Peer, MsgId)| rows.next().flatten().map(|row| Message::from_row(of, peer, id, row));
    let mut message = message;
    Ok(places.iter().map(|place| place.as_ref().and_then(&mut message)).collect())
}

/// Where a message's row lies.
pub(crate) fn key(peer: Peer, id: MsgId) -> (Masked, MsgId) {
    (Masked(peer.number()), id)
}

impl Message {
    pub(crate) fn from_row(of: BoxId, peer: Peer, id: MsgId, row: MessageRow) -> Self {
        let MessageRow { out, silent, date, text, reply_to, twin: _ } = row;
        let from = if out { UserId(of.0) } else { peer.user() };
        Self { id, peer, from, out, date, text, reply_to, silent }
    }
}
