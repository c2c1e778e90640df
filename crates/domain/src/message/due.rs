//! What is ordered for one copy of a message, and goes with it: an order that outlived its message would say, until its time
//! came, that there had been one.
//!
//! An order stands in the outbox by its time, which the copy says, and by its place among those of that time, which the copy
//! keeps. One that could not be carried out when it was due stands elsewhere by then, for minutes.

use ids::{BoxId, MsgId, UnixTime};
use store::outbox::{self, OutboxRow};
use store::{StoreError, Tx};

use super::{Media, MessageRow};
use crate::orders;

store::fields! {
    /// Where the orders of a copy stand.
    #[derive(Copy)]
    pub struct Ordered {
        /// That of its end.
        pub(super) end: Option<u32>,
        /// That of its poll's end.
        pub(super) close: Option<u32>,
    }
}

impl Ordered {
    /// Nothing is ordered.
    pub(super) const NOTHING: Self = Self { end: None, close: None };
}

/// Orders something for a copy; where the order stands.
pub(super) fn order(
    tx: &mut Tx<'_>,
    kind: u16,
    of: BoxId,
    id: MsgId,
    due: UnixTime,
) -> Result<Option<u32>, StoreError> {
    tx.enqueue(due, &row(kind, of, id)).map(Some)
}

/// Takes the orders of a copy back that is about to go.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    of: BoxId,
    id: MsgId,
    message: &MessageRow,
) -> Result<(), StoreError> {
    let Ordered { end, close } = message.orders;
    if let (Some(turn), Some(due)) = (end, message.end()) {
        outbox::take_back(tx, due, turn, &row(orders::END_MESSAGE, of, id))?;
    }
    if let (Some(turn), Some(Media::Poll { poll })) = (close, &message.media)
        && let Some(due) = poll.ends
    {
        outbox::take_back(tx, due, turn, &row(orders::CLOSE_POLL, of, id))?;
    }
    Ok(())
}

fn row(kind: u16, of: BoxId, id: MsgId) -> OutboxRow {
    OutboxRow { kind, of, reference: u64::from(id.0.unsigned_abs()) }
}
