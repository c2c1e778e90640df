//! messages.sendMessage as a rule: one transaction stores both copies, and the same random id twice is one message.

use ids::{BoxId, MsgId, Pts, RandomId, UnixTime};
use store::{StoreError, Tx};

use super::deliver::{self, Answers, Words};
use super::{FormattedText, Media, Message, MessageRow, Reply, SentRow};
use crate::tables::{MESSAGES, SENT};
use crate::update::AppendError;
use crate::{Allowed, Authed, Peer, account, draft};

/// A message that a client sends.
pub struct NewMessage {
    /// To whom.
    pub to: Allowed,
    /// The client's own number of it, not 0.
    pub random_id: RandomId,
    /// What it says.
    pub text: FormattedText,
    /// What comes with it.
    pub media: Option<Media>,
    /// The message of this dialog that it answers, by its number in the writer's box.
    pub reply: Option<Reply>,
    /// Whether the recipient is to be left in peace.
    pub silent: bool,
    /// Whether the draft of the dialog has become this message, and goes.
    pub clear_draft: bool,
}

impl NewMessage {
    /// Nothing but a text.
    pub const fn text(to: Allowed, random_id: RandomId, text: FormattedText) -> Self {
        Self { to, random_id, text, media: None, reply: None, silent: false, clear_draft: false }
    }
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
    /// Whether a draft went with it: an event of count 1, right before that of the message.
    pub cleared_draft: bool,
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
    /// The quoted text is not part of the message that is answered.
    #[error("the quote is not in the message")]
    Quote,
    /// A user is named who does not exist.
    #[error("a mentioned user does not exist")]
    Mention,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Sends a message: the writer's copy and the recipient's, in one transaction.
///
/// # Errors
/// The [`SendError`].
pub fn send(tx: &mut Tx<'_>, by: Authed, message: NewMessage, now: UnixTime) -> Result<Sent, SendError> {
    let NewMessage { to, random_id, text, media, reply, silent, clear_draft } = message;
    let (own, peer) = (by.own_box(), to.peer());
    deliver::enter(tx, by, to)?;
    if random_id.0 == 0 {
        return Err(SendError::RandomIdEmpty);
    }
    if let Some(first) = sent_before(tx, by, random_id)? {
        return Ok(first);
    }
    let answers = reply.map(|reply| answered(tx, own, peer, reply)).transpose()?;
    if !mentions_exist(tx, &text)? {
        return Err(SendError::Mention);
    }
    let cleared_draft = clear_draft && draft::clear(tx, own, peer, now)?;
    let new = Words { text, media, action: None, answers, forward: None, silent };
    let (id, row) = deliver::post(tx, by, to, new, Some(random_id), now)?;
    let message = Message::from_row(own, peer, id, row);
    Ok(Sent { id, random_id, message: Some(message), pts: Pts(id.0), cleared_draft, repeated: false })
}

/// What became of a random id the first time (T7).
pub(super) fn sent_before(tx: &Tx<'_>, by: Authed, random_id: RandomId) -> Result<Option<Sent>, StoreError> {
    let Some(SentRow { id }) = tx.get(&SENT, by.own_box(), &random_id)? else { return Ok(None) };
    let message = super::by_id(tx, by, &[id])?.pop().flatten();
    Ok(Some(Sent { id, random_id, message, pts: Pts(id.0), cleared_draft: false, repeated: true }))
}

/// The message that is answered, as each side is to see it.
pub(super) fn answered(tx: &Tx<'_>, own: BoxId, peer: Peer, reply: Reply) -> Result<Answers, SendError> {
    let row = tx.get(&MESSAGES, own, &super::key(peer, reply.to))?.ok_or(SendError::ReplyTo)?;
    if !says(&row, &reply) {
        return Err(SendError::Quote);
    }
    let theirs = row.twin.map(|to| Reply { to, ..reply.clone() });
    Ok(Answers { own: reply, theirs })
}

/// Whether what is answered is a message of this dialog, and says what is quoted.
pub(crate) fn is_answerable(tx: &Tx<'_>, own: BoxId, peer: Peer, reply: &Reply) -> Result<bool, StoreError> {
    let row = tx.get(&MESSAGES, own, &super::key(peer, reply.to))?;
    Ok(row.is_some_and(|row| says(&row, reply)))
}

fn says(row: &MessageRow, reply: &Reply) -> bool {
    reply.quote.as_ref().is_none_or(|quote| row.text.text().contains(quote.text.text()))
}

/// Whether all who are named in a text exist.
pub(crate) fn mentions_exist(tx: &Tx<'_>, text: &FormattedText) -> Result<bool, StoreError> {
    let users: Vec<_> = text.mentioned().collect();
    Ok(users.is_empty() || account::find_all(tx, &users)?.iter().all(Option::is_some))
}

impl From<StoreError> for SendError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
