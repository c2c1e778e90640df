//! messages.sendVote as a rule: what somebody answers, on both copies.
//!
//! One person has one vote in a poll; another takes its place, none takes it away, where that is allowed. The vote before it
//! dies with its version of the row. A side that deleted its copy learns nothing, and neither does one that blocked who votes.
//! Who forwards a quiz that he has not answered answers both with one vote, or he could try the answers on a copy first: on
//! official servers the two are one poll.
//! Source: docs, messages.sendVote, api/poll.

use ids::{BoxId, MsgId, Pts, UnixTime};
use store::{StoreError, Tx};

use super::{First, Poll, Vote};
use crate::message::{self, Media, Message, MessageRow, copy};
use crate::tables::MESSAGES;
use crate::update::{self, AppendError, Event};
use crate::{Authed, Known, Peer};

/// A poll after a vote.
pub struct Voted {
    /// Its message, as the caller has it now.
    pub message: Message,
    /// The caller's counter right after the event, whose count is 1.
    pub pts: Pts,
    /// Whether anything changed; if not, there was no event.
    pub changed: bool,
    /// The quiz that was answered with this one, and the counter right after its event, which came before.
    pub first: Option<(Message, Pts)>,
}

/// Why a vote was not counted; nothing was written on either side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VoteError {
    /// There is no such poll in this dialog.
    #[error("no such poll")]
    NotFound,
    /// It has ended.
    #[error("the poll has ended")]
    Ended,
    /// It takes one option.
    #[error("too many options")]
    TooMany,
    /// It has no such option.
    #[error("no such option")]
    Option,
    /// The caller has voted, and that stays.
    #[error("the vote is final")]
    Final,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Votes in a poll of the caller's box for the options of these names, or with none takes his vote back.
///
/// # Errors
/// The [`VoteError`].
pub fn vote(
    tx: &mut Tx<'_>,
    by: Authed,
    with: Known,
    id: MsgId,
    keys: &[Vec<u8>],
    now: UnixTime,
) -> Result<Voted, VoteError> {
    let (own, at) = (by.own_box(), First { peer: with.peer(), id });
    tx.enter(&[own])?;
    let mut row = tx.get(&MESSAGES, own, &message::key(at.peer, id))?;
    let tie = row.as_mut().and_then(poll_of).and_then(|poll| poll.first);
    // Both other sides are entered before anything is written, so that keys that are missing are missed once.
    let mut others = Vec::new();
    for place in [Some(at), tie].into_iter().flatten() {
        let row = tx.get(&MESSAGES, own, &message::key(place.peer, place.id))?;
        others.extend(copy::reached_twin(tx, by, place.peer, row.and_then(|row| row.twin))?);
    }
    tx.enter(&others.into_iter().map(|(other, _)| other).collect::<Vec<_>>())?;
    let first = tie.map(|first| cast(tx, by, first, keys, now));
    let first = match first {
        Some(Ok(voted)) => voted.changed.then_some((voted.message, voted.pts)),
        Some(Err(VoteError::Append(error))) => return Err(error.into()),
        // It is gone, or what is right in it is known by now, or he has answered it.
        Some(Err(
            VoteError::NotFound
            | VoteError::Ended
            | VoteError::TooMany
            | VoteError::Option
            | VoteError::Final,
        ))
        | None => None,
    };
    Ok(Voted { first, ..cast(tx, by, at, keys, now)? })
}

/// One vote in one poll, in a box that has been entered.
fn cast(
    tx: &mut Tx<'_>,
    by: Authed,
    First { peer, id }: First,
    keys: &[Vec<u8>],
    now: UnixTime,
) -> Result<Voted, VoteError> {
    let own = by.own_box();
    let row = tx.get(&MESSAGES, own, &message::key(peer, id))?;
    let mut row = row.ok_or(VoteError::NotFound)?;
    let poll = poll_of(&mut row).ok_or(VoteError::NotFound)?;
    let head = update::head(tx, own)?;
    let options = chosen(poll, keys, now)?;
    let before = poll.vote_of(by.user()).map_or(&[][..], |vote| vote.options.as_slice());
    if before == options {
        let message = Message::from_row(own, peer, id, row);
        return Ok(Voted { message, pts: head.pts, changed: false, first: None });
    }
    if poll.is_final && !before.is_empty() {
        return Err(VoteError::Final);
    }
    let (of, date) = (poll.id, update::date_after(head, now));
    let vote = Vote { by: by.user(), options, date };
    note(poll, vote.clone());
    if let Some((other, twin)) = copy::reached_twin(tx, by, peer, row.twin)? {
        tx.enter(&[other])?;
        on_twin(tx, by, (other, twin), of, vote, now)?;
    }
    copy::change(tx, own, peer, id, &row)?;
    let state = update::append(tx, own, head, date, Event::Poll { peer, id })?;
    Ok(Voted { message: Message::from_row(own, peer, id, row), pts: state.pts, changed: true, first: None })
}

/// The poll of a message that has one.
pub(super) fn poll_of(row: &mut MessageRow) -> Option<&mut Poll> {
    match &mut row.media {
        Some(Media::Poll { poll }) => Some(poll),
        Some(Media::Dice { .. } | Media::Contact { .. } | Media::Geo { .. } | Media::Venue { .. }) | None => {
            None
        }
    }
}

/// The places of the options that are named, ascending.
fn chosen(poll: &Poll, keys: &[Vec<u8>], now: UnixTime) -> Result<Vec<u8>, VoteError> {
    if poll.has_ended(now) {
        return Err(VoteError::Ended);
    }
    if keys.len() > if poll.is_multiple { poll.options.len() } else { 1 } {
        return Err(VoteError::TooMany);
    }
    let place = |key: &Vec<u8>| poll.options.iter().position(|option| option.key == *key);
    let places = keys.iter().map(|key| place(key).and_then(|place| u8::try_from(place).ok()));
    let mut places = places.collect::<Option<Vec<u8>>>().ok_or(VoteError::Option)?;
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

fn note(poll: &mut Poll, vote: Vote) {
    poll.votes.retain(|old| old.by != vote.by);
    if !vote.options.is_empty() {
        poll.votes.push(vote);
    }
}

/// The other side's copy, unless that was deleted.
fn on_twin(
    tx: &mut Tx<'_>,
    by: Authed,
    (of, id): (BoxId, MsgId),
    poll_id: i64,
    vote: Vote,
    now: UnixTime,
) -> Result<(), AppendError> {
    let peer = Peer::User(by.user());
    let Some(mut row) = tx.get(&MESSAGES, of, &message::key(peer, id))? else { return Ok(()) };
    let Some(poll) = poll_of(&mut row).filter(|poll| poll.id == poll_id) else { return Ok(()) };
    note(poll, vote);
    copy::change(tx, of, peer, id, &row)?;
    update::log(tx, of, now, Event::Poll { peer, id })?;
    Ok(())
}

impl From<StoreError> for VoteError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
