//! Polls: what is asked, what was answered, and when it ends. Each copy of the message holds all of it, so a vote is written
//! into both copies and goes with each of them.
//!
//! A poll that is forwarded is a new one: nobody has voted in it, and its id is its own, so that no copy outside the dialog is
//! tied to it. A quiz is, in the box of who forwarded it before he had answered it ([`vote`]), and nowhere else. Source: docs, api/poll; constructors poll, inputMediaPoll; errors of messages.sendMedia.

mod close;
mod vote;

use ids::limits::{
    POLL_ANSWERS_MAX, POLL_ANSWERS_MIN, POLL_CLOSE_S_MAX, POLL_CLOSE_S_MIN, POLL_OPTION_BYTES_MAX,
    POLL_OPTION_CHARS_MAX, POLL_QUESTION_CHARS_MAX, POLL_SOLUTION_CHARS_MAX,
};
use ids::{MsgId, UnixTime, UserId};

use super::{EntityKind, FormatError, FormattedText, Media, Message, MessageRow};
use crate::Peer;

pub(super) use close::order;
pub use close::{CloseError, close, close_due};
pub use vote::{VoteError, Voted, vote};

store::fields! {
    /// A poll as one copy of its message has it.
    pub struct Poll {
        /// Its number, the same in both copies; greater than 0.
        pub id: i64,
        /// What is asked.
        pub question: FormattedText,
        /// What can be answered.
        pub options: Vec<PollOption>,
        /// Who voted for what is told.
        pub is_public: bool,
        /// A vote may be for several options.
        pub is_multiple: bool,
        /// Clients show the options in an order of their own.
        pub is_shuffled: bool,
        /// Nobody but who asks sees votes before the end.
        pub is_hidden: bool,
        /// A vote stays as it is; so it does in a quiz.
        pub is_final: bool,
        /// What is right, in a quiz.
        pub quiz: Option<Quiz>,
        /// How long it is open, if it was said so.
        pub period_s: Option<u32>,
        /// When it ends by itself.
        pub ends: Option<UnixTime>,
        /// Whether it has ended.
        pub is_closed: bool,
        /// The votes, the oldest first; one for each who voted.
        pub votes: Vec<Vote>,
        /// The quiz that this one is a forward of, by its place in the box, if who forwarded it had not answered it: his answer
        /// here is his answer there. The other side's copy says none.
        pub(crate) first: Option<First>,
    }
}

store::fields! {
    /// Where the first of two quizzes is.
    #[derive(Copy)]
    pub struct First {
        /// The dialog.
        pub(crate) peer: Peer,
        /// The number.
        pub(crate) id: MsgId,
    }
}

store::fields! {
    /// What can be answered.
    pub struct PollOption {
        /// What it says.
        pub text: FormattedText,
        /// What clients name it by; no other option of the poll has it.
        pub key: Vec<u8>,
    }
}

store::fields! {
    /// What makes a poll a quiz.
    pub struct Quiz {
        /// The places of the right options, ascending.
        pub right: Vec<u8>,
        /// What is told to who has answered.
        pub solution: Option<FormattedText>,
    }
}

store::fields! {
    /// What somebody answered.
    pub struct Vote {
        /// Who.
        pub by: UserId,
        /// The places of his options, ascending; at least one.
        pub options: Vec<u8>,
        /// When.
        pub date: UnixTime,
    }
}

/// A poll as a client sends it.
pub struct NewPoll {
    /// A random number.
    pub chance: u64,
    /// What is asked.
    pub question: FormattedText,
    /// What can be answered, each with what the client names it by, if it does.
    pub options: Vec<(FormattedText, Option<Vec<u8>>)>,
    /// See [`Poll`].
    pub is_public: bool,
    /// See [`Poll`].
    pub is_multiple: bool,
    /// See [`Poll`].
    pub is_shuffled: bool,
    /// See [`Poll`].
    pub is_hidden: bool,
    /// See [`Poll`].
    pub is_final: bool,
    /// The places of the right options, in a quiz.
    pub right: Option<Vec<i32>>,
    /// What is told to who has answered, in a quiz.
    pub solution: Option<FormattedText>,
    /// How long it is to be open, in seconds.
    pub period_s: Option<i32>,
    /// Or until when.
    pub ends: Option<UnixTime>,
}

/// Who forwards a poll.
#[derive(Clone, Copy)]
pub(super) struct Forwarder {
    /// Who.
    pub(super) user: UserId,
    /// Where he has the poll that he forwards.
    pub(super) from: First,
    /// Whether he asked it.
    pub(super) asks: bool,
}

