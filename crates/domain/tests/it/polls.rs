//! Polls in two copies: who may vote, what a vote leaves behind, and that each copy ends in its own box.

use domain::Authed;
use domain::message::{self, Media, Message, NewMessage, NewPoll, Poll, VoteError};
use domain::update::{AppendError, Event};
use domain::{Allowed, orders};
use ids::limits::{POLL_ANSWERS_MAX, POLL_OPTION_CHARS_MAX, SEARCH_TEXT_BYTES_MAX};
use ids::{MsgId, RandomId, UnixTime};
use store::{Ran, outbox};

use crate::world::{World, peer, plain};

fn new_poll(chance: u64) -> NewPoll {
    NewPoll {
        chance,
        question: plain("Where to?"),
        options: vec![(plain("Hills"), None), (plain("Sea"), None)],
        is_public: true,
        is_multiple: false,
        is_shuffled: false,
        is_hidden: false,
        is_final: false,
        right: None,
        solution: None,
        period_s: None,
        ends: None,
    }
}

fn ask(world: &mut World, by: Authed, to: Authed, period_s: Option<i32>) -> Message {
    let (known, now, chance) = (world.known(by, to), world.now, world.draw());
    let ran = world.store.write(|tx| {
        let to = Allowed::to_write(tx, by, known).expect("may write");
        let poll = Poll::new(NewPoll { period_s, ..new_poll(chance) }, now).expect("a poll");
        let text = message::FormattedText::EMPTY;
        let media = Some(Media::Poll { poll: Box::new(poll) });
        let new = NewMessage { media, ..NewMessage::text(to, RandomId(chance.cast_signed()), text) };
        message::send(tx, by, new, now)
    });
    ran.result.unwrap().message.unwrap()
}

fn vote(world: &World, by: Authed, with: Authed, id: MsgId, key: u8) -> Result<message::Voted, VoteError> {
    let (known, now) = (world.known(by, with), world.now);
    world.store.write(|tx| message::vote(tx, by, known, id, &[vec![key]], now)).result
}

fn close_due(world: &World) {
    let now = world.now;
    for (order, row) in world.look(|tx| outbox::due_of(tx, orders::CLOSE_POLL, now, usize::MAX)) {
        let id = MsgId(i32::try_from(row.reference).unwrap());
        let ran: Ran<_, AppendError> = world.store.write(|tx| {
            message::close_due(tx, row.of, &[id], now)?;
            Ok(outbox::done(tx, order)?)
        });
        ran.result.unwrap();
    }
}

fn poll(world: &World, by: Authed, with: Authed) -> Poll {
    match world.all_messages(by, with).remove(0).media {
        Some(Media::Poll { poll }) => *poll,
        _ => panic!("no poll"),
    }
}

#[test]
fn each_copy_ends_at_its_time_by_an_order_of_its_own() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(c, b, "the two sides have different numbers");
    let id = ask(&mut world, a, b, Some(60)).id;
    let theirs = world.all_messages(b, a)[0].id;
    let due = world.look(|tx| outbox::due_of(tx, orders::CLOSE_POLL, UnixTime(i64::MAX), 9));
    let named: Vec<_> = due.iter().map(|(_, row)| (row.of, row.reference)).collect();
    let number = |id: MsgId| u64::from(id.0.unsigned_abs());
    assert_eq!(named, [(b.own_box(), number(theirs)), (a.own_box(), number(id))]);
    world.now.0 += 59;
    close_due(&world);
    vote(&world, b, a, theirs, b'1').unwrap();
    // From its time on nobody votes, whether its order was carried out or not.
    world.now.0 += 1;
    assert_eq!(vote(&world, b, a, theirs, b'0').err(), Some(VoteError::Ended));
    let (pts_a, pts_b) = (world.state(a).pts, world.state(b).pts);
    close_due(&world);
    for (of, with, since, id) in [(a, b, pts_a, id), (b, a, pts_b, theirs)] {
        let poll = poll(&world, of, with);
        assert!(poll.is_closed && poll.votes.len() == 1 && poll.votes[0].by == b.user());
        let events = world.events(of, since);
        assert!(matches!(&events[..], [told] if told.event == Event::Poll { peer: peer(with), id }));
    }
    assert!(world.look(|tx| outbox::due_of(tx, orders::CLOSE_POLL, UnixTime(i64::MAX), 9)).is_empty());
}

