//! messages.sendMessage as a rule: one transaction stores both copies, and the same random id twice is one message.

use ids::{BoxId, MsgId, Pts, RandomId, UnixTime};
use store::{StoreError, Tx};

use super::{FormattedText, Message, MessageRow, SentRow, deliver};
use crate::tables::{MESSAGES, SENT};
use crate::update::{self, AppendError};
use crate::{Allowed, Authed, Peer, account};

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

/// Sends a message: the writer's copy and the recipient's, in one transaction.
///
/// # Errors
/// The [`SendError`].
pub fn send(tx: &mut Tx<'_>, by: Authed, message: NewMessage, now: UnixTime) -> Result<Sent, SendError> {
    let NewMessage { to, random_id, text, reply_to, silent } = message;
    let (own, peer) = (by.own_box(), to.peer());
    tx.enter(&[own, peer.other_box()])?;
    if random_id.0 == 0 {
        return Err(SendError::RandomIdEmpty);
    }
    if let Some(first) = tx.get(&SENT, own, &random_id)? {
        return repeated(tx, by, first.id, random_id);
    }
    let answered = answered(tx, own, peer, reply_to)?;
    check_mentions(tx, &text)?;

    let mine = update::head(tx, own)?;
    let id = update::next_id(mine)?;
    let mut row =
        MessageRow { out: true, silent, date: update::date_after(mine, now), text, reply_to, twin: None };
    if peer.other_box() != own {
        let theirs = update::head(tx, peer.other_box())?;
        row.date = row.date.max(update::date_after(theirs, now));
        let copy = MessageRow {
            out: false,
            twin: Some(id),
            reply_to: answered.and_then(|answered| answered.twin),
            ..row.clone()
        };
        row.twin = Some(deliver::append(tx, peer.other_box(), Peer::User(by.user()), &copy)?);
    }
    deliver::file(tx, own, mine, peer, &row, Some(random_id))?;
    tx.insert(&SENT, own, &random_id, &SentRow { id })?;
    let message = Message::from_row(own, peer, id, row);
    Ok(Sent { id, random_id, message: Some(message), pts: Pts(id.0), repeated: false })
}

fn repeated(tx: &Tx<'_>, by: Authed, id: MsgId, random_id: RandomId) -> Result<Sent, SendError> {
    let message = super::by_id(tx, by, &[id])?.pop().flatten();
    Ok(Sent { id, random_id, message, pts: Pts(id.0), repeated: true })
}

/// The message that is answered, if one is.
fn answered(
    tx: &Tx<'_>,
    own: BoxId,
    peer: Peer,
    reply_to: Option<MsgId>,
) -> Result<Option<MessageRow>, SendError> {
    let Some(id) = reply_to else {
        return Ok(None);
    };
    tx.get(&MESSAGES, own, &super::key(peer, id))?.map(Some).ok_or(SendError::ReplyTo)
}

fn check_mentions(tx: &Tx<'_>, text: &FormattedText) -> Result<(), SendError> {
    let users: Vec<_> = text.mentioned().collect();
    if users.is_empty() || account::find_all(tx, &users)?.iter().all(Option::is_some) {
        Ok(())
    } else {
        Err(SendError::Mention)
    }
}

impl From<AppendError> for SendError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Full => Self::Full,
            AppendError::Store(error) => Self::Store(error),
        }
    }
}
