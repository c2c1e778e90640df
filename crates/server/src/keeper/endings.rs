//! Messages and polls whose time is over: their orders are found here and carried out by the handler threads, box by box.
//!
//! A copy ends in its own box, whose keys may have to be brought for it. A box whose keys do not come puts its orders off, so
//! that no other waits behind it; nothing is forgotten, since an order is gone only with its message, in one commit (P32).
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::orders;
use ids::limits::ENDINGS_MAX;
use ids::{BoxId, MsgId, Now};
use store::StoreError;
use store::outbox::{self, OutboxId, OutboxRow};

use super::Tries;
use super::desk::Desk;
use crate::work::Task;

/// How long a box is left alone after its orders were handed over: they are not handed over twice while they are carried out.
const UNDER_WAY_MS: u64 = 2_000;

/// Boxes whose orders were handed over, and until when they are left alone.
#[derive(Default)]
pub(super) struct Endings(BTreeMap<BoxId, u64>);

/// The orders of one box.
pub(crate) struct Ending {
    /// The box.
    pub(crate) of: BoxId,
    /// The orders, and what they name.
    pub(crate) due: Vec<(OutboxId, Over)>,
}

/// Whose time is over.
#[derive(Clone, Copy)]
pub(crate) enum Over {
    /// A message's.
    Message(MsgId),
    /// That of a message's poll.
    Poll(MsgId),
}

impl Desk {
    /// Has messages taken away, and polls ended, whose time is over.
    pub(super) fn end_messages(&mut self, now: Now) {
        self.endings.0.retain(|_, until_ms| *until_ms > now.mono_ms);
        // A clock that is not to be trusted must not end anything before its time.
        if self.errands.days.is_doubted(now) {
            return;
        }
        let ran = self.store.read::<_, StoreError>(|tx| {
            let mut due = outbox::due_of(tx, orders::END_MESSAGE, now.unix(), ENDINGS_MAX)?;
            due.extend(outbox::due_of(tx, orders::CLOSE_POLL, now.unix(), ENDINGS_MAX)?);
            Ok(due)
        });
        let mut by_box = BTreeMap::<BoxId, Vec<(OutboxId, Over)>>::new();
        let due = self.note::<Vec<_>>(ran.result).unwrap_or_default();
        for (order, OutboxRow { kind, of, reference }) in due {
            // A number that is none names no message.
            let id = MsgId(i32::try_from(reference).unwrap_or_default());
            let over = if kind == orders::CLOSE_POLL { Over::Poll(id) } else { Over::Message(id) };
            by_box.entry(of).or_default().push((order, over));
        }
        for (of, due) in by_box {
            if let Entry::Vacant(place) = self.endings.0.entry(of) {
                place.insert(now.mono_ms + UNDER_WAY_MS);
                self.node.work.submit(Task::End(Ending { of, due }, Tries::default()));
            }
        }
    }
}
