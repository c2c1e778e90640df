//! messages.deleteHistory as a rule: the messages of a dialog up to a number or between two dates, a step at a time.
//!
//! Without `revoke` nothing of the other side is touched, read or counted (P38, P40). With it each message that goes here
//! takes the other side's copy along; what the owner deleted for himself before is the other's own and stays. A dialog that
//! is only cleared keeps one message that says so, in this box alone and with the date of the newest that went, so that it
//! stays where it was in the list; else it leaves the list with its last message.
//! Source: docs, messages.deleteHistory, messages.affectedHistory; startup-calls of the clients.

use std::ops::Bound;

use ids::limits::MESSAGE_IDS_MAX;
use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx, Window};

use super::delete::{others, twins};
use super::history::first_since;
use super::{Action, FormattedText, MessageRow, Ordered, copy};
use crate::dialog::{self, DialogRow};
use crate::tables::MESSAGES;
use crate::update::{self, AppendError};
use crate::{Authed, Known, Peer};

/// Which messages are to go, and how.
#[derive(Clone, Copy, Debug)]
pub struct Clear {
    /// The dialog.
    pub with: Known,
    /// Up to this number; 0 or less: all.
    pub max_id: MsgId,
    /// Only those of this time and later.
    pub min_date: Option<UnixTime>,
    /// Only those of this time and earlier.
    pub max_date: Option<UnixTime>,
    /// Whether the dialog stays in the list.
    pub keep_dialog: bool,
    /// Whether the other side's copies go as well.
    pub revoke: bool,
}

/// What a step changed in the caller's box: `messages.affectedHistory`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cleared {
    /// The caller's counter afterwards.
    pub pts: Pts,
    /// How far it moved.
    pub pts_count: i32,
    /// 0 when all is done; else at most so many messages are left, and the call is to be made again.
    pub left: u32,
}

/// Deletes at most [`MESSAGE_IDS_MAX`] messages of a dialog, the oldest first.
///
/// # Errors
/// The [`AppendError`].
pub fn clear(tx: &mut Tx<'_>, by: Authed, what: &Clear, now: UnixTime) -> Result<Cleared, AppendError> {
    let (own, peer) = (by.own_box(), what.with.peer());
    tx.enter(&[own])?;
    let before = update::head(tx, own)?;
    let nothing = Cleared { pts: before.pts, pts_count: 0, left: 0 };
    let Some(dialog) = dialog::find(tx, own, peer)? else { return Ok(nothing) };
    let span = Span::of(tx, own, &dialog, what)?;
    let rows = span.first(tx, own, peer, MESSAGE_IDS_MAX)?;
    let is_cleared = dialog.messages == 1 && rows.iter().any(|(_, row)| row.is_marker());
    if rows.is_empty() || (what.keep_dialog && is_cleared) {
        return Ok(nothing);
    }
    let ids: Vec<_> = rows.iter().map(|&(id, _)| id).collect();
    if what.revoke
        && let Some(&other) = others(tx, own, std::iter::once(&peer))?.first()
    {
        tx.enter(&[other])?;
        let theirs = twins(tx, own, peer, &ids)?;
        copy::remove(tx, other, Peer::User(by.user()), &theirs, now)?;
    }
    copy::remove(tx, own, peer, &ids, now)?;
    let is_done = span.first(tx, own, peer, 1)?.is_empty();
    let left = dialog::find(tx, own, peer)?.map_or(0, |dialog| dialog.messages);
    if what.keep_dialog && left == 0 {
        let mut marker = MessageRow::marker(dialog.top_date);
        let (pin, dialog) = (dialog.pin, dialog::find_or_empty(tx, own, peer)?);
        let head = update::head(tx, own)?;
        // It is not empty after all, and stays where it was.
        let dialog = DialogRow { pin, ..dialog };
        copy::file(tx, own, head, dialog, &mut marker, (None, update::date_after(head, now)))?;
    }
    let pts = update::head(tx, own)?.pts;
    Ok(Cleared { pts, pts_count: pts.0 - before.pts.0, left: if is_done { 0 } else { left } })
}

/// A stretch of numbers.
struct Span {
    from: MsgId,
    /// Not any more.
    to: MsgId,
}

impl Span {
    fn of(tx: &Tx<'_>, own: BoxId, dialog: &DialogRow, what: &Clear) -> Result<Self, StoreError> {
        let from = match what.min_date {
            Some(date) => first_since(tx, own, dialog, date)?,
            None => MsgId(0),
        };
        let to = match what.max_date {
            Some(date) => first_since(tx, own, dialog, UnixTime(date.0.saturating_add(1)))?,
            None => MsgId(i32::MAX),
        };
        let after = MsgId(what.max_id.0.saturating_add(1));
        Ok(Self { from, to: if what.max_id.0 > 0 { to.min(after) } else { to } })
    }

    fn first(
        &self,
        tx: &Tx<'_>,
        own: BoxId,
        peer: Peer,
        limit: usize,
    ) -> Result<Vec<(MsgId, MessageRow)>, StoreError> {
        if self.from >= self.to {
            return Ok(Vec::new());
        }
        let (from, to) = (super::key(peer, self.from), super::key(peer, self.to));
        let span = (Bound::Included(from), Bound::Excluded(to));
        let rows = tx.range(&MESSAGES, own, span, Window::first(limit))?;
        Ok(rows.into_iter().map(|(((), id), row)| (id, row)).collect())
    }
}

impl MessageRow {
    /// What stands in a dialog whose history was cleared.
    const fn marker(date: UnixTime) -> Self {
        Self {
            out: true,
            silent: true,
            date,
            edited: None,
            text: FormattedText::EMPTY,
            media: None,
            action: Some(Action::HistoryCleared),
            reply: None,
            forward: None,
            twin: None,
            pinned: false,
            ttl_s: None,
            reactions: Vec::new(),
            orders: Ordered::NOTHING,
        }
    }

    fn is_marker(&self) -> bool {
        matches!(self.action, Some(Action::HistoryCleared))
    }
}
