//! messages.sendReaction as a rule: an emoji on a message, on both copies.
//!
//! One person has one reaction on a message; another takes its place, none takes it away. A side that deleted its copy, or has
//! blocked who reacts, learns nothing. Source: docs, messages.sendReaction; appConfig, reactions_user_max_default.

use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx};

use super::{Message, MessageRow, Reaction, copy};
use crate::tables::MESSAGES;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// A message with its reactions.
pub struct Reacted {
    /// It, as the caller has it now.
    pub message: Message,
    /// The caller's counter right after the event, whose count is 1.
    pub pts: Pts,
    /// Whether anything changed; if not, there was no event.
    pub changed: bool,
}

/// Why a reaction was not noted; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReactError {
    /// There is no such message in this dialog, or it is one that says what happened.
    #[error("no such message")]
    NotFound,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Puts an emoji on a message of the caller's box, or takes his away.
///
/// # Errors
/// The [`ReactError`].
pub fn react(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Known,
    id: MsgId,
    emoji: Option<&str>,
    now: UnixTime,
) -> Result<Reacted, ReactError> {
    let (own, peer) = (by.own_box(), with.peer());
    tx.enter(&[own])?;
    let row = tx.get(&MESSAGES, own, &super::key(peer, id))?;
    let mut row = row.filter(|row| row.action.is_none()).ok_or(ReactError::NotFound)?;
    let head = update::head(tx, own)?;
    let reaction = |date| emoji.map(|emoji| Reaction { by: by.user(), emoji: emoji.to_owned(), date });
    if row.reactions.iter().find(|old| old.by == by.user()).map(|old| old.emoji.as_str()) == emoji {
        let message = Message::from_row(own, peer, id, row);
        return Ok(Reacted { message, pts: head.pts, changed: false });
    }
    if let Some((other, twin)) = copy::reached_twin(tx, by, peer, row.twin)? {
        tx.enter(&[other])?;
        on_twin(tx, by, other, twin, reaction(now), now)?;
    }
    let date = update::date_after(head, now);
    note(&mut row, by, reaction(date));
    copy::change(tx, own, peer, id, &row)?;
    let state = update::append(tx, own, head, date, Event::Reactions { peer, id })?;
    Ok(Reacted { message: Message::from_row(own, peer, id, row), pts: state.pts, changed: true })
}

/// The other side's copy, unless that was deleted.
fn on_twin(
    tx: &mut Tx<'_>,
    by: Authed,
    of: BoxId,
    id: MsgId,
    reaction: Option<Reaction>,
    now: UnixTime,
) -> Result<(), AppendError> {
    let peer = Peer::User(by.user());
    let Some(mut row) = tx.get(&MESSAGES, of, &super::key(peer, id))? else { return Ok(()) };
    note(&mut row, by, reaction);
    copy::change(tx, of, peer, id, &row)?;
    update::log(tx, of, now, Event::Reactions { peer, id })?;
    Ok(())
}

fn note(row: &mut MessageRow, by: Authed, reaction: Option<Reaction>) {
    row.reactions.retain(|old| old.by != by.user());
    row.reactions.extend(reaction);
}

impl From<StoreError> for ReactError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
