//! The update log of a box: its event counter, and what happened at each step of it.
//!
//! A row holds references, never content, so what is deleted later is gone from here too. The counter of a box is
//! that of its last row; a box without rows stands at 1. Rows are contiguous: a row's pts less its count is the pts
//! of the row before. Source: docs, Working with updates.

mod difference;

use ids::{BoxId, MsgId, Pts, RandomId, UnixTime};
use store::{Fault, Field, Reader, StoreError, Tx, Window, record};

use crate::tables::LOG;
use crate::{Authed, Peer};

pub use difference::{Difference, DifferenceError, Since, difference};

/// The counter of a box in which nothing has happened: clients read 1 as "from the start".
pub const PTS_START: Pts = Pts(1);

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A message came into the box; its number is the event's pts.
    NewMessage {
        /// The dialog.
        peer: Peer,
        /// The writer's own number, in the writer's box.
        random_id: Option<RandomId>,
    },
    /// The owner read incoming messages.
    ReadInbox {
        /// The dialog.
        peer: Peer,
        /// Up to this number.
        max: MsgId,
        /// How many were left unread then.
        unread: u32,
    },
    /// The other side read the owner's messages.
    ReadOutbox {
        /// The dialog.
        peer: Peer,
        /// Up to this number.
        max: MsgId,
    },
}

/// One row of the log as push and difference read it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The counter after the event.
    pub pts: Pts,
    /// How far the event moved it.
    pub pts_count: i32,
    /// When it happened; never less than the date of the row before.
    pub date: UnixTime,
    /// What happened.
    pub event: Event,
}

/// Where a box stands: `updates.state`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// The counter.
    pub pts: Pts,
    /// The date of the last event; 0 before the first.
    pub date: UnixTime,
    /// Unread messages in all dialogs.
    pub unread: u32,
}

record! {
    /// A log row at rest; its suffix is its pts.
    #[derive(Copy)]
    pub struct LogRow v1 {
        pub(crate) date: UnixTime,
        /// Unread messages of the whole box after the event.
        pub(crate) unread: u32,
        pub(crate) event: Event,
    }
}

/// Where the caller's box stands.
///
/// # Errors
/// When the store fails.
pub fn state(tx: &Tx<'_>, by: Authed) -> Result<State, StoreError> {
    head(tx, by.own_box())
}

/// Where a box stands.
///
/// # Errors
/// When the store fails.
pub fn head(tx: &Tx<'_>, of: BoxId) -> Result<State, StoreError> {
    todo!()
}

/// The log of a box after `after`, oldest first, at most `limit` rows: what push brings a session up to date with.
///
/// # Errors
/// When the store fails.
pub fn events(tx: &Tx<'_>, of: BoxId, after: Pts, limit: usize) -> Result<Vec<Entry>, StoreError> {
    todo!()
}

impl Event {
    /// How far the event moves the counter.
    pub const fn pts_count(self) -> i32 {
        match self {
            Self::NewMessage { .. } | Self::ReadInbox { .. } | Self::ReadOutbox { .. } => 1,
        }
    }
}

impl Entry {
    /// The message that came, for an event that is one.
    pub const fn message(&self) -> Option<(Peer, MsgId)> {
        match self.event {
            Event::NewMessage { peer, .. } => Some((peer, MsgId(self.pts.0))),
            Event::ReadInbox { .. } | Event::ReadOutbox { .. } => None,
        }
    }
}

impl Field for Event {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::NewMessage { peer, random_id } => {
                out.push(0);
                peer.put(out);
                random_id.put(out);
            }
            Self::ReadInbox { peer, max, unread } => {
                out.push(1);
                peer.put(out);
                max.put(out);
                unread.put(out);
            }
            Self::ReadOutbox { peer, max } => {
                out.push(2);
                peer.put(out);
                max.put(out);
            }
        }
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(match u8::take(reader)? {
            0 => Self::NewMessage { peer: Field::take(reader)?, random_id: Field::take(reader)? },
            1 => Self::ReadInbox {
                peer: Field::take(reader)?,
                max: Field::take(reader)?,
                unread: Field::take(reader)?,
            },
            2 => Self::ReadOutbox { peer: Field::take(reader)?, max: Field::take(reader)? },
            _ => return Err(Fault::Tag),
        })
    }
}
