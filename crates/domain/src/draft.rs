//! Drafts: what somebody has begun to write in a dialog, on all his devices.
//!
//! A draft is content that does not last: its row lies under numbers of the short-lived tree, so that writing, which goes on all
//! day, makes no work for the writer's own tree. Saving what is there already, or clearing what is not, is no event.
//! Source: docs, Message drafts; messages.saveDraft.

use ids::{BoxId, UnixTime};
use store::{Masked, StoreError, Tx, Window, record};

use crate::message::{self, FormattedText, Reply};
use crate::tables::DRAFTS;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// What is being written in a dialog.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text so far; empty if there is only a message to answer.
    pub text: FormattedText,
    /// The message it will answer.
    pub reply: Option<Reply>,
    /// Links in it are not to be previewed.
    pub no_webpage: bool,
    /// A preview is to stand above the text.
    pub invert_media: bool,
    /// When it was saved.
    pub date: UnixTime,
}

record! {
    /// A draft at rest.
    pub struct DraftRow v1 {
        pub(crate) peer: Peer,
        pub(crate) text: FormattedText,
        pub(crate) reply: Option<Reply>,
        pub(crate) no_webpage: bool,
        pub(crate) invert_media: bool,
        pub(crate) date: UnixTime,
    }
}

/// What a client wants to keep; nothing of it is a way to clear the draft.
pub struct NewDraft {
    /// In the dialog with whom.
    pub with: Known,
    /// The text so far.
    pub text: FormattedText,
    /// The message of this dialog that it will answer, by its number in the writer's box.
    pub reply: Option<Reply>,
    /// Links in it are not to be previewed.
    pub no_webpage: bool,
    /// A preview is to stand above the text.
    pub invert_media: bool,
}

/// Why a draft was not kept; the one before is there still.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DraftError {
    /// There is no such message in this dialog to answer, or it does not say what is quoted.
    #[error("no such message to answer")]
    ReplyTo,
    /// A user is named who does not exist.
    #[error("a mentioned user does not exist")]
    Mention,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Keeps a draft, or clears it when there is nothing in it.
///
/// # Errors
/// The [`DraftError`].
pub fn save(tx: &mut Tx<'_>, by: Authed, new: NewDraft, now: UnixTime) -> Result<(), DraftError> {
    let (own, peer) = (by.own_box(), new.with.peer());
    tx.enter(&[own])?;
    if new.text.text().is_empty() && new.reply.is_none() {
        clear(tx, own, peer, now)?;
        return Ok(());
    }
    let NewDraft { with: _, text, reply, no_webpage, invert_media } = new;
    if let Some(reply) = &reply
        && !message::is_answerable(tx, own, peer, reply)?
    {
        return Err(DraftError::ReplyTo);
    }
    if !message::mentions_exist(tx, &text)? {
        return Err(DraftError::Mention);
    }
    let head = update::head(tx, own)?;
    let date = update::date_after(head, now);
    let row = DraftRow { peer, text, reply, no_webpage, invert_media, date };
    let before = tx.get(&DRAFTS, own, &masked(peer))?;
    if before.is_some_and(|before| DraftRow { date, ..before } == row) {
        return Ok(());
    }
    tx.put(&DRAFTS, own, &masked(peer), &row)?;
    update::append(tx, own, head, date, Event::Draft { peer })?;
    Ok(())
}

/// Clears the draft of a dialog, in a box that has been entered; whether there was one.
pub(crate) fn clear(tx: &mut Tx<'_>, of: BoxId, peer: Peer, now: UnixTime) -> Result<bool, AppendError> {
    if tx.get(&DRAFTS, of, &masked(peer))?.is_none() {
        return Ok(false);
    }
    tx.delete(&DRAFTS, of, &masked(peer))?;
    let head = update::head(tx, of)?;
    update::append(tx, of, head, update::date_after(head, now), Event::Draft { peer })?;
    Ok(true)
}

/// Clears all drafts of the caller.
///
/// # Errors
/// The [`AppendError`].
pub fn clear_all(tx: &mut Tx<'_>, by: Authed, now: UnixTime) -> Result<(), AppendError> {
    tx.enter(&[by.own_box()])?;
    for (peer, _) in all(tx, by)? {
        clear(tx, by.own_box(), peer, now)?;
    }
    Ok(())
}

/// All drafts of the caller, each with whom its dialog is.
///
/// # Errors
/// When the store fails.
pub fn all(tx: &Tx<'_>, by: Authed) -> Result<Vec<(Peer, Draft)>, StoreError> {
    let rows = tx.range(&DRAFTS, by.own_box(), .., Window::first(usize::MAX))?;
    Ok(rows.into_iter().map(|((), row)| (row.peer, Draft::from(row))).collect())
}

/// The caller's drafts in the dialogs with some peers, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn of(tx: &Tx<'_>, by: Authed, peers: &[Peer]) -> Result<Vec<Option<Draft>>, StoreError> {
    let keys: Vec<_> = peers.iter().copied().map(masked).collect();
    let rows = tx.multi_get(&DRAFTS, by.own_box(), &keys)?;
    Ok(rows.into_iter().map(|row| row.map(Draft::from)).collect())
}

fn masked(peer: Peer) -> Masked {
    Masked(peer.number())
}

impl From<DraftRow> for Draft {
    fn from(row: DraftRow) -> Self {
        let DraftRow { peer: _, text, reply, no_webpage, invert_media, date } = row;
        Self { text, reply, no_webpage, invert_media, date }
    }
}

impl From<StoreError> for DraftError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
