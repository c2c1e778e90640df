//! updates.getDifference as a rule: everything that happened in a box after a counter value, in its current state.
//!
//! The log is read up to one point of one transaction, so the answer is a consistent cut. A message that came and
//! was deleted in between is left out; its event counts all the same. Source: docs, updates.getDifference.

use ids::limits::{DIFFERENCE_EVENTS_MAX, DIFFERENCE_TEXT_BYTES_MAX};
use ids::{MsgId, Pts, RandomId};
use store::{StoreError, Tx};

use super::{Entry, Event, PTS_START, State};
use crate::Authed;
use crate::message::{self, Message};

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
    pub sent: Vec<(MsgId, RandomId)>,
    /// All other events, in order, each with the message it is about.
    pub others: Vec<(Entry, Option<Message>)>,
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
    if since.pts < PTS_START {
        return Err(DifferenceError::Empty);
    }
    let own = by.own_box();
    let head = super::head(tx, own)?;
    if since.pts > head.pts {
        return Err(DifferenceError::Invalid);
    }
    let rows = super::rows(tx, own, since.pts, since.events())?;
    let entries: Vec<_> = rows.into_iter().map(|(pts, row)| (row.state(pts), row.entry(pts))).collect();
    let places: Vec<_> = entries.iter().map(|(_, entry)| entry.message()).collect();
    let messages = message::at(tx, own, &places)?;

    let mut answer = Difference {
        messages: Vec::new(),
        sent: Vec::new(),
        others: Vec::new(),
        state: head,
        complete: true,
    };
    let mut text_bytes = 0;
    for ((state, entry), message) in entries.into_iter().zip(messages) {
        text_bytes += message.as_ref().map_or(0, Message::text_bytes);
        answer.add(entry, message);
        answer.state = state;
        if text_bytes > DIFFERENCE_TEXT_BYTES_MAX {
            break;
        }
    }
    answer.complete = answer.state.pts == head.pts;
    Ok(answer)
}

impl Since {
    fn events(&self) -> usize {
        match self.limit.map(usize::try_from) {
            Some(Ok(limit)) if limit > 0 => limit.min(DIFFERENCE_EVENTS_MAX),
            Some(Ok(_) | Err(_)) | None => DIFFERENCE_EVENTS_MAX,
        }
    }
}

impl Difference {
    fn add(&mut self, entry: Entry, message: Option<Message>) {
        if let Event::NewMessage { random_id, .. } = entry.event {
            self.sent.extend(random_id.map(|random_id| (MsgId(entry.pts.0), random_id)));
            self.messages.extend(message);
        } else if entry.event != Event::Repaired {
            // Of a repair nothing is said: who asks for the difference has asked anew.
            self.others.push((entry, message));
        }
    }
}
