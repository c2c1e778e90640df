//! `Poll` and `PollResults`: a poll as whoever's box it is in sees it, and as a client sends it.
//!
//! Results are never `min`: each side is told what its own copy says. Who has not answered sees how many have, and no more.
//! Source: <https://core.telegram.org/api/poll>.

use domain::message::{FormattedText, Media, Message, NewPoll, Poll, Vote};
use domain::{AccessHashes, Authed};
use ids::UnixTime;
use tl::{Encode, fields};

use crate::message_entity::{EntityError, entities, parse_entities};
use crate::peer::peer;

/// Voters who are named beside counts.
const RECENT: usize = 3;

/// Why a poll cannot be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PollInputError {
    /// It has files beside it, may be answered by some alone, or takes answers of others: nothing of that is served.
    Unsupported,
    /// A text or what is marked in it cannot be.
    Text,
}

/// A poll without its results.
pub(crate) fn poll(of: &Message, poll: &Poll) -> tl::Poll {
    let shown = fields::Poll {
        id: poll.id,
        closed: poll.is_closed,
        public_voters: poll.is_public,
        multiple_choice: poll.is_multiple,
        quiz: poll.quiz.is_some(),
        revoting_disabled: poll.is_final,
        shuffle_answers: poll.is_shuffled,
        hide_results_until_close: poll.is_hidden,
        creator: of.asks(),
        question: text(&poll.question),
        answers: poll
            .options
            .iter()
            .map(|option| {
                let text = text(&option.text);
                fields::PollAnswer { text, option: option.key.clone(), ..Default::default() }.into()
            })
            .collect(),
        close_period: poll.period_s.map(|period_s| i32::try_from(period_s).unwrap_or(i32::MAX)),
        close_date: poll.ends.map(UnixTime::as_int),
        hash: hash(of, poll),
        ..fields::Poll::default()
    };
    shown.into()
}

/// Its results, as far as they may be seen.
pub(crate) fn poll_results(of: &Message, poll: &Poll) -> tl::PollResults {
    let own = poll.vote_of(of.owner());
    let is_shown = poll.shows_votes_to(of.owner(), of.asks());
    let recent = |votes: &mut dyn Iterator<Item = &Vote>| -> Vec<tl::Peer> {
        let named = votes.filter(|_| poll.is_public).take(RECENT);
        named.map(|vote| tl::Peer::PeerUser { user_id: vote.by.0 }).collect()
    };
    let quiz = poll.quiz.as_ref().filter(|_| is_shown);
    let solution = quiz.and_then(|quiz| quiz.solution.as_ref());
    let results = (0..).zip(&poll.options).map(|(place, option)| {
        let for_it = || poll.votes.iter().rev().filter(move |vote| vote.options.contains(&place));
        fields::PollAnswerVoters {
            chosen: own.is_some_and(|vote| vote.options.contains(&place)),
            correct: quiz.is_some_and(|quiz| quiz.right.contains(&place)),
            option: option.key.clone(),
            voters: is_shown.then(|| count(for_it().count())),
            recent_voters: is_shown.then(|| recent(&mut for_it())),
        }
        .into()
    });
    fields::PollResults {
        // Also when nothing is told: TDLib would keep the counts that it saw before its user took his vote back.
        results: Some(results.collect()),
        total_voters: Some(count(poll.votes.len())),
        recent_voters: poll.is_public.then(|| recent(&mut poll.votes.iter().rev())),
        solution: solution.map(|text| text.text().to_owned()),
        solution_entities: solution.map(|text| entities(text.entities()).unwrap_or_default()),
        ..fields::PollResults::default()
    }
    .into()
}

/// What changed in the poll of a message; none for a message without.
pub(crate) fn update_poll(of: &Message) -> Option<tl::Update> {
    let asked = poll_of(of)?;
    Some(
        fields::UpdateMessagePoll {
            peer: Some(peer(of.peer)),
            msg_id: Some(of.id.0),
            top_msg_id: None,
            poll_id: asked.id,
            poll: Some(poll(of, asked)),
            results: poll_results(of, asked),
        }
        .into(),
    )
}

/// The number that says what the owner of a message has been shown of its poll; none for a message without.
pub fn poll_hash(of: &Message) -> Option<i64> {
    poll_of(of).map(|poll| hash(of, poll))
}

