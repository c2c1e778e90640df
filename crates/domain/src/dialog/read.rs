//! messages.readHistory as a rule: my read mark, and the other side's mark of what I have read.
//!
//! A mark is always the number of an incoming message: a larger `max_id` means the greatest at or below it. A read that
//! changes nothing makes no event on either side. A mark as unread goes with any call, which the other side does not see. Source: docs, messages.readHistory, updateReadHistoryInbox.

use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx, Window};

use super::{DialogRow, unread};
use crate::message;
use crate::tables::MESSAGES;
use crate::update::{self, AppendError, Event, State};
use crate::{Authed, Known, Peer, account};

/// Messages looked at in one go.
const STEP: usize = 128;

/// What a call of readHistory changed in the caller's box: `messages.affectedMessages`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadMark {
    /// The caller's counter afterwards.
    pub pts: Pts,
    /// How far the call moved it: 0 when everything was read already.
    pub pts_count: i32,
}

/// Marks the caller's incoming messages up to `max_id` as read; 0 or less means all. Both sides get an event, or,
/// if nothing was unread up to there, neither.
///
/// # Errors
/// The [`AppendError`].
pub fn read(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Known,
    max_id: MsgId,
    now: UnixTime,
) -> Result<ReadMark, AppendError> {
    let (own, peer) = (by.own_box(), with.peer());
    tx.enter(&[own])?;
    let Some(mut dialog) = super::find(tx, own, peer)? else {
        return Ok(ReadMark { pts: update::head(tx, own)?.pts, pts_count: 0 });
    };
    if std::mem::take(&mut dialog.unread_mark) {
        super::put(tx, own, &dialog)?;
        unread::append(tx, own, peer, now)?;
        // The answer has no place for it, and the caller may not know of the mark yet.
        tx.tell_caller(own);
    }
    let before = update::head(tx, own)?.pts;
    if let Some(newly) = newly_read(tx, own, &dialog, max_id)? {
        mark_inbox(tx, by, dialog, &newly, now)?;
    }
    let pts = update::head(tx, own)?.pts;
    Ok(ReadMark { pts, pts_count: pts.0 - before.0 })
}

/// Moves the caller's mark, and the other side's of what he has read.
fn mark_inbox(
    tx: &mut Tx<'_>,
    by: Authed,
    mut dialog: DialogRow,
    newly: &NewlyRead,
    now: UnixTime,
) -> Result<(), AppendError> {
    let (own, peer) = (by.own_box(), dialog.peer);
    // An account that is gone has no box any more.
    let other = newly.twin.filter(|_| peer.other_box() != own);
    let other = match other {
        Some(twin) if account::find(tx, peer.user())?.is_some() => Some(twin),
        Some(_) | None => None,
    };
    if other.is_some() {
        tx.enter(&[peer.other_box()])?;
    }
    dialog.read_inbox_max = newly.max;
    dialog.unread = dialog.unread.saturating_sub(newly.messages);
    super::put(tx, own, &dialog)?;
    let head = update::head(tx, own)?;
    let unread = head.unread.saturating_sub(newly.messages);
    let event = Event::ReadInbox { peer, max: newly.max, unread: dialog.unread };
    update::append(tx, own, State { unread, ..head }, update::date_after(head, now), event)?;
    if let Some(twin) = other {
        mark_outbox(tx, peer.other_box(), Peer::User(by.user()), twin, now)?;
    }
    Ok(())
}

struct NewlyRead {
    /// The greatest incoming message among them.
    max: MsgId,
    /// Its number on the other side.
    twin: Option<MsgId>,
    /// How many.
    messages: u32,
}

/// The incoming messages between the old mark and `max_id`. Each message is passed once in its life.
fn newly_read(
    tx: &Tx<'_>,
    own: BoxId,
    dialog: &DialogRow,
    max_id: MsgId,
) -> Result<Option<NewlyRead>, StoreError> {
    let all = max_id.0 <= 0 || max_id >= dialog.top;
    let (old, mut to) = (dialog.read_inbox_max, if all { dialog.top } else { max_id });
    let at = |id| message::key(dialog.peer, id);
    let mut newly: Option<NewlyRead> = None;
    while dialog.unread > 0 && to > old {
        let from = MsgId(old.0.saturating_add(1));
        let rows = tx.range(&MESSAGES, own, at(from)..=at(to), Window::last(STEP))?;
        let Some(&(((), last), _)) = rows.last() else {
            break;
        };
        for (((), id), row) in rows.into_iter().filter(|(_, row)| !row.out) {
            newly.get_or_insert(NewlyRead { max: id, twin: row.twin, messages: 0 }).messages += 1;
        }
        if let (true, Some(newly)) = (all, &mut newly) {
            // Everything is read then; no need to count it.
            newly.messages = dialog.unread;
            break;
        }
        to = MsgId(last.0.saturating_sub(1));
    }
    Ok(newly)
}

/// Moves the mark of what the other side has read, in the writer's box.
fn mark_outbox(
    tx: &mut Tx<'_>,
    of: BoxId,
    reader: Peer,
    max: MsgId,
    now: UnixTime,
) -> Result<(), AppendError> {
    let Some(mut dialog) = super::find(tx, of, reader)? else {
        return Ok(());
    };
    dialog.read_outbox_max = max;
    super::put(tx, of, &dialog)?;
    let head = update::head(tx, of)?;
    update::append(tx, of, head, update::date_after(head, now), Event::ReadOutbox { peer: reader, max })?;
    Ok(())
}
