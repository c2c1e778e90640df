//! Quizzes: nobody learns what is right by forwarding one that he has not answered.

use domain::message::{
    self, CloseError, ForwardError, Media, Message, NewForwards, NewMessage, NewPoll, Poll, VoteError,
};
use domain::update::Event;
use domain::{Allowed, Authed};
use ids::{MsgId, RandomId};

use crate::world::{World, peer, plain};

fn ask(world: &mut World, by: Authed, to: Authed) -> Message {
    let (known, now, chance) = (world.known(by, to), world.now, world.draw());
    let ran = world.store.write(|tx| {
        let to = Allowed::to_write(tx, by, known).expect("may write");
        let poll = NewPoll {
            chance,
            question: plain("Which is higher?"),
            options: vec![(plain("the hill"), None), (plain("the sea"), None)],
            is_public: false,
            is_multiple: false,
            is_shuffled: false,
            is_hidden: false,
            is_final: false,
            right: Some(vec![0]),
            solution: Some(plain("Look up.")),
            period_s: None,
            ends: None,
        };
        let media = Some(Media::Poll { poll: Box::new(Poll::new(poll, now).expect("a quiz")) });
        let new = NewMessage {
            media,
            ..NewMessage::text(to, RandomId(chance.cast_signed()), message::FormattedText::EMPTY)
        };
        message::send(tx, by, new, now)
    });
    ran.result.unwrap().message.unwrap()
}

fn vote(world: &World, by: Authed, with: Authed, id: MsgId, key: u8) -> Result<message::Voted, VoteError> {
    let (known, now) = (world.known(by, with), world.now);
    world.store.write(|tx| message::vote(tx, by, known, id, &[vec![key]], now)).result
}

fn close(world: &World, by: Authed, with: Authed, id: MsgId) -> Result<(), CloseError> {
    let (known, now) = (world.known(by, with), world.now);
    world.store.write(|tx| message::close(tx, by, known, id, now)).result.map(drop)
}

/// The newest message of a dialog, and whether its owner is shown what is right.
fn newest(world: &World, by: Authed, with: Authed) -> (Message, bool) {
    let message = world.all_messages(by, with).remove(0);
    let Some(Media::Poll { poll }) = &message.media else { panic!("no poll") };
    let is_shown = poll.shows_votes_to(by.user(), message.asks());
    (message, is_shown)
}

/// How many have answered a quiz, as one of the two has it.
fn answers(world: &World, by: Authed, with: Authed) -> usize {
    let all = world.all_messages(by, with);
    let polls = all.iter().filter_map(|message| match &message.media {
        Some(Media::Poll { poll }) => Some(poll.votes.len()),
        _ => None,
    });
    polls.sum()
}

fn as_own_words(
    world: &mut World,
    by: Authed,
    from: Authed,
    to: Authed,
    id: MsgId,
) -> Result<MsgId, ForwardError> {
    let random_id = RandomId(world.draw().cast_signed());
    let from = world.known(by, from);
    let new = |to| NewForwards {
        from,
        to,
        messages: vec![(id, random_id)],
        drop_author: true,
        drop_captions: false,
        silent: false,
        chance: 9,
    };
    world.try_forward(by, to, new).map(|sent| sent[0].id)
}

