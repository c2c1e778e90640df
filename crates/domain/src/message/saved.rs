//! Saved messages by where they come from: the dialog with oneself as a list of dialogs, one for each peer whose messages were
//! forwarded to it, and one for one's own notes.
//!
//! Where a message comes from stands in its own header, so nothing is kept beside the messages: the dialog is read, newest
//! first, and the work has the bound of a search; a deletion, which looks at all, is done in steps of that. Which of these dialogs are pinned is one row of
//! the box, and a dialog that loses its last message leaves it. Source: docs, api/saved-messages; client configuration, saved_dialogs_pinned_limit_default.

use ids::limits::{CLEARING_S_MAX, MESSAGE_IDS_MAX, SAVED_PINS_MAX};
use ids::{BoxId, MsgId, UnixTime};
use store::{Masked, StoreError, Tx, record};

use super::search::{Bounded, Found, Wanted, look_through, page_of, scan, walk};
use super::{Cleared, HistoryPage, Message, MessageRow, copy, history, page_items};
use crate::dialog::{self, PinError};
use crate::tables::{SAVED_CLEARING, SAVED_PINS};
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

record! {
    /// Which of the dialogs of saved messages are pinned, from the top.
    pub struct SavedPinsRow v1 {
        pub(crate) peers: Vec<Peer>,
    }
}

record! {
    /// How far a deletion of what was saved from one peer has come, which takes several calls.
    #[derive(Copy)]
    pub struct ClearingRow v2 {
        pub(crate) max_id: MsgId,
        pub(crate) min_date: Option<UnixTime>,
        pub(crate) max_date: Option<UnixTime>,
        /// What is to go stands below this number.
        pub(crate) below: MsgId,
        /// When the last step was made.
        pub(crate) at: UnixTime,
    }
}

/// Messages that were saved from one peer.
pub struct SavedDialog {
    /// From whom; the owner himself for his own notes.
    pub peer: Peer,
    /// The newest.
    pub top: Message,
    /// Whether it is pinned.
    pub pinned: bool,
}

/// A page as a client asks for it.
#[derive(Clone, Copy, Debug)]
pub struct SavedPage {
    /// Below this number; 0 or less: not by number.
    pub offset_id: MsgId,
    /// Without one: before this time; 0 or less: from the newest on.
    pub offset_date: UnixTime,
    /// Dialogs at most, capped at 100; 0 or less: 20.
    pub limit: i32,
    /// Whether pinned dialogs are left out.
    pub exclude_pinned: bool,
}

/// A page of these dialogs.
pub struct SavedList {
    /// Pinned ones, then the newest first.
    pub dialogs: Vec<SavedDialog>,
    /// How many there are in all.
    pub total: u32,
    /// Whether these are all of them.
    pub whole: bool,
}

/// Which saved messages are to go.
#[derive(Clone, Copy, Debug)]
pub struct ClearSaved {
    /// Those of this peer.
    pub of: Known,
    /// Up to this number; 0 or less: all.
    pub max_id: MsgId,
    /// Only those of this time and later.
    pub min_date: Option<UnixTime>,
    /// Only those of this time and earlier.
    pub max_date: Option<UnixTime>,
}

/// A page of the dialogs of the caller's saved messages.
///
/// # Errors
/// When the store fails.
pub fn saved(tx: &Tx<'_>, by: Authed, page: SavedPage) -> Result<SavedList, StoreError> {
    let (all, pins) = (tops(tx, by)?, pins(tx, by)?);
    let is_first = page.offset_id.0 <= 0 && page.offset_date.0 <= 0;
    let total = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let (mut pinned, mut others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|top| pins.contains(&top.peer));
    pinned.sort_by_key(|top| pins.iter().position(|peer| *peer == top.peer));
    if page.exclude_pinned || !is_first {
        pinned.clear();
    }
    others.retain(|top| {
        if page.offset_id.0 > 0 {
            top.id < page.offset_id
        } else {
            page.offset_date.0 <= 0 || top.date < page.offset_date
        }
    });
    pinned.append(&mut others);
    let there = pinned.len();
    pinned.truncate(page_items(page.limit));
    let whole = is_first && pinned.len() == there;
    Ok(SavedList { dialogs: with_tops(tx, by, &pinned, &pins)?, total, whole })
}

/// Those of some peers, in the order asked; one without messages is left out.
///
/// # Errors
/// When the store fails.
pub fn saved_of(tx: &Tx<'_>, by: Authed, peers: &[Known]) -> Result<Vec<SavedDialog>, StoreError> {
    let (all, pins) = (tops(tx, by)?, pins(tx, by)?);
    let of = |peer: &Known| all.iter().find(|top| top.peer == peer.peer()).copied();
    with_tops(tx, by, &peers.iter().filter_map(of).collect::<Vec<_>>(), &pins)
}

