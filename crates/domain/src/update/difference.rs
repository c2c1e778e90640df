//! updates.getDifference as a rule: everything that happened in a box after a counter value, in its current state.
//!
//! The log is read up to one point of one transaction, so the answer is a consistent cut. A message that came and
//! was deleted in between is left out; its event counts all the same. Source: docs, updates.getDifference.

use ids::{Pts, RandomId};
use store::{StoreError, Tx};

use super::{Entry, State};
use crate::Authed;
use crate::message::Message;

/// From where a client asks.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// The counter it has reached.
    pub pts: Pts,
    /// `pts_limit`: events at most; none, 0 or less: 500. It is capped there too.
    pub limit: Option<i32>,
}

/// What happened since.
pub struct Difference {
    /// The messages that came, by ascending number, as they are now.
    pub messages: Vec<Message>,
    /// The owner's own random ids of the messages he sent: `updateMessageID`, for a client that missed the answer.
    pub sent: Vec<(ids::MsgId, RandomId)>,
    /// All other events, in order.
    pub others: Vec<Entry>,
    /// Where the client stands after this answer.
    pub state: State,
    /// Whether that is the box's head; if not, the client asks again from there (`differenceSlice`).
    pub complete: bool,
}

/// Why there is no difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DifferenceError {
    /// pts below 1.
    #[error("the counter is empty")]
    Empty,
    /// pts above the box's counter.
    #[error("the counter is from the future")]
    Invalid,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What happened in the caller's box since.
///
/// # Errors
/// The [`DifferenceError`].
pub fn difference(tx: &Tx<'_>, by: Authed, since: Since) -> Result<Difference, DifferenceError> {
    todo!()
}
