//! A poll that a client sends, and how one that cannot be is told.

use domain::message::{Media, Poll, PollError};
use domain::{AccessHashes, Authed};
use ids::UnixTime;
use tl::fields;
use views::PollInputError;

use crate::RpcError;

/// The poll, checked, with an id made of a random number.
pub(crate) fn poll(
    hashes: &AccessHashes,
    by: Authed,
    input: &fields::InputMediaPoll,
    (chance, now): (u64, UnixTime),
) -> Result<Media, RpcError> {
    let poll = Poll::new(views::parse_poll(hashes, by, input, chance)?, now)?;
    Ok(Media::Poll { poll: Box::new(poll) })
}

impl From<PollInputError> for RpcError {
    fn from(error: PollInputError) -> Self {
        match error {
            PollInputError::Unsupported => Self::PollUnsupported,
            PollInputError::Text => Self::PollQuestionInvalid,
        }
    }
}

impl From<PollError> for RpcError {
    fn from(error: PollError) -> Self {
        match error {
            PollError::Question => Self::PollQuestionInvalid,
            PollError::Options => Self::PollAnswersInvalid,
            PollError::Option => Self::PollAnswerInvalid,
            PollError::Key => Self::PollOptionInvalid,
            PollError::KeyTwice => Self::PollOptionDuplicate,
            PollError::NothingRight => Self::QuizCorrectAnswersEmpty,
            PollError::TooMuchRight => Self::QuizCorrectAnswersTooMuch,
            PollError::Right => Self::QuizCorrectAnswerInvalid,
            PollError::Solution | PollError::End => Self::MediaInvalid,
        }
    }
}