/// The pinned ones, from the top.
///
/// # Errors
/// When the store fails.
pub fn saved_pinned(tx: &Tx<'_>, by: Authed) -> Result<Vec<SavedDialog>, StoreError> {
    let pins = pins(tx, by)?;
    if pins.is_empty() {
        return Ok(Vec::new());
    }
    let all = tops(tx, by)?;
    let of = |peer: &Peer| all.iter().find(|top| top.peer == *peer).copied();
    with_tops(tx, by, &pins.iter().filter_map(of).collect::<Vec<_>>(), &pins)
}

/// Whose dialogs are pinned, from the top.
///
/// # Errors
/// When the store fails.
pub fn saved_pins(tx: &Tx<'_>, by: Authed) -> Result<Vec<Peer>, StoreError> {
    pins(tx, by)
}

/// A page of the messages that the caller saved from a peer.
///
/// # Errors
/// When the store fails.
pub fn saved_history(tx: &Tx<'_>, by: Authed, of: Known, page: &HistoryPage) -> Result<Found, StoreError> {
    let (own, peer) = (by.own_box(), Known::own(by).peer());
    let Some(dialog) = dialog::find(tx, own, peer)? else {
        return Ok(Found { messages: Vec::new(), total: 0, exact: true });
    };
    let offset = history::anchor(tx, own, &dialog, page)?;
    // A page that begins before its offset needs what is newer.
    let from = if page.add_offset < 0 { MsgId(i32::MAX) } else { offset };
    let places = scan(tx, own, peer, from, &Wanted::saved_from(peer, of.peer()))?;
    page_of(tx, own, peer, &places, offset, page)
}

/// Deletes at most [`MESSAGE_IDS_MAX`] of the messages that the caller saved from a peer, the newest first, and looks at no more
/// than a search does. The next step of the same deletion goes on below where this one ended, so that all of them together
/// look at each message once; what is saved meanwhile stays. One that was left alone for [`CLEARING_S_MAX`] begins anew: who
/// asks then means what has been saved since as well.
///
/// # Errors
/// The [`AppendError`].
pub fn clear_saved(
    tx: &mut Tx<'_>,
    by: Authed,
    what: &ClearSaved,
    now: UnixTime,
) -> Result<Cleared, AppendError> {
    let (own, peer) = (by.own_box(), Known::own(by).peer());
    tx.enter(&[own])?;
    let before = update::head(tx, own)?.pts;
    let at = Masked(what.of.peer().number());
    let fresh = ClearingRow {
        max_id: what.max_id,
        min_date: what.min_date,
        max_date: what.max_date,
        below: MsgId(i32::MAX),
        at: now,
    };
    let begun = tx.get(&SAVED_CLEARING, own, &at)?;
    let is_begun = begun.is_some();
    let is_the_same = |row: &ClearingRow| ClearingRow { below: fresh.below, at: now, ..*row } == fresh;
    let begun =
        begun.filter(|row| is_the_same(row) && now.0.saturating_sub(row.at.0).abs() <= CLEARING_S_MAX);
    let mut below = begun.unwrap_or(fresh).below;
    let (mut found, mut bound) = (Vec::new(), Bounded::default());
    let is_done = walk(tx, own, peer, below, |id, row| {
        if found.len() >= MESSAGE_IDS_MAX || !bound.has_room_for(row) {
            return false;
        }
        below = id;
        let is_meant = row.origin(peer) == what.of.peer()
            && (what.max_id.0 <= 0 || id <= what.max_id)
            && what.min_date.is_none_or(|date| row.date >= date)
            && what.max_date.is_none_or(|date| row.date <= date);
        if is_meant {
            found.push(id);
        }
        true
    })?;
    copy::take_out(tx, own, peer, &found, now)?;
    if is_done {
        if is_begun {
            tx.delete(&SAVED_CLEARING, own, &at)?;
        }
        unpin_empty(tx, own, peer, &[what.of.peer()], now)?;
    } else {
        tx.put(&SAVED_CLEARING, own, &at, &ClearingRow { below, ..fresh })?;
    }
    let pts = update::head(tx, own)?.pts;
    Ok(Cleared { pts, pts_count: pts.0 - before.0, left: u32::from(!is_done) })
}

/// Pins a dialog of saved messages at the top, or unpins it.
///
/// # Errors
/// The [`PinError`].
pub fn pin_saved(
    tx: &mut Tx<'_>,
    by: Authed,
    of: Known,
    pinned: bool,
    now: UnixTime,
) -> Result<(), PinError> {
    tx.enter(&[by.own_box()])?;
    let mut order = pins(tx, by)?;
    if order.contains(&of.peer()) == pinned {
        return Ok(());
    }
    order.retain(|peer| *peer != of.peer());
    if pinned {
        let all = tops(tx, by)?;
        if all.iter().all(|top| top.peer != of.peer()) {
            return Err(PinError::Empty);
        }
        order.retain(|peer| all.iter().any(|top| top.peer == *peer));
        order.insert(0, of.peer());
    }
    keep(tx, by.own_box(), order, now)
}

