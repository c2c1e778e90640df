//! messages.updatePinnedMessage and unpinAllMessages as rules: which messages of a dialog are pinned, and for whom.
//!
//! A pin is a mark on a copy; an index names the marked copies of a dialog, so that they are found without looking at all
//! messages, and it follows deletions (P36). Both sides are marked unless the caller pins for himself alone; then nobody else
//! is told anything. Source: docs, messages.updatePinnedMessage, messages.unpinAllMessages, api/pin.

use std::ops::RangeInclusive;

use ids::limits::MESSAGE_IDS_MAX;
use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{Masked, StoreError, Tx, Window, record};

use super::delete::twins;
use super::deliver::{self, Answers, Words};
use super::{Action, FormattedText, Message, Reply, copy};
use crate::tables::{MESSAGES, PINS};
use crate::update::{self, AppendError, Event};
use crate::{Allowed, Authed, Known, Peer, Refusal};

record! {
    /// A message that is pinned; all that is to be said of it is where it lies.
    #[derive(Copy)]
    pub struct PinRow v1 {}
}

/// A message that is to be pinned, or not any more.
#[derive(Clone, Copy, Debug)]
pub struct NewPin {
    /// The dialog.
    pub with: Known,
    /// The proof that the other side may be told; none: it is left as it is.
    pub both: Option<Allowed>,
    /// Its number in the caller's box.
    pub id: MsgId,
    /// Pinned, or unpinned.
    pub pinned: bool,
    /// Whether the other side is to be left in peace.
    pub silent: bool,
}

/// What a pin changed in the caller's box.
pub struct Pinned {
    /// The caller's counter right after the event of the pin, whose count is 1.
    pub pts: Pts,
    /// The message that says so, right after it; none for one who unpins, or pins for himself.
    pub notice: Option<Message>,
}

/// What a step of unpinning changed in the caller's box: `messages.affectedHistory`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unpinned {
    /// The caller's counter afterwards.
    pub pts: Pts,
    /// How far it moved.
    pub pts_count: i32,
    /// Whether more are pinned, and the call is to be made again.
    pub more: bool,
}

/// Why nothing was pinned; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PinError {
    /// There is no such message in this dialog, or it is one that says what happened.
    #[error("no such message")]
    NotFound,
    /// It is so already.
    #[error("nothing would change")]
    Unchanged,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Pins a message, or unpins it.
///
/// # Errors
/// The [`PinError`].
pub fn pin(tx: &mut Tx<'_>, by: Authed, new: NewPin, now: UnixTime) -> Result<Pinned, PinError> {
    let (own, peer) = (by.own_box(), new.with.peer());
    match new.both {
        Some(to) => deliver::enter(tx, by, to)?,
        None => tx.enter(&[own])?,
    }
    let row = tx.get(&MESSAGES, own, &super::key(peer, new.id))?;
    let row = row.filter(|row| row.action.is_none()).ok_or(PinError::NotFound)?;
    if row.pinned == new.pinned {
        return Err(PinError::Unchanged);
    }
    if let Some(other) = new.both.and_then(|to| other_box(own, to)) {
        let twin: Vec<_> = row.twin.into_iter().collect();
        mark(tx, other, Peer::User(by.user()), &twin, new.pinned, now)?;
    }
    mark(tx, own, peer, &[new.id], new.pinned, now)?;
    let pts = update::head(tx, own)?.pts;
    let Some(to) = new.both.filter(|_| new.pinned) else {
        return Ok(Pinned { pts, notice: None });
    };
    let answers = Answers {
        own: Reply { to: new.id, quote: None },
        theirs: row.twin.map(|to| Reply { to, quote: None }),
    };
    let words = Words {
        text: FormattedText::EMPTY,
        media: None,
        action: Some(Action::Pinned),
        answers: Some(answers),
        forward: None,
        silent: new.silent,
    };
    let (id, row) = deliver::post(tx, by, to, words, None, now)?;
    Ok(Pinned { pts, notice: Some(Message::from_row(own, peer, id, row)) })
}

