//! Delivery in two steps: append to an inbox, drain it into the box.
//!
//! Draining gives a message its number there, so it needs the box; appending will one day need only the public half of
//! its key. Today the one follows the other in the same transaction and no inbox row is ever written.

use ids::{BoxId, MsgId, RandomId, UnixTime};
use store::{StoreError, Tx};

use super::{Action, FormattedText, Forward, Media, MessageRow, Ordered, Reply, SentRow, copy, timer};
use crate::dialog::{self, DialogRow};
use crate::tables::SENT;
use crate::update::{self, AppendError, State};
use crate::{Allowed, Authed, Peer};

/// What a new message says.
pub(super) struct Words {
    pub(super) text: FormattedText,
    pub(super) media: Option<Media>,
    pub(super) action: Option<Action>,
    pub(super) answers: Option<Answers>,
    pub(super) forward: Option<Forward>,
    pub(super) silent: bool,
}

/// The message that it answers.
pub(super) struct Answers {
    /// As its writer sees it.
    pub(super) own: Reply,
    /// As the other side does; none if that has no copy.
    pub(super) theirs: Option<Reply>,
}

/// Enters the boxes that a message to `to` is filed in.
pub(super) fn enter(tx: &mut Tx<'_>, by: Authed, to: Allowed) -> Result<(), StoreError> {
    let boxes = [by.own_box(), to.peer().other_box()];
    tx.enter(if to.reaches() { &boxes } else { &boxes[..1] })
}

/// Files a new message on both sides, whose boxes have been entered; its number and row on the writer's.
pub(super) fn post(
    tx: &mut Tx<'_>,
    by: Authed,
    to: Allowed,
    new: Words,
    random_id: Option<RandomId>,
    now: UnixTime,
) -> Result<(MsgId, MessageRow), AppendError> {
    let (own, peer) = (by.own_box(), to.peer());
    let Words { text, media, action, answers, forward, silent } = new;
    let (reply, theirs_reply) = answers.map_or((None, None), |answers| (Some(answers.own), answers.theirs));
    let mut dialog = dialog::find(tx, own, peer)?;
    if dialog.is_none() && action.is_none() {
        timer::begin(tx, by, to, now)?;
        dialog = dialog::find(tx, own, peer)?;
    }
    let mine = update::head(tx, own)?;
    let id = update::next_id(mine)?;
    let mut row = MessageRow {
        out: true,
        silent,
        date: update::date_after(mine, now),
        edited: None,
        text,
        media,
        action,
        reply,
        forward,
        twin: None,
        pinned: false,
        ttl_s: None,
        reactions: Vec::new(),
        orders: Ordered::NOTHING,
    };
    if peer.other_box() != own && to.reaches() {
        let head = update::head(tx, peer.other_box())?;
        row.date = row.date.max(update::date_after(head, now));
        let forward = row.forward.clone().map(|forward| Forward { saved_from: None, ..forward });
        let twin = Some(id);
        let media = row.media.clone().map(Media::of_other_side);
        let mut theirs = MessageRow { out: false, twin, reply: theirs_reply, media, forward, ..row.clone() };
        row.twin = Some(append(tx, peer.other_box(), head, Peer::User(by.user()), &mut theirs)?);
    }
    let dialog = dialog.unwrap_or_else(|| DialogRow::empty(peer));
    let date = row.date;
    copy::file(tx, own, mine, dialog, &mut row, (random_id, date))?;
    if let Some(random_id) = random_id {
        tx.insert(&SENT, own, &random_id, &SentRow { id })?;
    }
    Ok((id, row))
}

/// Puts a message from `peer` into the inbox of a box that stands at `head`; answers its number there.
fn append(
    tx: &mut Tx<'_>,
    of: BoxId,
    head: State,
    peer: Peer,
    row: &mut MessageRow,
) -> Result<MsgId, AppendError> {
    drain(tx, of, head, peer, row)
}

/// Takes a message out of the inbox into the box.
fn drain(
    tx: &mut Tx<'_>,
    of: BoxId,
    head: State,
    peer: Peer,
    row: &mut MessageRow,
) -> Result<MsgId, AppendError> {
    let dialog = dialog::find_or_empty(tx, of, peer)?;
    let date = row.date;
    copy::file(tx, of, head, dialog, row, (None, date))
}