/// Why a poll cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PollError {
    /// No question, or a longer one than may be.
    #[error("the question is empty or too long")]
    Question,
    /// Too few options, or too many.
    #[error("too few or too many options")]
    Options,
    /// An option without a text, or with a longer one than may be.
    #[error("an option is empty or too long")]
    Option,
    /// An option is named by nothing, or by too much.
    #[error("an option has no usable name")]
    Key,
    /// Two options have one name.
    #[error("two options have one name")]
    KeyTwice,
    /// A quiz without a right option.
    #[error("nothing is right")]
    NothingRight,
    /// More right options than an answer may have.
    #[error("too much is right")]
    TooMuchRight,
    /// A right option that is not there, or is there twice.
    #[error("what is right is no option")]
    Right,
    /// A solution without a quiz, or a longer one than may be.
    #[error("the solution is out of place or too long")]
    Solution,
    /// It would end at once, too late, or at two times.
    #[error("the end is out of bounds")]
    End,
}

impl Poll {
    /// Checks a poll.
    ///
    /// # Errors
    /// The first [`PollError`] that applies.
    pub fn new(new: NewPoll, now: UnixTime) -> Result<Self, PollError> {
        let NewPoll { chance, question, options, right, solution, period_s, ends, .. } = new;
        if !fits(&question, POLL_QUESTION_CHARS_MAX) {
            return Err(PollError::Question);
        }
        if !(POLL_ANSWERS_MIN..=POLL_ANSWERS_MAX).contains(&options.len()) {
            return Err(PollError::Options);
        }
        let options = keyed(options)?;
        let is_final = new.is_final || right.is_some();
        let quiz = quiz(right, solution, options.len(), new.is_multiple)?;
        let (period_s, ends) = end(period_s, ends, now)?;
        Ok(Self {
            id: id(chance),
            question: with_emoji_alone(question)?,
            options,
            is_public: new.is_public,
            is_multiple: new.is_multiple,
            is_shuffled: new.is_shuffled,
            is_hidden: new.is_hidden,
            is_final,
            quiz,
            period_s,
            ends,
            is_closed: false,
            votes: Vec::new(),
            first: None,
        })
    }

    /// The poll that a forwarded one becomes: open, without votes, and for as long as the first one was. A quiz that its
    /// forwarder has yet to answer is tied to the first one, or he would learn what is right where his answer counts for nothing.
    fn again(self, from: First, knows: bool, chance: u64, now: UnixTime) -> Self {
        let is_open = self.quiz.is_some() && !knows;
        let first = is_open.then(|| self.first.unwrap_or(from));
        let ends = match self.period_s {
            Some(period_s) => Some(UnixTime(now.0.saturating_add(period_s.into()))),
            None => self.ends.filter(|&ends| ends > now),
        };
        Self { id: id(chance), ends, is_closed: false, votes: Vec::new(), first, ..self }
    }

    /// Bytes of what it says.
    pub(super) fn text_bytes(&self) -> usize {
        let solution = self.quiz.iter().flat_map(|quiz| &quiz.solution);
        let texts = self.options.iter().map(|option| &option.text).chain(solution).chain([&self.question]);
        texts.map(|text| text.text().len()).sum()
    }

    /// Whether it takes no votes any more: its time may be over before that is noted.
    pub fn has_ended(&self, now: UnixTime) -> bool {
        self.is_closed || self.ends.is_some_and(|ends| ends <= now)
    }

    /// What somebody answered.
    pub fn vote_of(&self, user: UserId) -> Option<&Vote> {
        self.votes.iter().find(|vote| vote.by == user)
    }

    /// Whether somebody may see what was answered: who has answered, and everybody at the end; while that is hidden, who
    /// asks.
    pub fn shows_votes_to(&self, user: UserId, asks: bool) -> bool {
        self.is_closed || if self.is_hidden { asks } else { self.vote_of(user).is_some() }
    }
}

impl Media {
    /// Media as the other side's copy of a message has it.
    pub(super) fn of_other_side(self) -> Self {
        match self {
            Self::Poll { poll } => Self::Poll { poll: Box::new(Poll { first: None, ..*poll }) },
            Self::Dice { .. } | Self::Contact { .. } | Self::Geo { .. } | Self::Venue { .. } => self,
        }
    }

