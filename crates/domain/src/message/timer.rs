//! Messages that end by themselves: messages.setHistoryTTL as a rule, and the end of each copy.
//!
//! Both sides' dialogs have the period, and each copy that is filed from then on has an order of its own in the outbox: each
//! side's copy goes in its own box at its own time, whoever is online, and no side is forgotten because the other was served
//! (P32). The order names the copy, holds nothing of it and goes with it. A message that was there before keeps what it had.
//! Source: docs, messages.setHistoryTTL, messages.setDefaultHistoryTTL, messageActionSetMessagesTTL.

use std::collections::BTreeMap;

use ids::limits::{MESSAGE_IDS_MAX, TIMER_S_MAX};
use ids::sabotage::{self, Fault};
use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx, record};

use super::deliver::{self, Words};
use super::{Action, FormattedText, Message, MessageRow, copy, due};
use crate::dialog::{self, DialogRow};
use crate::tables::{LOG, MESSAGES, OWN_TIMER};
use crate::update::{self, AppendError, Event};
use crate::{Allowed, Authed, Peer, orders};

record! {
    /// The timer that an account's new dialogs begin with.
    #[derive(Copy)]
    pub struct OwnTimer v1 {
        pub(crate) period_s: u32,
    }
}

/// A dialog whose messages have another time to live from now on.
pub struct TimerSet {
    /// The caller's counter right after the event of the timer, whose count is 1.
    pub pts: Pts,
    /// The message that says so, right after it.
    pub notice: Message,
}

/// Why no timer was set; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimerError {
    /// The dialog with oneself has none.
    #[error("one's own notes do not end")]
    Own,
    /// Longer than a year.
    #[error("the period is too long")]
    Period,
    /// It is so already.
    #[error("nothing would change")]
    Unchanged,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Sets how long the messages of a dialog live from now on; 0: for ever.
///
/// # Errors
/// The [`TimerError`].
pub fn set_timer(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Allowed,
    period_s: u32,
    now: UnixTime,
) -> Result<TimerSet, TimerError> {
    let (own, peer) = (by.own_box(), with.peer());
    if peer.other_box() == own {
        return Err(TimerError::Own);
    }
    if period_s > TIMER_S_MAX {
        return Err(TimerError::Period);
    }
    deliver::enter(tx, by, with)?;
    if dialog::one(tx, by, peer)?.ttl_s == period_s {
        return Err(TimerError::Unchanged);
    }
    Ok(set(tx, by, with, Action::TimerSet { period_s }, now)?)
}

/// The timer that new dialogs of the caller begin with, in seconds; 0: none.
///
/// # Errors
/// When the store fails.
pub fn own_timer(tx: &Tx<'_>, by: Authed) -> Result<u32, StoreError> {
    Ok(tx.get(&OWN_TIMER, by.own_box(), &())?.map_or(0, |row| row.period_s))
}

/// Sets it.
///
/// # Errors
/// The [`TimerError`].
pub fn set_own_timer(tx: &mut Tx<'_>, by: Authed, period_s: u32) -> Result<(), TimerError> {
    if period_s > TIMER_S_MAX {
        return Err(TimerError::Period);
    }
    tx.enter(&[by.own_box()])?;
    Ok(tx.put(&OWN_TIMER, by.own_box(), &(), &OwnTimer { period_s })?)
}

/// A dialog that the caller begins, in whose boxes nothing is yet and which have been entered, has his timer.
pub(super) fn begin(tx: &mut Tx<'_>, by: Authed, with: Allowed, now: UnixTime) -> Result<(), AppendError> {
    if with.peer().other_box() == by.own_box() {
        return Ok(());
    }
    match own_timer(tx, by)? {
        0 => Ok(()),
        period_s => set(tx, by, with, Action::OwnTimerSet { period_s }, now).map(drop),
    }
}

fn set(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Allowed,
    action: Action,
    now: UnixTime,
) -> Result<TimerSet, AppendError> {
    let (own, peer) = (by.own_box(), with.peer());
    let period_s = action.period_s();
    note(tx, own, peer, period_s, now)?;
    if with.reaches() {
        note(tx, peer.other_box(), Peer::User(by.user()), period_s, now)?;
    }
    let pts = update::head(tx, own)?.pts;
    let words = Words {
        text: FormattedText::EMPTY,
        media: None,
        action: Some(action),
        answers: None,
        forward: None,
        silent: false,
    };
    let (id, row) = deliver::post(tx, by, with, words, None, now)?;
    Ok(TimerSet { pts, notice: Message::from_row(own, peer, id, row) })
}

/// Notes the period in one side's dialog.
fn note(tx: &mut Tx<'_>, of: BoxId, peer: Peer, period_s: u32, now: UnixTime) -> Result<(), AppendError> {
    let mut dialog = dialog::find_or_empty(tx, of, peer)?;
    dialog.ttl_s = period_s;
    dialog::put(tx, of, &dialog)?;
    let head = update::head(tx, of)?;
    update::append(tx, of, head, update::date_after(head, now), Event::Timer { peer })?;
    Ok(())
}

/// Gives a copy that is about to be filed the period of its dialog, and orders its end. What says that a history was cleared
/// stands for as long as the dialog does.
pub(super) fn order(
    tx: &mut Tx<'_>,
    of: BoxId,
    dialog: &DialogRow,
    id: MsgId,
    row: &mut MessageRow,
) -> Result<(), StoreError> {
    let is_marker = matches!(row.action, Some(Action::HistoryCleared));
    row.ttl_s = (dialog.ttl_s > 0 && !is_marker).then_some(dialog.ttl_s);
    let Some(end) = row.end() else { return Ok(()) };
    // Sabotage of P32 forgets the copy of whoever did not write it.
    if !row.out && sabotage::is(Fault::OneSidedTimer) {
        return Ok(());
    }
    row.orders.end = due::order(tx, orders::END_MESSAGE, of, id, end)?;
    Ok(())
}

/// Takes copies out of a box whose time is over, as ordered; what is gone already, or has more time, is passed over.
///
/// # Errors
/// The [`AppendError`].
pub fn end(tx: &mut Tx<'_>, of: BoxId, ids: &[MsgId], now: UnixTime) -> Result<(), AppendError> {
    tx.enter(&[of])?;
    let numbers: Vec<_> = ids.iter().map(|id| Pts(id.0)).collect();
    let mut ended = BTreeMap::<Peer, Vec<MsgId>>::new();
    for (&id, row) in ids.iter().zip(tx.multi_get(&LOG, of, &numbers)?) {
        let Some(Event::NewMessage { peer, .. }) = row.map(|row| row.event) else { continue };
        let Some(mut row) = tx.get(&MESSAGES, of, &super::key(peer, id))? else { continue };
        match row.end() {
            Some(end) if end <= now => ended.entry(peer).or_default().push(id),
            // Its order came before its time: it has another one then.
            Some(end) => {
                row.orders.end = due::order(tx, orders::END_MESSAGE, of, id, end)?;
                copy::change(tx, of, peer, id, &row)?;
            }
            None => {}
        }
    }
    for (peer, ids) in ended {
        for ids in ids.chunks(MESSAGE_IDS_MAX) {
            copy::remove(tx, of, peer, ids, now)?;
        }
    }
    Ok(())
}

impl MessageRow {
    /// When its time is over.
    pub(super) fn end(&self) -> Option<UnixTime> {
        self.ttl_s.map(|ttl_s| UnixTime(self.date.0.saturating_add(ttl_s.into())))
    }
}

impl From<StoreError> for TimerError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