/// The votes in a poll, or those for one option, the newest first, as they are listed.
pub fn poll_votes(poll: &Poll, place: Option<u8>) -> Vec<tl::MessagePeerVote> {
    let wanted =
        poll.votes.iter().rev().filter(|vote| place.is_none_or(|place| vote.options.contains(&place)));
    let key = |place: u8| poll.options.get(usize::from(place)).map(|option| option.key.clone());
    wanted
        .map(|vote| {
            let (peer, date) = (tl::Peer::PeerUser { user_id: vote.by.0 }, vote.date.as_int());
            if place.is_some() {
                return tl::MessagePeerVote::MessagePeerVoteInputOption { peer, date };
            }
            let mut options: Vec<_> = vote.options.iter().copied().filter_map(key).collect();
            if !poll.is_multiple
                && let Some(option) = options.pop()
            {
                return fields::MessagePeerVote { peer, option, date }.into();
            }
            fields::MessagePeerVoteMultiple { peer, options, date }.into()
        })
        .collect()
}

/// The poll that a client sent. The right answers of a quiz are named by their places; the option bytes are the client's, or
/// the server's where it has none.
///
/// # Errors
/// The [`PollInputError`].
pub fn parse_poll(
    hashes: &AccessHashes,
    by: Authed,
    input: &fields::InputMediaPoll,
    chance: u64,
) -> Result<NewPoll, PollInputError> {
    let tl::Poll::Poll(poll) = &input.poll;
    let is_unserved = input.attached_media.is_some()
        || input.solution_media.is_some()
        || poll.open_answers
        || poll.subscribers_only
        || poll.countries_iso2.as_ref().is_some_and(|countries| !countries.is_empty())
        || poll.closed;
    if is_unserved {
        return Err(PollInputError::Unsupported);
    }
    let text = |text: &tl::TextWithEntities| {
        let tl::TextWithEntities::TextWithEntities(body) = text;
        formatted(hashes, by, &body.text, &body.entities)
    };
    let options = poll.answers.iter().map(|answer| match answer {
        tl::PollAnswer::InputPollAnswer(answer) if answer.media.is_none() => Ok((text(&answer.text)?, None)),
        tl::PollAnswer::PollAnswer(answer) if answer.media.is_none() => {
            Ok((text(&answer.text)?, Some(answer.option.clone())))
        }
        tl::PollAnswer::InputPollAnswer(_) | tl::PollAnswer::PollAnswer(_) => {
            Err(PollInputError::Unsupported)
        }
    });
    let solution = input
        .solution
        .as_ref()
        .map(|text| formatted(hashes, by, text, input.solution_entities.as_deref().unwrap_or_default()));
    Ok(NewPoll {
        chance,
        question: text(&poll.question)?,
        options: options.collect::<Result<_, _>>()?,
        is_public: poll.public_voters,
        is_multiple: poll.multiple_choice,
        is_shuffled: poll.shuffle_answers,
        is_hidden: poll.hide_results_until_close,
        is_final: poll.revoting_disabled,
        right: poll.quiz.then(|| input.correct_answers.clone().unwrap_or_default()),
        solution: solution.transpose()?.filter(|text| !text.text().is_empty()),
        period_s: poll.close_period,
        ends: poll.close_date.map(|date| UnixTime(date.into())),
    })
}

fn formatted(
    hashes: &AccessHashes,
    by: Authed,
    text: &str,
    entities: &[tl::MessageEntity],
) -> Result<FormattedText, PollInputError> {
    let entities = parse_entities(hashes, by, entities).map_err(|_: EntityError| PollInputError::Text)?;
    FormattedText::caption(text.to_owned(), entities)
        .map_err(|_too_long_or_out_of_bounds| PollInputError::Text)
}

fn poll_of(of: &Message) -> Option<&Poll> {
    match &of.media {
        Some(Media::Poll { poll }) => Some(poll),
        Some(Media::Dice { .. } | Media::Contact { .. } | Media::Geo { .. } | Media::Venue { .. }) | None => {
            None
        }
    }
}

/// A number made of what is shown and of nothing else, so that it says nothing of votes that are not.
fn hash(of: &Message, poll: &Poll) -> i64 {
    let mix = |mut hash: u64, byte: u8| {
        hash ^= hash >> 21;
        hash ^= hash << 35;
        hash ^= hash >> 4;
        hash.wrapping_add(u64::from(byte) + 1)
    };
    let shown = poll_results(of, poll).to_bytes();
    [u8::from(poll.is_closed)].into_iter().chain(shown).fold(1, mix).cast_signed()
}

fn text(text: &FormattedText) -> tl::TextWithEntities {
    fields::TextWithEntities {
        text: text.text().to_owned(),
        entities: entities(text.entities()).unwrap_or_default(),
    }
    .into()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
