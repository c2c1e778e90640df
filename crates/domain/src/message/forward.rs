//! messages.forwardMessages as a rule: new messages of the caller that say what others said, all of them or none.
//!
//! A forward is the forwarder's own message: it stays when its source is deleted (SECURITY.md 10). It names who first wrote it
//! and when, also when it was forwarded on the way, unless the caller leaves that out. Each message has a random id of its
//! own, and one that was sent before is not sent again, even if its source is gone by now (T7).
//! Source: docs, messages.forwardMessages; constructor messageFwdHeader.

use ids::limits::MESSAGE_IDS_MAX;
use ids::{BoxId, MsgId, Pts, RandomId, UnixTime, UserId};
use store::{StoreError, Tx};

use super::deliver::{self, Words};
use super::poll::{First, Forwarder, is_unanswered};
use super::send::sent_before;
use super::{FormattedText, Forward, ForwardedAgain, Media, Message, MessageRow, SavedFrom, Sent};
use crate::tables::MESSAGES;
use crate::update::AppendError;
use crate::{Allowed, Authed, Known, Peer};

/// Messages that a client forwards.
pub struct NewForwards {
    /// The dialog they are in.
    pub from: Known,
    /// To whom.
    pub to: Allowed,
    /// Their numbers in the caller's box, in the order in which they are to come, each with the client's own number of the
    /// new message.
    pub messages: Vec<(MsgId, RandomId)>,
    /// Whether they are to look like the caller's own words.
    pub drop_author: bool,
    /// Whether media goes without the text beside it.
    pub drop_captions: bool,
    /// Whether the recipient is to be left in peace.
    pub silent: bool,
    /// A random number: a poll that is forwarded is a new one.
    pub chance: u64,
}

/// Why nothing was forwarded; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ForwardError {
    /// No messages.
    #[error("no messages")]
    Nothing,
    /// More than one call may name.
    #[error("too many messages")]
    TooMany,
    /// A random id is 0.
    #[error("a random id is 0")]
    RandomIdEmpty,
    /// A random id stands for two of the messages.
    #[error("a random id is there twice")]
    RandomIdTwice,
    /// A quiz that the caller has not answered does not become his own: he would be shown what is right in it.
    #[error("the quiz is not answered")]
    Unanswered,
    /// There is no such message in this dialog, or it is one that says what happened.
    #[error("no such message")]
    NotFound,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Forwards messages of one dialog, in the order given.
///
/// # Errors
/// The [`ForwardError`].
pub fn forward(
    tx: &mut Tx<'_>,
    by: Authed,
    new: &NewForwards,
    now: UnixTime,
) -> Result<Vec<Sent>, ForwardError> {
    let (own, from, to) = (by.own_box(), new.from.peer(), new.to.peer());
    deliver::enter(tx, by, new.to)?;
    check(&new.messages)?;
    let mut all = Vec::with_capacity(new.messages.len());
    for (chance, &(id, random_id)) in
        (0..).map(|place| new.chance.wrapping_add(place << 32)).zip(&new.messages)
    {
        if let Some(first) = sent_before(tx, by, random_id)? {
            all.push(first);
            continue;
        }
        let source = tx.get(&MESSAGES, own, &super::key(from, id))?;
        let source = source.filter(|row| row.action.is_none()).ok_or(ForwardError::NotFound)?;
        let forwarder = Forwarder { user: by.user(), from: First { peer: from, id }, asks: source.asks() };
        let media = source.media.clone().map(|media| media.forwarded(forwarder, chance, now));
        if new.drop_author && is_unanswered(media.as_ref()) {
            return Err(ForwardError::Unanswered);
        }
        let words = words(MessageRow { media, ..source }, own, (from, id), new);
        let (id, row) = deliver::post(tx, by, new.to, words, Some(random_id), now)?;
        let message = Some(Message::from_row(own, to, id, row));
        all.push(Sent { id, random_id, message, pts: Pts(id.0), cleared_draft: false, repeated: false });
    }
    Ok(all)
}

fn check(messages: &[(MsgId, RandomId)]) -> Result<(), ForwardError> {
    if messages.is_empty() {
        return Err(ForwardError::Nothing);
    }
    if messages.len() > MESSAGE_IDS_MAX {
        return Err(ForwardError::TooMany);
    }
    let mut random_ids: Vec<_> = messages.iter().map(|&(_, random_id)| random_id).collect();
    random_ids.sort_unstable();
    random_ids.dedup();
    if random_ids.len() < messages.len() {
        return Err(ForwardError::RandomIdTwice);
    }
    if random_ids.contains(&RandomId(0)) { Err(ForwardError::RandomIdEmpty) } else { Ok(()) }
}

/// What the new message says.
fn words(source: MessageRow, own: BoxId, (peer, id): (Peer, MsgId), new: &NewForwards) -> Words {
    let MessageRow { out, date, text, media, forward, .. } = source;
    let writer = if out { UserId(own.0) } else { peer.user() };
    // A note to oneself goes out as if it were written now; clients count on that. What fell is no note.
    let is_note = peer.other_box() == own && forward.is_none() && !matches!(media, Some(Media::Dice { .. }));
    let again = forward.is_some().then_some(ForwardedAgain { by: writer, date });
    let (from, date) = forward.map_or((writer, date), |first| (first.from, first.date));
    // The other side's copy is made without it.
    let saved_from = (new.to.peer().other_box() == own).then_some(SavedFrom { peer, id, again });
    let drops_text = new.drop_captions && media.is_some();
    Words {
        text: if drops_text { FormattedText::EMPTY } else { text },
        media,
        action: None,
        answers: None,
        forward: (!new.drop_author && !is_note).then_some(Forward { from, date, saved_from }),
        silent: new.silent,
    }
}

impl From<StoreError> for ForwardError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