    /// Media as it is in a forward by `user` of the message `from`, which he wrote himself or not.
    pub(super) fn forwarded(self, by: Forwarder, chance: u64, now: UnixTime) -> Self {
        match self {
            Self::Poll { poll } => {
                let knows = by.asks || poll.shows_votes_to(by.user, false);
                Self::Poll { poll: Box::new(poll.again(by.from, knows, chance, now)) }
            }
            Self::Dice { .. } | Self::Contact { .. } | Self::Geo { .. } | Self::Venue { .. } => self,
        }
    }
}

impl MessageRow {
    /// Whether the poll of this copy is its box's owner's: what he forwarded somebody else asked.
    pub(super) fn asks(&self) -> bool {
        self.out && self.forward.is_none()
    }
}

impl Message {
    /// Whether its poll is its box's owner's.
    pub fn asks(&self) -> bool {
        self.out && self.forward.is_none()
    }
}

/// Whether somebody has yet to answer a quiz that is forwarded so.
pub(super) fn is_unanswered(media: Option<&Media>) -> bool {
    matches!(media, Some(Media::Poll { poll }) if poll.first.is_some())
}

/// Clients take numbers below 0 for polls that are not sent yet, and 0 for none.
fn id(chance: u64) -> i64 {
    (chance >> 1).cast_signed().max(1)
}

fn fits(text: &FormattedText, most: usize) -> bool {
    !text.text().trim().is_empty() && text.text().chars().count() <= most
}

/// Of what can be marked in a text only emoji mean something in a poll.
fn with_emoji_alone(text: FormattedText) -> Result<FormattedText, PollError> {
    let is_emoji = |kind: &EntityKind| matches!(kind, EntityKind::CustomEmoji { .. });
    let entities = text.entities().iter().filter(|entity| is_emoji(&entity.kind)).cloned().collect();
    FormattedText::new(text.text().to_owned(), entities).map_err(|_: FormatError| PollError::Question)
}

/// The options, each with a name: its own, or that of its place.
fn keyed(options: Vec<(FormattedText, Option<Vec<u8>>)>) -> Result<Vec<PollOption>, PollError> {
    let mut all: Vec<PollOption> = Vec::with_capacity(options.len());
    for (place, (text, key)) in (b'0'..).zip(options) {
        if !fits(&text, POLL_OPTION_CHARS_MAX) {
            return Err(PollError::Option);
        }
        let key = key.unwrap_or_else(|| vec![place]);
        if key.is_empty() || key.len() > POLL_OPTION_BYTES_MAX {
            return Err(PollError::Key);
        }
        if all.iter().any(|other| other.key == key) {
            return Err(PollError::KeyTwice);
        }
        all.push(PollOption { text: with_emoji_alone(text)?, key });
    }
    Ok(all)
}

fn quiz(
    right: Option<Vec<i32>>,
    solution: Option<FormattedText>,
    options: usize,
    is_multiple: bool,
) -> Result<Option<Quiz>, PollError> {
    let Some(right) = right else {
        return if solution.is_none() { Ok(None) } else { Err(PollError::Solution) };
    };
    if right.is_empty() {
        return Err(PollError::NothingRight);
    }
    if right.len() > if is_multiple { options } else { 1 } {
        return Err(PollError::TooMuchRight);
    }
    let mut places = right
        .into_iter()
        .map(|place| u8::try_from(place).ok().filter(|&place| usize::from(place) < options))
        .collect::<Option<Vec<u8>>>()
        .ok_or(PollError::Right)?;
    places.sort_unstable();
    if places.windows(2).any(|pair| matches!(pair, [one, next] if one == next)) {
        return Err(PollError::Right);
    }
    let solution = solution.filter(|text| !text.text().is_empty());
    if solution.as_ref().is_some_and(|text| !fits(text, POLL_SOLUTION_CHARS_MAX)) {
        return Err(PollError::Solution);
    }
    Ok(Some(Quiz { right: places, solution }))
}

/// The period and the end; clients want both or none.
fn end(
    period_s: Option<i32>,
    ends: Option<UnixTime>,
    now: UnixTime,
) -> Result<(Option<u32>, Option<UnixTime>), PollError> {
    let period_s = match (period_s, ends) {
        (None, None) => return Ok((None, None)),
        (Some(period_s), None) => period_s.into(),
        (None, Some(ends)) => ends.0 - now.0,
        (Some(_), Some(_)) => return Err(PollError::End),
    };
    let period_s = u32::try_from(period_s).map_err(|_negative| PollError::End)?;
    if !(POLL_CLOSE_S_MIN..=POLL_CLOSE_S_MAX).contains(&period_s) {
        return Err(PollError::End);
    }
    Ok((Some(period_s), Some(UnixTime(now.0 + i64::from(period_s)))))
}
