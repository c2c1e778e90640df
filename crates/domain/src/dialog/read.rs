//! messages.readHistory as a rule: my read mark, and the other side's mark of what I have read.

use ids::{MsgId, Pts};
use store::{StoreError, Tx};

use crate::{Authed, Known};

/// What a call of readHistory changed in the caller's box: `messages.affectedMessages`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadMark {
    /// The caller's counter afterwards.
    pub pts: Pts,
    /// 1, or 0 when everything was read already.
    pub pts_count: i32,
}

/// Marks the caller's incoming messages up to `max_id` as read; 0 or less means all. Both sides get an event, or,
/// if nothing was unread up to there, neither.
///
/// # Errors
/// When the store fails.
pub fn read(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Known,
    max_id: MsgId,
    now: ids::UnixTime,
) -> Result<ReadMark, StoreError> {
    todo!()
}