#[test]
fn an_order_that_comes_early_twice_or_for_nothing_does_no_harm() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let id = ask(&mut world, a, b, Some(60)).id;
    let end = |world: &World, id: MsgId| {
        let now = world.now;
        world.store.write(|tx| message::close_due(tx, a.own_box(), &[id], now)).result.unwrap();
    };
    let state = world.state(a);
    end(&world, id);
    end(&world, MsgId(999));
    assert_eq!(world.state(a), state);
    // What came too early is ordered again.
    assert_eq!(world.look(|tx| outbox::due_of(tx, orders::CLOSE_POLL, UnixTime(i64::MAX), 9)).len(), 3);
    world.now.0 += 60;
    end(&world, id);
    let state = world.state(a);
    end(&world, id);
    assert_eq!(world.state(a), state);
    assert!(poll(&world, a, b).is_closed && !poll(&world, b, a).is_closed);
    world.delete(b, &[world.all_messages(b, a)[0].id], false);
    close_due(&world);
    assert!(world.all_messages(b, a).is_empty());
}

#[test]
fn a_side_without_a_copy_learns_nothing() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let id = ask(&mut world, a, b, None).id;
    let theirs = world.all_messages(b, a)[0].id;
    world.delete(a, &[id], false);
    let state = world.state(a);
    vote(&world, b, a, theirs, b'0').unwrap();
    assert_eq!(world.state(a), state);
    assert_eq!(vote(&world, a, b, id, b'0').err(), Some(VoteError::NotFound));
    assert_eq!(poll(&world, b, a).votes.len(), 1);
    // Both copies are gone: so is all that was asked and answered.
    world.delete(b, &[theirs], false);
    assert!(world.all_messages(a, b).is_empty() && world.all_messages(b, a).is_empty());
}

#[test]
fn a_poll_is_found_by_its_question() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "to the hills");
    ask(&mut world, a, b, None);
    let found = |kind, words: &str| {
        let search = message::Search {
            with: world.known(b, a),
            words: words.to_owned(),
            kind,
            from: None,
            after: UnixTime(0),
            before: UnixTime(0),
            saved_from: None,
            page: message::HistoryPage::default(),
        };
        world.look(|tx| message::search(tx, b, &search)).total
    };
    let any = message::Kind::Any;
    assert_eq!((found(any, "WHERE"), found(any, "to"), found(message::Kind::Poll, "")), (1, 2, 1));
}

/// Nearly all that a poll says stands in its options, and they are read with it: a search ends by their bytes too.
#[test]
fn a_search_among_long_polls_looks_at_no_more_bytes_than_another() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let long = "\u{1F702}".repeat(POLL_OPTION_CHARS_MAX);
    let (known, now) = (world.known(a, b), world.now);
    for n in 0..=SEARCH_TEXT_BYTES_MAX / (long.len() * POLL_ANSWERS_MAX) {
        let options = vec![(plain(&long), None); POLL_ANSWERS_MAX];
        let poll = Poll::new(NewPoll { options, ..new_poll(n as u64) }, now).unwrap();
        let ran = world.store.write(|tx| {
            let to = Allowed::to_write(tx, a, known).expect("may write");
            let media = Some(Media::Poll { poll: Box::new(poll.clone()) });
            let text = NewMessage::text(to, RandomId(n as i64 + 1), message::FormattedText::EMPTY);
            message::send(tx, a, NewMessage { media, ..text }, now)
        });
        ran.result.unwrap();
    }
    let places = world.look(|tx| message::places(tx, a, known, None, message::Kind::Poll));
    assert!(!places.exact);
}

#[test]
fn a_forwarded_poll_is_open_again_for_as_long() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let id = ask(&mut world, a, b, Some(60)).id;
    vote(&world, a, b, id, b'0').unwrap();
    world.now.0 += 61;
    close_due(&world);
    world.forward(a, b, c, &[id]);
    let (first, second) = (poll(&world, a, b), poll(&world, c, a));
    assert!(first.id != second.id && !second.is_closed && second.votes.is_empty());
    assert_eq!(second.ends, Some(UnixTime(world.now.0 + 60)));
    assert_eq!(poll(&world, a, c).id, second.id);
}

/// P36, as of messages with a timer.
#[test]
fn p36_the_order_of_a_polls_end_goes_with_its_message() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let due = |world: &World| {
        let all = world.look(|tx| outbox::due_of(tx, orders::CLOSE_POLL, UnixTime(i64::MAX), 9));
        all.into_iter().map(|(_, row)| row.of).collect::<Vec<_>>()
    };
    let first = ask(&mut world, a, b, Some(60)).id;
    let second = ask(&mut world, a, b, Some(60)).id;
    assert_eq!(due(&world).len(), 4);
    vote(&world, a, b, first, b'0').unwrap();
    world.delete(a, &[first], false);
    let (own, theirs) = (a.own_box(), b.own_box());
    assert_eq!(due(&world), [theirs, theirs, own]);
    world.delete(a, &[second], true);
    assert_eq!(due(&world), [theirs]);
    world.clear(b, a, false, false);
    assert!(due(&world).is_empty());
}