/// Unpins what is pinned in a dialog of the caller, at most [`MESSAGE_IDS_MAX`] messages, and the other side's copies of them.
///
/// # Errors
/// The [`AppendError`].
pub fn unpin_all(tx: &mut Tx<'_>, by: Authed, with: Known, now: UnixTime) -> Result<Unpinned, AppendError> {
    let (own, peer) = (by.own_box(), with.peer());
    tx.enter(&[own])?;
    let before = update::head(tx, own)?.pts;
    let ids = pins(tx, own, peer, Window::first(MESSAGE_IDS_MAX))?;
    let other = if ids.is_empty() { None } else { reached(tx, by, with)?.and_then(|to| other_box(own, to)) };
    if let Some(other) = other {
        tx.enter(&[other])?;
        let theirs = twins(tx, own, peer, &ids)?;
        mark(tx, other, Peer::User(by.user()), &theirs, false, now)?;
    }
    mark(tx, own, peer, &ids, false, now)?;
    let more = !pins(tx, own, peer, Window::last(1))?.is_empty();
    let pts = update::head(tx, own)?.pts;
    Ok(Unpinned { pts, pts_count: pts.0 - before.0, more })
}

/// The box on the other side, if it may be touched and is another one.
fn other_box(own: BoxId, to: Allowed) -> Option<BoxId> {
    Some(to.peer().other_box()).filter(|&other| other != own && to.reaches())
}

/// The proof, if there is one: what is unpinned for oneself needs none.
fn reached(tx: &Tx<'_>, by: Authed, with: Known) -> Result<Option<Allowed>, StoreError> {
    match Allowed::to_write(tx, by, with) {
        Ok(to) => Ok(Some(to)),
        Err(Refusal::Gone | Refusal::Blocked) => Ok(None),
        Err(Refusal::Store(error)) => Err(error),
    }
}

/// The newest pinned message of a dialog: `pinned_msg_id`.
///
/// # Errors
/// When the store fails.
pub fn newest_pinned(tx: &Tx<'_>, by: Authed, with: Known) -> Result<Option<MsgId>, StoreError> {
    Ok(pins(tx, by.own_box(), with.peer(), Window::last(1))?.pop())
}

/// Numbers of pinned messages of a dialog, in the order of the window.
pub(super) fn pins(tx: &Tx<'_>, of: BoxId, peer: Peer, window: Window) -> Result<Vec<MsgId>, StoreError> {
    let rows = tx.range(&PINS, of, all(peer), window)?;
    Ok(rows.into_iter().map(|(((), id), _)| id).collect())
}

fn all(peer: Peer) -> RangeInclusive<(Masked, MsgId)> {
    super::key(peer, MsgId(0))..=super::key(peer, MsgId(i32::MAX))
}

/// Marks the copies of one box that are not so yet, and logs it as one event.
fn mark(
    tx: &mut Tx<'_>,
    of: BoxId,
    peer: Peer,
    ids: &[MsgId],
    pinned: bool,
    now: UnixTime,
) -> Result<(), AppendError> {
    let mut marked = Vec::new();
    for &id in ids {
        let key = super::key(peer, id);
        let Some(mut row) = tx.get(&MESSAGES, of, &key)? else { continue };
        if row.pinned == pinned {
            continue;
        }
        row.pinned = pinned;
        copy::change(tx, of, peer, id, &row)?;
        if pinned {
            tx.insert(&PINS, of, &key, &PinRow {})?
        } else {
            tx.delete(&PINS, of, &key)?
        }
        marked.push(id);
    }
    if marked.is_empty() {
        return Ok(());
    }
    let head = update::head(tx, of)?;
    let event = Event::MessagesPinned { peer, ids: marked, pinned };
    update::append(tx, of, head, update::date_after(head, now), event)?;
    Ok(())
}

impl From<StoreError> for PinError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
