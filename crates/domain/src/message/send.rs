//! messages.sendMessage as a rule: one transaction stores both copies, and the same random id twice is one message.

use ids::{MsgId, Pts, RandomId, UnixTime};
use store::{StoreError, Tx};

use super::{FormattedText, Message};
use crate::{Allowed, Authed};

/// A message that a client sends.
pub struct NewMessage {
    /// To whom.
    pub to: Allowed,
    /// The client's own number of it, not 0.
    pub random_id: RandomId,
    /// What it says.
    pub text: FormattedText,
    /// The message of this dialog that it answers, by its number in the writer's box.
    pub reply_to: Option<MsgId>,
    /// Whether the recipient is to be left in peace.
    pub silent: bool,
}

/// What became of a sent message.
pub struct Sent {
    /// Its number in the writer's box.
    pub id: MsgId,
    /// The client's own number of it.
    pub random_id: RandomId,
    /// The writer's copy; none if the request is a repetition and the message has been deleted since.
    pub message: Option<Message>,
    /// The writer's counter right after the event of this message, whose count is 1.
    pub pts: Pts,
    /// Whether it was sent before: nothing was written this time (T7).
    pub repeated: bool,
}

/// Why a message was not sent; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// The random id is 0.
    #[error("the random id is 0")]
    RandomIdEmpty,
    /// There is no such message in this dialog to answer.
    #[error("no such message to answer")]
    ReplyTo,
    /// A user is named who does not exist.
    #[error("a mentioned user does not exist")]
    Mention,
    /// A box has no numbers left: after 2^31 events.
    #[error("a box is full")]
    Full,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends a message.
///
/// # Errors
/// The [`SendError`].
pub fn send(tx: &mut Tx<'_>, by: Authed, message: NewMessage, now: UnixTime) -> Result<Sent, SendError> {
    todo!()
}
