//! The update log of a box: its event counter, and what happened at each step of it.
//!
//! A row holds references, never content, so what is deleted later is gone from here too. The counter of a box is
//! that of its last row; a box without rows stands at 1. Rows are contiguous: a row's pts less its count is the pts
//! of the row before. Source: docs, Working with updates.

mod difference;

use std::ops::Bound;

use ids::limits::{CLOCK_BACK_S_MAX, REPAIR_PTS_STEP};
use ids::{BoxId, MsgId, Pts, RandomId, UnixTime, UserId};
use store::{StoreError, Tx, Window, record};

use crate::message::{self, Message};
use crate::tables::LOG;
use crate::{Authed, Peer};

pub use difference::{Difference, DifferenceError, Since, difference};

/// The counter of a box in which nothing has happened: clients read 1 as "from the start".
pub const PTS_START: Pts = Pts(1);

store::variants! {
    /// What happened. Where a client keeps a counter for an event, the event moves it by what the API says of it; all others
    /// move it by one as well, so that a box has one log and one order, and clients are told so by an update without effect.
    #[derive(Debug)]
    pub enum Event {
        /// A message came into the box; its number is the event's pts.
        0 => NewMessage {
            /// The dialog.
            peer: Peer,
            /// The writer's own number, in the writer's box.
            random_id: Option<RandomId>,
        },
        /// The owner read incoming messages.
        1 => ReadInbox {
            /// The dialog.
            peer: Peer,
            /// Up to this number.
            max: MsgId,
            /// How many were left unread then.
            unread: u32,
        },
        /// The other side read the owner's messages.
        2 => ReadOutbox {
            /// The dialog.
            peer: Peer,
            /// Up to this number.
            max: MsgId,
        },
        /// The store was found behind, and the box was repaired: what clients were told may be more than there is, so they
        /// ask anew. The counter moves beyond anything they can have been told.
        3 => Repaired,
        /// A message got another text, or something else that clients show as an edit.
        4 => Edited {
            /// The dialog.
            peer: Peer,
            /// The message.
            id: MsgId,
        },
        /// Messages went; the counter moves by how many.
        5 => Deleted {
            /// Their numbers, at least one.
            ids: Vec<MsgId>,
        },
        /// Messages were pinned in their dialog, or are not any more; the counter moves by how many.
        6 => MessagesPinned {
            /// The dialog.
            peer: Peer,
            /// Their numbers, at least one.
            ids: Vec<MsgId>,
            /// Pinned, or unpinned.
            pinned: bool,
        },
        /// Dialogs moved to a folder: 0 the main list, 1 the archive.
        7 => Folder {
            /// The dialogs.
            peers: Vec<Peer>,
            /// Where they are now.
            folder: u8,
        },
        /// The reactions to a message changed.
        8 => Reactions {
            /// The dialog.
            peer: Peer,
            /// The message.
            id: MsgId,
        },
        /// A dialog's draft changed, or went.
        9 => Draft {
            /// The dialog.
            peer: Peer,
        },
        /// A dialog was pinned in its folder, or is not any more.
        10 => DialogPinned {
            /// The dialog.
            peer: Peer,
        },
        /// The pinned dialogs of a folder have another order.
        11 => PinnedOrder {
            /// The folder.
            folder: u8,
        },
        /// A dialog was marked as unread, or is not any more.
        12 => UnreadMark {
            /// The dialog.
            peer: Peer,
        },
        /// A dialog filter changed, or went.
        13 => Filter {
            /// Which one.
            id: u8,
        },
        /// The dialog filters have another order.
        14 => FilterOrder,
        /// Notification settings changed: of a dialog, or of all of a kind.
        15 => Notify {
            /// Of what.
            scope: NotifyScope,
        },
        /// The messages of a dialog have another time to live.
        16 => Timer {
            /// The dialog.
            peer: Peer,
        },
        /// The owner blocked somebody, or does not any more.
        17 => Blocked {
            /// Whom.
            peer: Peer,
        },
        /// What the owner sees of a user changed: name, username, number, or that he is a contact.
        18 => User {
            /// Who.
            user: UserId,
        },
        /// The owner lets others see when he was there last, or does not any more.
        20 => Privacy,
        /// Votes in a poll changed, or it was closed.
        19 => Poll {
            /// The dialog.
            peer: Peer,
            /// The message.
            id: MsgId,
        },
        /// Dialogs of saved messages were pinned, or are not any more, or have another order.
        21 => SavedPins,
    }
}

store::variants! {
    /// What notification settings are of.
    #[derive(Copy, Debug)]
    pub enum NotifyScope {
        /// One dialog.
        0 => Peer {
            /// Which one.
            peer: Peer,
        },
        /// All users.
        1 => Users,
        /// All groups.
        2 => Chats,
        /// All channels.
        3 => Broadcasts,
    }
}

