//! One side's copy of a message: filed, changed and taken away together with what its dialog says of it, so that counts,
//! newest message and sum of marks (P16) are right whatever a method does.

use ids::sabotage::{self, Fault};
use ids::{BoxId, MsgId, RandomId, UnixTime};
use store::{StoreError, Tx, Window};

use super::{MessageRow, due, poll, saved, timer};
use crate::dialog::{self, ARCHIVE, DialogRow};
use crate::tables::{MESSAGES, PINS};
use crate::update::{self, AppendError, Event, State};
use crate::{Authed, Peer, account, block, notify};

/// Files a copy in a dialog of a box that stands at `head`: the message with the dialog's timer, the dialog, the event. Its
/// number is the event's pts. The event has a date of its own: not every message is one of now.
pub(super) fn file(
    tx: &mut Tx<'_>,
    of: BoxId,
    head: State,
    mut dialog: DialogRow,
    row: &mut MessageRow,
    (random_id, date): (Option<RandomId>, UnixTime),
) -> Result<MsgId, AppendError> {
    let (id, peer) = (update::next_id(head)?, dialog.peer);
    let key = super::key(peer, id);
    timer::order(tx, of, &dialog, id, row)?;
    poll::order(tx, of, id, row)?;
    tx.insert(&MESSAGES, of, &key, row)?;
    dialog.sum += tx.mark(&MESSAGES, of, &key)?;
    dialog.top = id;
    dialog.top_date = row.date;
    dialog.messages = dialog.messages.saturating_add(1);
    dialog.unread = dialog.unread.saturating_add(u32::from(!row.out));
    if peer.other_box() == of {
        // Who writes to himself has read it.
        dialog.read_inbox_max = id;
        dialog.read_outbox_max = id;
    }
    // A dialog that is not muted comes out of the archive when somebody else writes (docs: globalPrivacySettings,
    // keep_archived_unmuted, which is off).
    let comes_back = !row.out && dialog.folder == ARCHIVE && !notify::is_muted(tx, of, peer, date)?;
    if comes_back {
        (dialog.folder, dialog.pin) = (0, 0);
    }
    dialog::put(tx, of, &dialog)?;
    let unread = head.unread.saturating_add(u32::from(!row.out));
    let event = Event::NewMessage { peer, random_id };
    let after = update::append(tx, of, State { unread, ..head }, date, event)?;
    if comes_back {
        update::append(tx, of, after, date, Event::Folder { peers: vec![peer], folder: 0 })?;
    }
    Ok(id)
}

/// The box and number of the other side's copy, if that side has an account and has not blocked the caller: what somebody
/// blocked says reaches nobody, in a new message or in an old one.
pub(super) fn reached_twin(
    tx: &Tx<'_>,
    by: Authed,
    peer: Peer,
    twin: Option<MsgId>,
) -> Result<Option<(BoxId, MsgId)>, StoreError> {
    let Some(twin) = twin.filter(|_| peer.other_box() != by.own_box()) else { return Ok(None) };
    let Some(account) = account::find(tx, peer.user())? else { return Ok(None) };
    let is_blocked = block::has_blocked(tx, &account, by.user())?;
    Ok((!is_blocked).then_some((peer.other_box(), twin)))
}

/// Writes a new version of a copy that is there. Its event is the caller's to append.
pub(super) fn change(
    tx: &mut Tx<'_>,
    of: BoxId,
    peer: Peer,
    id: MsgId,
    row: &MessageRow,
) -> Result<(), StoreError> {
    let key = super::key(peer, id);
    let before = tx.mark(&MESSAGES, of, &key)?;
    if sabotage::is(Fault::EditKept)
        && let Some(old) = tx.get(&MESSAGES, of, &key)?
    {
        let place = super::key(peer, MsgId(i32::MAX - id.0 - 1));
        tx.put(&MESSAGES, of, &place, &old)?;
    }
    tx.put(&MESSAGES, of, &key, row)?;
    let after = tx.mark(&MESSAGES, of, &key)?;
    if let Some(mut dialog) = dialog::find(tx, of, peer)? {
        dialog.sum -= before;
        dialog.sum += after;
        dialog::put(tx, of, &dialog)?;
    }
    Ok(())
}

/// Takes copies out of one dialog, those that are there, and logs it as one event; the numbers of those that were.
/// At most [`ids::limits::MESSAGE_IDS_MAX`] at a time: they stand in the event.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    of: BoxId,
    peer: Peer,
    ids: &[MsgId],
    now: UnixTime,
) -> Result<Vec<MsgId>, AppendError> {
    let (gone, origins) = take_out(tx, of, peer, ids, now)?;
    if peer.other_box() == of {
        saved::unpin_empty(tx, of, peer, &origins, now)?;
    }
    Ok(gone)
}

/// The same, but that a dialog of saved messages stays pinned even if it has become empty; from whom they were saved as well.
pub(super) fn take_out(
    tx: &mut Tx<'_>,
    of: BoxId,
    peer: Peer,
    ids: &[MsgId],
    now: UnixTime,
) -> Result<(Vec<MsgId>, Vec<Peer>), AppendError> {
    let Some(mut dialog) = dialog::find(tx, of, peer)? else { return Ok((Vec::new(), Vec::new())) };
    let keys: Vec<_> = ids.iter().map(|&id| super::key(peer, id)).collect();
    let rows = tx.multi_get(&MESSAGES, of, &keys)?;
    let head = update::head(tx, of)?;
    let mut unread = head.unread;
    let (mut gone, mut origins) = (Vec::new(), Vec::new());
    for ((&id, key), row) in ids.iter().zip(&keys).zip(rows) {
        let Some(row) = row else { continue };
        dialog.sum -= tx.mark(&MESSAGES, of, key)?;
        tx.delete(&MESSAGES, of, key)?;
        due::take_back(tx, of, id, &row)?;
        if row.pinned {
            tx.delete(&PINS, of, key)?;
        }
        dialog.messages = dialog.messages.saturating_sub(1);
        if !row.out && id > dialog.read_inbox_max {
            dialog.unread = dialog.unread.saturating_sub(1);
            unread = unread.saturating_sub(1);
        }
        origins.push(row.origin(peer));
        gone.push(id);
    }
    if gone.is_empty() {
        return Ok((gone, origins));
    }
    if gone.contains(&dialog.top) {
        let all = super::key(peer, MsgId(0))..=super::key(peer, MsgId(i32::MAX));
        let newest = tx.range(&MESSAGES, of, all, Window::last(1))?.pop();
        (dialog.top, dialog.top_date) =
            newest.map_or((MsgId(0), UnixTime(0)), |(((), id), row)| (id, row.date));
    }
    let unpinned = dialog.top.0 == 0 && std::mem::take(&mut dialog.pin) > 0;
    dialog::put(tx, of, &dialog)?;
    let date = update::date_after(head, now);
    let after = update::append(tx, of, State { unread, ..head }, date, Event::Deleted { ids: gone.clone() })?;
    if unpinned {
        update::append(tx, of, after, date, Event::DialogPinned { peer })?;
    }
    Ok((gone, origins))
}