#[test]
fn who_forwards_a_quiz_to_himself_answers_both_with_one_vote() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    ask(&mut world, a, b);
    let first = newest(&world, b, a).0.id;
    let note = world.forward(b, a, b, &[first])[0].id;
    let (saved, is_shown) = newest(&world, b, b);
    assert!(!is_shown && !saved.asks());
    // Ending it is no way to learn it either, and neither is passing it on once more.
    assert_eq!(close(&world, b, b, note).err(), Some(CloseError::Author));
    let again = world.forward(b, b, b, &[note])[0].id;
    let pts = world.state(b).pts;
    let voted = vote(&world, b, b, again, b'1').unwrap();
    let (told, told_pts) = voted.first.expect("the first one was answered with it");
    assert_eq!((told.id, told_pts.0, voted.pts.0), (first, pts.0 + 1, pts.0 + 2));
    let events: Vec<_> = world.events(b, pts).into_iter().map(|entry| entry.event).collect();
    let of = |with, id| Event::Poll { peer: peer(with), id };
    assert_eq!(events, [of(a, first), of(b, again)]);
    assert_eq!((answers(&world, a, b), answers(&world, b, a)), (1, 1), "both copies of the first one");
    assert_eq!(vote(&world, b, a, first, b'0').err(), Some(VoteError::Final), "and that stays");
    // The copy between the two asks him still; what he answered first is not answered again.
    assert!(vote(&world, b, b, note, b'0').unwrap().first.is_none());
    assert_eq!(answers(&world, a, b), 1);
}

#[test]
fn nor_by_having_it_look_like_his_own() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    ask(&mut world, a, b);
    let first = newest(&world, b, a).0.id;
    assert_eq!(as_own_words(&mut world, b, a, c, first).err(), Some(ForwardError::Unanswered));
    let note = world.forward(b, a, b, &[first])[0].id;
    assert_eq!(as_own_words(&mut world, b, b, c, note).err(), Some(ForwardError::Unanswered));
    vote(&world, b, b, note, b'0').unwrap();
    assert!(
        as_own_words(&mut world, b, b, c, note).is_ok() && as_own_words(&mut world, b, a, c, first).is_ok()
    );
}

#[test]
fn what_somebody_else_answers_in_a_forward_is_told_to_who_has_answered() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    ask(&mut world, a, b);
    let first = newest(&world, b, a).0.id;
    let own = world.forward(b, a, c, &[first])[0].id;
    assert_eq!(close(&world, b, c, own).err(), Some(CloseError::Author));
    let (theirs, _) = newest(&world, c, b);
    assert!(vote(&world, c, b, theirs.id, b'0').unwrap().first.is_none());
    assert!(newest(&world, c, b).1 && !newest(&world, b, c).1);
    assert_eq!(answers(&world, a, b), 0);
    vote(&world, b, c, own, b'0').unwrap();
    assert_eq!((answers(&world, a, b), answers(&world, c, b)), (1, 2));
}

#[test]
fn who_knows_what_is_right_forwards_a_quiz_that_stands_for_itself() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let asked = ask(&mut world, a, b).id;
    let first = newest(&world, b, a).0.id;
    // He who asked it.
    let of_asker = world.forward(a, b, a, &[asked])[0].id;
    assert!(vote(&world, a, a, of_asker, b'0').unwrap().first.is_none());
    // He who has answered it.
    vote(&world, b, a, first, b'0').unwrap();
    let of_voter = as_own_words(&mut world, b, a, c, first).unwrap();
    assert!(newest(&world, b, c).0.asks() && close(&world, b, c, of_voter).is_ok());
    // And everybody, once it has ended or is gone.
    ask(&mut world, a, b);
    let second = newest(&world, b, a).0.id;
    let tied = world.forward(b, a, b, &[second])[0].id;
    world.delete(b, &[second], false);
    assert!(vote(&world, b, b, tied, b'0').unwrap().first.is_none());
    assert_eq!(answers(&world, a, b), 1, "the second one has no answer of who lost it");
}

/// What ties a forward to the first one is in the box of who forwarded it alone.
#[test]
fn the_other_side_has_no_tie() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    ask(&mut world, a, b);
    let first = newest(&world, b, a).0.id;
    // A message of the same number in the third box would be taken for the first one.
    world.forward(b, a, c, &[first]);
    let theirs = newest(&world, c, b).0.id;
    let passed_on = world.forward(c, b, a, &[theirs])[0].id;
    let voted = vote(&world, c, a, passed_on, b'0').unwrap();
    assert_eq!(voted.first.expect("his own is the one from Bob").0.id, theirs);
    assert_eq!(answers(&world, a, b), 0);
}
