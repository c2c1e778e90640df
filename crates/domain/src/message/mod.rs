//! Messages: each side of a conversation has its own copy under its own number.
//!
//! A message's number in a box is the box's event counter at the moment it arrived: `MsgId` and `Pts` are two names
//! of one number there. Numbers grow with time and are never used again, the log row of a number says which dialog
//! the message is in, and the next number is one more than the last log row's: no row is needed for any of the three.
//! Source of the rules: docs, Working with updates; messages.sendMessage; messages.getHistory.

mod clear;
mod content;
mod copy;
mod delete;
mod deliver;
mod due;
mod edit;
mod entity;
mod forward;
mod history;
mod pin;
mod poll;
mod react;
mod saved;
mod search;
mod search_all;
mod send;
mod text;
mod timer;

use ids::{BoxId, MsgId, Pts, UnixTime, UserId};
use store::{Masked, StoreError, Tx, record};

use crate::tables::{LOG, MESSAGES};
use crate::update::Event;
use crate::{Authed, Peer};

pub use clear::{Clear, Cleared, clear};
pub use content::{
    Action, Degrees, Forward, ForwardedAgain, Media, Place, Quote, Reaction, Reply, SavedFrom,
};
pub use delete::{Deleted, delete};
pub(crate) use due::Ordered;
pub use edit::{EditError, Edited, NewText, edit, editable};
pub use entity::{Entity, EntityKind, Mentioned};
pub use forward::{ForwardError, NewForwards, forward};
pub(crate) use history::page_items;
pub use history::{History, HistoryError, HistoryPage, history};
pub use pin::{NewPin, PinError, PinRow, Pinned, Unpinned, newest_pinned, pin, unpin_all};
pub use poll::{
    CloseError, NewPoll, Poll, PollError, PollOption, Quiz, Vote, VoteError, Voted, close, close_due, vote,
};
pub use react::{ReactError, Reacted, react};
pub use saved::{
    ClearSaved, ClearingRow, SavedDialog, SavedList, SavedPage, SavedPinsRow, clear_saved, pin_saved,
    reorder_saved, saved, saved_history, saved_of, saved_pinned, saved_pins,
};
pub use search::{Found, Kind, Places, Search, places, search};
pub use search_all::{FoundAll, SearchAll, search_all};
pub use send::{NewMessage, SendError, Sent, send};
pub(crate) use send::{is_answerable, mentions_exist};
pub use text::{FormatError, FormattedText, MessageText};
pub use timer::{OwnTimer, TimerError, TimerSet, end, own_timer, set_own_timer, set_timer};

/// A message as its box's owner has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Whose copy it is.
    owner: UserId,
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
    /// When its text was last changed by its writer.
    pub edited: Option<UnixTime>,
    /// The text and what is marked in it; empty for a service message, and for media without a caption.
    pub text: FormattedText,
    /// What comes with the text.
    pub media: Option<Media>,
    /// For a service message: what happened.
    pub action: Option<Action>,
    /// What it answers.
    pub reply: Option<Reply>,
    /// Where it was forwarded from.
    pub forward: Option<Forward>,
    /// Whether the recipient is to be left in peace.
    pub silent: bool,
    /// Whether it is pinned in its dialog.
    pub pinned: bool,
    /// It ends so long after its date, in seconds.
    pub ttl_s: Option<u32>,
    /// What was put on it, in the order it came.
    pub reactions: Vec<Reaction>,
}

record! {
    /// A message at rest. What the row key and the log say is not repeated.
    pub struct MessageRow v4 {
        pub(crate) out: bool,
        pub(crate) silent: bool,
        pub(crate) date: UnixTime,
        pub(crate) edited: Option<UnixTime>,
        pub(crate) text: FormattedText,
        pub(crate) media: Option<Media>,
        pub(crate) action: Option<Action>,
        pub(crate) reply: Option<Reply>,
        pub(crate) forward: Option<Forward>,
        /// The number of the other side's copy; none for a message to oneself, or one that the other side never got. It may
        /// be deleted by now.
        pub(crate) twin: Option<MsgId>,
        pub(crate) pinned: bool,
        pub(crate) ttl_s: Option<u32>,
        pub(crate) reactions: Vec<Reaction>,
        pub(crate) orders: Ordered,
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
        Some(_) | None => None,
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

/// Bytes of what a message says, its poll's texts with it.
fn text_bytes(text: &FormattedText, media: Option<&Media>) -> usize {
    let poll = match media {
        Some(Media::Poll { poll }) => poll.text_bytes(),
        Some(Media::Dice { .. } | Media::Contact { .. } | Media::Geo { .. } | Media::Venue { .. }) | None => {
            0
        }
    };
    text.text().len().saturating_add(poll)
}

/// Where a message's row lies.
pub(crate) fn key(peer: Peer, id: MsgId) -> (Masked, MsgId) {
    (Masked(peer.number()), id)
}

impl Message {
    /// Whose copy it is.
    pub const fn owner(&self) -> UserId {
        self.owner
    }

    /// Bytes of what it says.
    pub(crate) fn text_bytes(&self) -> usize {
        text_bytes(&self.text, self.media.as_ref())
    }

    pub(crate) fn from_row(of: BoxId, peer: Peer, id: MsgId, row: MessageRow) -> Self {
        let MessageRow { out, silent, date, edited, text, media, action, reply, forward, .. } = row;
        let MessageRow { twin: _, pinned, ttl_s, reactions, .. } = row;
        let from = if out { UserId(of.0) } else { peer.user() };
        Self {
            owner: UserId(of.0),
            id,
            peer,
            from,
            out,
            date,
            edited,
            text,
            media,
            action,
            reply,
            forward,
            silent,
            pinned,
            ttl_s,
            reactions,
        }
    }
}