/// Gives the pinned ones another order; whoever is named and not pinned yet is pinned. Those not named follow behind, or with
/// `force` are unpinned. Of whom nothing is saved is passed over.
///
/// # Errors
/// The [`PinError`].
pub fn reorder_saved(
    tx: &mut Tx<'_>,
    by: Authed,
    named: &[Known],
    force: bool,
    now: UnixTime,
) -> Result<(), PinError> {
    tx.enter(&[by.own_box()])?;
    let (all, before) = (tops(tx, by)?, pins(tx, by)?);
    let rest = before.iter().copied().filter(|_| !force);
    let mut order: Vec<Peer> = Vec::new();
    for peer in named.iter().map(|known| known.peer()).chain(rest) {
        if !order.contains(&peer) && all.iter().any(|top| top.peer == peer) {
            order.push(peer);
        }
    }
    if order == before { Ok(()) } else { keep(tx, by.own_box(), order, now) }
}

/// Unpins those of some dialogs of a box's saved messages that have lost their last message: whom one has deleted everything
/// of stands nowhere any more.
pub(super) fn unpin_empty(
    tx: &mut Tx<'_>,
    own: BoxId,
    peer: Peer,
    origins: &[Peer],
    now: UnixTime,
) -> Result<(), AppendError> {
    let mut pins = pinned_in(tx, own)?;
    let mut empty: Vec<_> = pins.iter().copied().filter(|pin| origins.contains(pin)).collect();
    if empty.is_empty() {
        return Ok(());
    }
    let mut bound = Bounded::default();
    walk(tx, own, peer, MsgId(i32::MAX), |_, row| {
        let origin = row.origin(peer);
        empty.retain(|pin| *pin != origin);
        !empty.is_empty() && bound.has_room_for(row)
    })?;
    if empty.is_empty() {
        return Ok(());
    }
    pins.retain(|pin| !empty.contains(pin));
    write(tx, own, pins, now)
}

fn keep(tx: &mut Tx<'_>, own: BoxId, peers: Vec<Peer>, now: UnixTime) -> Result<(), PinError> {
    if peers.len() > SAVED_PINS_MAX {
        return Err(PinError::TooMany);
    }
    Ok(write(tx, own, peers, now)?)
}

fn write(tx: &mut Tx<'_>, own: BoxId, peers: Vec<Peer>, now: UnixTime) -> Result<(), AppendError> {
    if peers.is_empty() {
        tx.delete(&SAVED_PINS, own, &())?;
    } else {
        tx.put(&SAVED_PINS, own, &(), &SavedPinsRow { peers })?;
    }
    update::log(tx, own, now, Event::SavedPins)?;
    Ok(())
}

fn pins(tx: &Tx<'_>, by: Authed) -> Result<Vec<Peer>, StoreError> {
    pinned_in(tx, by.own_box())
}

fn pinned_in(tx: &Tx<'_>, own: BoxId) -> Result<Vec<Peer>, StoreError> {
    Ok(tx.get(&SAVED_PINS, own, &())?.map_or_else(Vec::new, |row| row.peers))
}

/// The newest message saved from a peer.
#[derive(Clone, Copy)]
struct Top {
    peer: Peer,
    id: MsgId,
    date: UnixTime,
}

/// One for each peer, the newest first.
fn tops(tx: &Tx<'_>, by: Authed) -> Result<Vec<Top>, StoreError> {
    let peer = Known::own(by).peer();
    let mut tops: Vec<Top> = Vec::new();
    look_through(tx, by.own_box(), peer, MsgId(i32::MAX), |id, row| {
        let origin = row.origin(peer);
        if tops.iter().all(|top| top.peer != origin) {
            tops.push(Top { peer: origin, id, date: row.date });
        }
    })?;
    Ok(tops)
}

fn with_tops(tx: &Tx<'_>, by: Authed, tops: &[Top], pins: &[Peer]) -> Result<Vec<SavedDialog>, StoreError> {
    let peer = Known::own(by).peer();
    let places: Vec<_> = tops.iter().map(|top| Some((peer, top.id))).collect();
    let messages = super::at(tx, by.own_box(), &places)?;
    let dialog = |(top, message): (&Top, Option<Message>)| {
        message.map(|message| SavedDialog { peer: top.peer, top: message, pinned: pins.contains(&top.peer) })
    };
    Ok(tops.iter().zip(messages).filter_map(dialog).collect())
}

impl MessageRow {
    /// Whence a message of the dialog with oneself was saved; `own` for what was written there.
    pub(super) fn origin(&self, own: Peer) -> Peer {
        let saved = self.forward.as_ref().and_then(|forward| forward.saved_from.as_ref());
        saved.map_or(own, |saved| saved.peer)
    }
}

impl Message {
    /// Whence it was saved, for one of the dialog with oneself.
    pub fn saved_from(&self) -> Option<Peer> {
        let own = Peer::User(self.owner);
        let saved = self.forward.as_ref().and_then(|forward| forward.saved_from.as_ref());
        (self.peer == own).then(|| saved.map_or(own, |saved| saved.peer))
    }
}
