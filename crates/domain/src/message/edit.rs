//! messages.editMessage as a rule: another text for a message that I wrote, in both copies.
//!
//! Each copy is written anew under a fresh number, and the number of the text before is cut out with the next tick: an
//! earlier text is as gone as a deleted message (P35). A side that deleted its copy does not get it back, and learns
//! nothing; neither does one that has blocked the writer. Source: docs, messages.editMessage; config, edit_time_limit.

use ids::limits::EDIT_TIME_S_MAX;
use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx};

use super::{FormattedText, Message, MessageRow, copy};
use crate::tables::MESSAGES;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// What a message is to say from now on.
pub struct NewText {
    /// The dialog it is in.
    pub with: Known,
    /// Its number in the caller's box.
    pub id: MsgId,
    /// What it says.
    pub text: FormattedText,
}

/// A message that was edited.
pub struct Edited {
    /// It, as the caller has it now.
    pub message: Message,
    /// The caller's counter right after the event, whose count is 1.
    pub pts: Pts,
}

/// Why a message was not edited; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EditError {
    /// There is no such message in this dialog.
    #[error("no such message")]
    NotFound,
    /// Somebody else wrote it.
    #[error("the message is somebody else's")]
    Author,
    /// It has no text that could be changed.
    #[error("the message cannot be edited")]
    Fixed,
    /// It is too old, and not in the dialog with oneself.
    #[error("the message is too old")]
    TooLate,
    /// It says that already.
    #[error("nothing would change")]
    Unchanged,
    /// It would say nothing: blanks are nothing without media beside them.
    #[error("the text is empty")]
    Empty,
    /// A user is named who does not exist.
    #[error("a mentioned user does not exist")]
    Mention,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Gives a message of the caller another text.
///
/// # Errors
/// The [`EditError`].
pub fn edit(tx: &mut Tx<'_>, by: Authed, new: NewText, now: UnixTime) -> Result<Edited, EditError> {
    let NewText { with, id, text } = new;
    let (own, peer) = (by.own_box(), with.peer());
    tx.enter(&[own])?;
    let mut row = found(tx, own, peer, id, now)?;
    if row.media.is_none() && text.text().trim().is_empty() {
        return Err(EditError::Empty);
    }
    if row.text == text {
        return Err(EditError::Unchanged);
    }
    if !super::send::mentions_exist(tx, &text)? {
        return Err(EditError::Mention);
    }
    if let Some((other, twin)) = copy::reached_twin(tx, by, peer, row.twin)? {
        tx.enter(&[other])?;
        change_twin(tx, by, other, twin, &text, now)?;
    }
    let head = update::head(tx, own)?;
    (row.text, row.edited) = (text, Some(update::date_after(head, now)));
    copy::change(tx, own, peer, id, &row)?;
    let state = update::append(tx, own, head, update::date_after(head, now), Event::Edited { peer, id })?;
    Ok(Edited { message: Message::from_row(own, peer, id, row), pts: state.pts })
}

/// A message that the caller may edit.
///
/// # Errors
/// The [`EditError`] that an edit would meet whatever it says.
pub fn editable(
    tx: &Tx<'_>,
    by: Authed,
    with: Known,
    id: MsgId,
    now: UnixTime,
) -> Result<Message, EditError> {
    let (own, peer) = (by.own_box(), with.peer());
    Ok(Message::from_row(own, peer, id, found(tx, own, peer, id, now)?))
}

fn found(tx: &Tx<'_>, own: BoxId, peer: Peer, id: MsgId, now: UnixTime) -> Result<MessageRow, EditError> {
    let row = tx.get(&MESSAGES, own, &super::key(peer, id))?.ok_or(EditError::NotFound)?;
    if !row.out {
        return Err(EditError::Author);
    }
    if row.action.is_some() || row.forward.is_some() {
        return Err(EditError::Fixed);
    }
    if peer.other_box() != own && now.0.saturating_sub(row.date.0) > EDIT_TIME_S_MAX {
        return Err(EditError::TooLate);
    }
    Ok(row)
}

/// The other side's copy, unless that was deleted.
fn change_twin(
    tx: &mut Tx<'_>,
    by: Authed,
    of: BoxId,
    id: MsgId,
    text: &FormattedText,
    now: UnixTime,
) -> Result<(), AppendError> {
    let peer = Peer::User(by.user());
    let Some(mut row) = tx.get(&MESSAGES, of, &super::key(peer, id))? else { return Ok(()) };
    let head = update::head(tx, of)?;
    (row.text, row.edited) = (text.clone(), Some(update::date_after(head, now)));
    copy::change(tx, of, peer, id, &row)?;
    update::append(tx, of, head, update::date_after(head, now), Event::Edited { peer, id })?;
    Ok(())
}

impl From<StoreError> for EditError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
