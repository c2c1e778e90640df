//! The update log of a box: its event counter, and what happened at each step of it.
//!
//! A row holds references, never content, so what is deleted later is gone from here too. The counter of a box is
//! that of its last row; a box without rows stands at 1. Rows are contiguous: a row's pts less its count is the pts
//! of the row before. Source: docs, Working with updates.

mod difference;

use std::ops::Bound;

use ids::limits::{CLOCK_BACK_S_MAX, REPAIR_PTS_STEP};
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
    /// The store was found behind, and the box was repaired: what clients were told may be more than there is, so they ask
    /// anew. The counter moves beyond anything they can have been told.
    Repaired,
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
    let last = tx.last(&LOG, of)?;
    Ok(last.map_or(State { pts: PTS_START, date: UnixTime(0), unread: 0 }, |(pts, row)| row.state(pts)))
}

/// The log of a box after `after`, oldest first, at most `limit` rows: what push brings a session up to date with.
///
/// # Errors
/// When the store fails.
pub fn events(tx: &Tx<'_>, of: BoxId, after: Pts, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let rows = rows(tx, of, after, limit)?;
    Ok(rows.into_iter().map(|(pts, row)| row.entry(pts)).collect())
}

fn rows(tx: &Tx<'_>, of: BoxId, after: Pts, limit: usize) -> Result<Vec<(Pts, LogRow)>, StoreError> {
    tx.range(&LOG, of, (Bound::Excluded(after), Bound::Unbounded), Window::first(limit))
}

/// Why an event could not be logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AppendError {
    Full,
    Store(StoreError),
}

impl From<StoreError> for AppendError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Logs an event in a box that stands at `at` (its unread count as it is after the event), and says where it stands
/// then. All that changes a box passes here.
pub(crate) fn append(
    tx: &mut Tx<'_>,
    of: BoxId,
    at: State,
    date: UnixTime,
    event: Event,
) -> Result<State, AppendError> {
    let pts = Pts(at.pts.0.checked_add(event.pts_count()).ok_or(AppendError::Full)?);
    tx.insert(&LOG, of, &pts, &LogRow { date, unread: at.unread, event })?;
    tx.touch(of, at.pts, pts);
    Ok(State { pts, date, ..at })
}

/// The number of the message that comes next in a box.
pub(crate) fn next_id(head: State) -> Result<MsgId, AppendError> {
    // The greatest number stands for "no bound" in ranges and is never given away.
    match head.pts.0.checked_add(1) {
        Some(id) if id < i32::MAX => Ok(MsgId(id)),
        Some(_) | None => Err(AppendError::Full),
    }
}

/// The date of an event that happens now. Dates in a box do not go back while the clock is set back by less than an
/// hour; when it is set back further it was wrong before, and the box follows it.
pub(crate) fn date_after(head: State, now: UnixTime) -> UnixTime {
    if head.date.0 - now.0 > CLOCK_BACK_S_MAX { now } else { now.max(head.date) }
}

impl Event {
    /// How far the event moves the counter.
    pub const fn pts_count(self) -> i32 {
        match self {
            Self::NewMessage { .. } | Self::ReadInbox { .. } | Self::ReadOutbox { .. } => 1,
            Self::Repaired => REPAIR_PTS_STEP,
        }
    }
}

impl LogRow {
    fn entry(self, pts: Pts) -> Entry {
        Entry { pts, pts_count: self.event.pts_count(), date: self.date, event: self.event }
    }

    fn state(self, pts: Pts) -> State {
        State { pts, date: self.date, unread: self.unread }
    }
}

impl Entry {
    /// The message that came, for an event that is one.
    pub const fn message(&self) -> Option<(Peer, MsgId)> {
        match self.event {
            Event::NewMessage { peer, .. } => Some((peer, MsgId(self.pts.0))),
            Event::ReadInbox { .. } | Event::ReadOutbox { .. } | Event::Repaired => None,
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
            Self::Repaired => out.push(3),
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
            3 => Self::Repaired,
            _ => return Err(Fault::Tag),
        })
    }
}
