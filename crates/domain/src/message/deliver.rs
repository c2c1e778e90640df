//! Delivery in two steps: append to an inbox, drain it into the box.
//!
//! Draining gives a message its number there, so it needs the box; appending will one day need only the public half of
//! its key. Today the one follows the other in the same transaction and no inbox row is ever written.

use ids::{BoxId, MsgId, RandomId};
use store::{Mark, StoreError, Tx};

use super::MessageRow;
use crate::Peer;
use crate::dialog;
use crate::tables::MESSAGES;
use crate::update::{self, AppendError, Event, State};

/// Puts a message from `peer` into the inbox of a box; answers its number there.
pub(super) fn append(tx: &mut Tx<'_>, of: BoxId, peer: Peer, row: &MessageRow) -> Result<MsgId, AppendError> {
    drain(tx, of, peer, row)
}

/// Takes a message out of the inbox into the box.
fn drain(tx: &mut Tx<'_>, of: BoxId, peer: Peer, row: &MessageRow) -> Result<MsgId, AppendError> {
    let head = update::head(tx, of)?;
    file(tx, of, head, peer, row, None)
}

/// Files a copy in a box that stands at `head`: the message, its dialog, its event. Its number is the event's pts.
pub(super) fn file(
    tx: &mut Tx<'_>,
    of: BoxId,
    head: State,
    peer: Peer,
    row: &MessageRow,
    random_id: Option<RandomId>,
) -> Result<MsgId, AppendError> {
    let id = update::next_id(head)?;
    let key = super::key(peer, id);
    tx.insert(&MESSAGES, of, &key, row)?;
    let mark = tx.mark(&MESSAGES, of, &key)?;
    count(tx, of, peer, (id, mark), row)?;
    let unread = head.unread.saturating_add(u32::from(!row.out));
    update::append(tx, of, State { unread, ..head }, row.date, Event::NewMessage { peer, random_id })?;
    Ok(id)
}

/// Notes the message in its dialog.
fn count(
    tx: &mut Tx<'_>,
    of: BoxId,
    peer: Peer,
    (id, mark): (MsgId, Mark),
    row: &MessageRow,
) -> Result<(), StoreError> {
    let mut dialog = dialog::find(tx, of, peer)?.unwrap_or_else(|| dialog::DialogRow::empty(peer));
    dialog.top = id;
    dialog.top_date = row.date;
    dialog.messages = dialog.messages.saturating_add(1);
    dialog.unread = dialog.unread.saturating_add(u32::from(!row.out));
    dialog.sum += mark;
    if peer.other_box() == of {
        // Who writes to himself has read it.
        dialog.read_inbox_max = id;
        dialog.read_outbox_max = id;
    }
    dialog::put(tx, of, &dialog)
}