/// One row of the log as push and difference read it.
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// The log of a box after `after` up to `upto`, asked for number by number, which for a few takes a third of the time.
///
/// # Errors
/// When the store fails.
pub fn each(tx: &Tx<'_>, of: BoxId, after: Pts, upto: Pts) -> Result<Vec<Entry>, StoreError> {
    let numbers: Vec<_> = (after.0.saturating_add(1)..=upto.0).map(Pts).collect();
    let rows = tx.multi_get(&LOG, of, &numbers)?;
    // Under a number that an event passed over, since it moved the counter by more than one, there is none.
    Ok(numbers.into_iter().zip(rows).filter_map(|(pts, row)| Some(row?.entry(pts))).collect())
}

/// Entries of the caller's log, each with the message it is about as that is now; none for one that is gone.
///
/// # Errors
/// When the store fails.
pub fn with_messages(
    tx: &Tx<'_>,
    by: Authed,
    entries: Vec<Entry>,
) -> Result<Vec<(Entry, Option<Message>)>, StoreError> {
    let places: Vec<_> = entries.iter().map(Entry::message).collect();
    Ok(entries.into_iter().zip(message::at(tx, by.own_box(), &places)?).collect())
}

fn rows(tx: &Tx<'_>, of: BoxId, after: Pts, limit: usize) -> Result<Vec<(Pts, LogRow)>, StoreError> {
    tx.range(&LOG, of, (Bound::Excluded(after), Bound::Unbounded), Window::first(limit))
}

/// Why an event could not be logged, and so what it stands for was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AppendError {
    /// The box has no numbers left: after 2^31 events.
    #[error("a box is full")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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

/// Logs an event that changes no count in a box, at its head.
pub(crate) fn log(tx: &mut Tx<'_>, of: BoxId, now: UnixTime, event: Event) -> Result<State, AppendError> {
    let head = head(tx, of)?;
    append(tx, of, head, date_after(head, now), event)
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
    pub fn pts_count(&self) -> i32 {
        match self {
            Self::Repaired => REPAIR_PTS_STEP,
            Self::Deleted { ids } | Self::MessagesPinned { ids, .. } => {
                i32::try_from(ids.len()).unwrap_or(i32::MAX)
            }
            Self::NewMessage { .. }
            | Self::ReadInbox { .. }
            | Self::ReadOutbox { .. }
            | Self::Edited { .. }
            | Self::Folder { .. }
            | Self::Reactions { .. }
            | Self::Draft { .. }
            | Self::DialogPinned { .. }
            | Self::PinnedOrder { .. }
            | Self::UnreadMark { .. }
            | Self::Filter { .. }
            | Self::FilterOrder
            | Self::Notify { .. }
            | Self::Timer { .. }
            | Self::Blocked { .. }
            | Self::User { .. }
            | Self::Privacy
            | Self::Poll { .. }
            | Self::SavedPins => 1,
        }
    }

    /// Whom it is about besides the box's owner, and besides what a message it names is about.
    pub fn peers(&self) -> &[Peer] {
        match self {
            Self::NewMessage { peer, .. }
            | Self::ReadInbox { peer, .. }
            | Self::ReadOutbox { peer, .. }
            | Self::Edited { peer, .. }
            | Self::MessagesPinned { peer, .. }
            | Self::Reactions { peer, .. }
            | Self::Draft { peer }
            | Self::DialogPinned { peer }
            | Self::UnreadMark { peer }
            | Self::Notify { scope: NotifyScope::Peer { peer } }
            | Self::Timer { peer }
            | Self::Blocked { peer }
            | Self::Poll { peer, .. } => std::slice::from_ref(peer),
            Self::Folder { peers, .. } => peers,
            Self::Repaired
            | Self::Deleted { .. }
            | Self::PinnedOrder { .. }
            | Self::Filter { .. }
            | Self::FilterOrder
            | Self::Notify { .. }
            | Self::User { .. }
            | Self::Privacy
            | Self::SavedPins => &[],
        }
    }
}

impl LogRow {
    fn entry(self, pts: Pts) -> Entry {
        Entry { pts, pts_count: self.event.pts_count(), date: self.date, event: self.event }
    }

    fn state(&self, pts: Pts) -> State {
        State { pts, date: self.date, unread: self.unread }
    }
}

impl Entry {
    /// The message it is about, for an event that is told with one.
    pub fn message(&self) -> Option<(Peer, MsgId)> {
        match self.event {
            Event::NewMessage { peer, .. } => Some((peer, MsgId(self.pts.0))),
            Event::Edited { peer, id } | Event::Reactions { peer, id } | Event::Poll { peer, id } => {
                Some((peer, id))
            }
            Event::ReadInbox { .. }
            | Event::ReadOutbox { .. }
            | Event::Repaired
            | Event::Deleted { .. }
            | Event::MessagesPinned { .. }
            | Event::Folder { .. }
            | Event::Draft { .. }
            | Event::DialogPinned { .. }
            | Event::PinnedOrder { .. }
            | Event::UnreadMark { .. }
            | Event::Filter { .. }
            | Event::FilterOrder
            | Event::Notify { .. }
            | Event::Timer { .. }
            | Event::Blocked { .. }
            | Event::User { .. }
            | Event::Privacy
            | Event::SavedPins => None,
        }
    }
}
