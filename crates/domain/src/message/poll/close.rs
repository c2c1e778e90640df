//! How a poll ends: who sent it ends it in both copies, or its time is over, and then each copy ends by an order of its own, as
//! messages with a timer do, whoever is online.
//!
//! Votes are refused from that time on, whether the order has been carried out or not. Source: docs, api/poll (closing by
//! messages.editMessage); constructor poll, close_period and close_date.

use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx};

use super::vote::poll_of;
use crate::message::{self, Media, Message, MessageRow, copy, due};
use crate::tables::{LOG, MESSAGES};
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer, orders};

/// Why a poll was not ended; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CloseError {
    /// There is no such message in this dialog.
    #[error("no such message")]
    NotFound,
    /// Somebody else sent it, or asked first.
    #[error("the poll is somebody else's")]
    Author,
    /// It is no poll.
    #[error("the message is no poll")]
    NoPoll,
    /// It has ended before.
    #[error("the poll has ended")]
    Ended,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Ends a poll that the caller sent; its message, and the counter right after the event, whose count is 1.
///
/// # Errors
/// The [`CloseError`].
pub fn close(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Known,
    id: MsgId,
    now: UnixTime,
) -> Result<(Message, Pts), CloseError> {
    let (own, peer) = (by.own_box(), with.peer());
    tx.enter(&[own])?;
    let mut row = tx.get(&MESSAGES, own, &message::key(peer, id))?.ok_or(CloseError::NotFound)?;
    if !row.asks() {
        return Err(CloseError::Author);
    }
    let poll = poll_of(&mut row).ok_or(CloseError::NoPoll)?;
    if poll.is_closed {
        return Err(CloseError::Ended);
    }
    poll.is_closed = true;
    if let Some((other, twin)) = copy::reached_twin(tx, by, peer, row.twin)? {
        tx.enter(&[other])?;
        end(tx, other, Peer::User(by.user()), twin, now)?;
    }
    let head = update::head(tx, own)?;
    copy::change(tx, own, peer, id, &row)?;
    let state = update::append(tx, own, head, update::date_after(head, now), Event::Poll { peer, id })?;
    Ok((Message::from_row(own, peer, id, row), state.pts))
}

/// Ends polls of a box whose time is over, as ordered; what is gone or has ended is passed over.
///
/// # Errors
/// The [`AppendError`].
pub fn close_due(tx: &mut Tx<'_>, of: BoxId, ids: &[MsgId], now: UnixTime) -> Result<(), AppendError> {
    tx.enter(&[of])?;
    for &id in ids {
        let Some(Event::NewMessage { peer, .. }) = tx.get(&LOG, of, &Pts(id.0))?.map(|row| row.event) else {
            continue;
        };
        let Some(mut row) = tx.get(&MESSAGES, of, &message::key(peer, id))? else { continue };
        match poll_of(&mut row).filter(|poll| !poll.is_closed).map(|poll| poll.has_ended(now)) {
            Some(true) => end(tx, of, peer, id, now)?,
            // Its order came before its time: it has another one then.
            Some(false) => {
                order(tx, of, id, &mut row)?;
                copy::change(tx, of, peer, id, &row)?;
            }
            None => {}
        }
    }
    Ok(())
}

/// Orders the end of a copy of a poll that ends by itself.
pub(in crate::message) fn order(
    tx: &mut Tx<'_>,
    of: BoxId,
    id: MsgId,
    row: &mut MessageRow,
) -> Result<(), StoreError> {
    let Some(Media::Poll { poll }) = &row.media else { return Ok(()) };
    let Some(ends) = poll.ends else { return Ok(()) };
    row.orders.close = due::order(tx, orders::CLOSE_POLL, of, id, ends)?;
    Ok(())
}

/// Ends one copy, if it is there and has not ended.
fn end(tx: &mut Tx<'_>, of: BoxId, peer: Peer, id: MsgId, now: UnixTime) -> Result<(), AppendError> {
    let Some(mut row) = tx.get(&MESSAGES, of, &message::key(peer, id))? else { return Ok(()) };
    let Some(poll) = poll_of(&mut row).filter(|poll| !poll.is_closed) else { return Ok(()) };
    poll.is_closed = true;
    copy::change(tx, of, peer, id, &row)?;
    update::log(tx, of, now, Event::Poll { peer, id })?;
    Ok(())
}

impl From<StoreError> for CloseError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
