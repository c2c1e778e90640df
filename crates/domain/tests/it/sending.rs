//! Sending: two copies, each with its own number and counter, once whatever is repeated.

use domain::message::{self, Entity, EntityKind, FormattedText, SendError};
use domain::tables::LOG;
use domain::update::{AppendError, Event, LogRow};
use domain::{Allowed, Known, Peer, Refusal};
use ids::{MsgId, Pts, RandomId, UnixTime};
use store::Record;

use crate::world::{World, peer, plain};

/// The first two rows of the table of worked examples: A's counter is 10 and B's 20.
#[test]
fn a_text_and_its_read_move_the_counters_as_in_the_table() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    for (user, events) in [(a, 9), (b, 19)] {
        for _ in 0..events {
            world.send(user, user, "note");
        }
    }
    assert_eq!((world.state(a).pts, world.state(b).pts), (Pts(10), Pts(20)));

    let sent = world.send(a, b, "hello");
    assert_eq!((sent.pts, sent.repeated), (Pts(11), false));
    let mine = sent.message.unwrap();
    assert!(mine.id == sent.id && mine.out && mine.from == a.user() && mine.peer == peer(b));
    let entry = world.events(a, Pts(10));
    assert_eq!(entry.len(), 1);
    assert_eq!((entry[0].pts, entry[0].pts_count), (Pts(11), 1));
    assert_eq!(entry[0].event, Event::NewMessage { peer: peer(b), random_id: Some(sent.random_id) });

    assert_eq!(world.state(b).pts, Pts(21));
    let entry = world.events(b, Pts(20));
    assert_eq!(
        entry[0].event,
        Event::NewMessage { peer: peer(a), random_id: None },
        "a random id is its sender's"
    );
    let (their_peer, their_id) = entry[0].message().unwrap();
    assert_ne!(their_id, sent.id, "each side has its own numbers");
    let theirs = world.all_messages(b, a).remove(0);
    assert!(theirs.id == their_id && !theirs.out && theirs.from == a.user() && theirs.peer == their_peer);
    assert!(theirs.text.text() == "hello" && theirs.date == mine.date);
    assert_eq!(world.dialog(b, a).0.unread, 1);

    let read = world.read_up_to(b, a, their_id.0);
    assert_eq!((read.pts, read.pts_count), (Pts(22), 1));
    let event = world.events(b, Pts(21)).pop().unwrap().event;
    assert_eq!(event, Event::ReadInbox { peer: peer(a), max: their_id, unread: 0 });
    assert_eq!(world.state(a).pts, Pts(12));
    let event = world.events(a, Pts(11)).pop().unwrap().event;
    assert_eq!(event, Event::ReadOutbox { peer: peer(b), max: sent.id }, "B's number is A's number here");
    assert_eq!(world.dialog(a, b).0.read_outbox_max, sent.id);

    let again = world.read_up_to(b, a, their_id.0);
    assert_eq!((again.pts, again.pts_count), (Pts(22), 0));
    assert_eq!((world.state(a).pts, world.state(b).pts), (Pts(12), Pts(22)), "a read that changes nothing");
}

#[test]
fn a_new_box_stands_at_1_and_its_first_event_gets_2() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    assert_eq!(world.state(a).pts, Pts(1));
    assert_eq!(world.send(a, b, "first").pts, Pts(2));
}

#[test]
fn both_boxes_are_told_of() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let (to, now) = (world.known(a, b), world.now);
    let ran = world.store.write(|tx| {
        let to = Allowed::to_write(tx, a, to).expect("may write");
        let new = message::NewMessage::text(to, RandomId(1), plain("x"));
        let new = message::NewMessage { silent: true, ..new };
        message::send(tx, a, new, now)
    });
    assert!(ran.result.unwrap().message.unwrap().silent);
    let mut touched: Vec<_> =
        ran.touched.iter().map(|touched| (touched.of, touched.before, touched.head)).collect();
    touched.sort_unstable();
    let mut wanted = vec![(a.own_box(), Pts(1), Pts(2)), (b.own_box(), Pts(1), Pts(2))];
    wanted.sort_unstable();
    assert_eq!(touched, wanted);
}

#[test]
fn a_message_to_oneself_is_one_copy_that_is_read() {
    let mut world = World::new();
    let [a, ..] = world.trio();
    let sent = world.send(a, a, "note");
    let note = sent.message.unwrap();
    assert!(note.out && note.from == a.user() && note.peer == peer(a));
    assert_eq!(world.events(a, Pts(1)).len(), 1);
    let (dialog, _) = world.dialog(a, a);
    assert_eq!((dialog.unread, dialog.read_inbox_max, dialog.read_outbox_max), (0, sent.id, sent.id));
    assert_eq!(world.read_up_to(a, a, 0).pts_count, 0);
}

/// T7: the same random id is the same message, from whichever device and to whomever it is repeated.
#[test]
fn t7_a_repeated_random_id_is_the_first_message() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let a2 = world.device("12025550001");
    let id = RandomId(77);
    let first = world.try_send(a, b, plain("once"), id, None).unwrap();
    world.now = UnixTime(world.now.0 + 86_400 * 3);
    for (by, to, text) in [(a, b, "once"), (a2, b, "once"), (a, c, "other")] {
        let again = world.try_send(by, to, plain(text), id, None).unwrap();
        assert_eq!((again.id, again.pts, again.repeated), (first.id, first.pts, true));
        assert!(again.message.unwrap().text.text() == "once");
    }
    assert_eq!((world.state(a).pts, world.state(b).pts, world.state(c).pts), (Pts(2), Pts(2), Pts(1)));
    // Another user's random ids are his own.
    assert!(!world.try_send(c, b, plain("mine"), id, None).unwrap().repeated);
}

#[test]
fn a_random_id_of_0_is_refused() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let refused = world.try_send(a, b, plain("x"), RandomId(0), None);
    assert_eq!(refused.err(), Some(SendError::RandomIdEmpty));
    assert_eq!(world.state(b).pts, Pts(1), "nothing was written");
}

#[test]
fn an_answer_points_at_each_sides_own_copy() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(b, b, "so that numbers differ");
    let asked = world.send(a, b, "question");
    let theirs = world.all_messages(b, a)[0].id;
    assert_ne!(asked.id, theirs);
    let answer = world.try_send(b, a, plain("answer"), RandomId(5), Some(theirs)).unwrap();
    assert!(answer.message.unwrap().reply == Some(message::Reply { to: theirs, quote: None }));
    assert!(world.all_messages(a, b)[0].reply == Some(message::Reply { to: asked.id, quote: None }));

    let elsewhere = world.send(b, c, "to another").id;
    for wrong in [elsewhere, MsgId(9999), MsgId(0), MsgId(-1)] {
        let refused = world.try_send(b, a, plain("x"), RandomId(6), Some(wrong));
        assert_eq!(refused.err(), Some(SendError::ReplyTo));
    }
}

#[test]
fn entities_come_back_as_they_were_sent() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let named = EntityKind::MentionName { user: world.known(a, c).into() };
    let kinds = [
        EntityKind::Unknown,
        EntityKind::Mention,
        EntityKind::Hashtag,
        EntityKind::BotCommand,
        EntityKind::Url,
        EntityKind::Email,
        EntityKind::Bold,
        EntityKind::Italic,
        EntityKind::Code,
        EntityKind::Pre { language: "rust".into() },
        EntityKind::TextUrl { url: "https://example.org/".into() },
        named,
        EntityKind::Phone,
        EntityKind::Cashtag,
        EntityKind::Underline,
        EntityKind::Strike,
        EntityKind::Blockquote { collapsed: true },
        EntityKind::Blockquote { collapsed: false },
        EntityKind::BankCard,
        EntityKind::Spoiler,
        EntityKind::CustomEmoji { document_id: i64::MIN },
        EntityKind::FormattedDate { style: 0b10_1010, date: -1 },
        EntityKind::TonAddress,
    ];
    let entities: Vec<_> = kinds
        .into_iter()
        .zip(0..)
        .map(|(kind, at)| Entity { offset_units: at, length_units: 2, kind })
        .collect();
    let text =
        FormattedText::new(" a\u{0}b\n".repeat(20), entities).unwrap_or_else(|error| panic!("{error}"));
    world.try_send(a, b, text.clone(), RandomId(1), None).unwrap();
    assert!(world.all_messages(a, b)[0].text == text);
    assert!(world.all_messages(b, a)[0].text == text);
}

#[test]
fn only_users_who_exist_are_mentioned() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let ghost = ids::UserId(12345);
    let known = world.hashes.known(a, ghost, world.hashes.of(a.user(), ghost)).unwrap();
    let entity =
        Entity { offset_units: 0, length_units: 1, kind: EntityKind::MentionName { user: known.into() } };
    let text = FormattedText::new("x".into(), vec![entity]).unwrap_or_else(|error| panic!("{error}"));
    let refused = world.try_send(a, b, text, RandomId(1), None);
    assert_eq!(refused.err(), Some(SendError::Mention));
}

#[test]
fn nobody_writes_to_an_account_that_is_not_there() {
    let mut world = World::new();
    let [a, ..] = world.trio();
    let ghost = ids::UserId(12345);
    let known = world.hashes.known(a, ghost, world.hashes.of(a.user(), ghost)).unwrap();
    assert_eq!(known.peer(), Peer::User(ghost));
    let refused = world.store.read(|tx| Allowed::to_write(tx, a, known)).result;
    assert_eq!(refused, Err(Refusal::Gone));
    let own = world.store.read(|tx| Allowed::to_write(tx, a, Known::own(a))).result;
    assert!(own.is_ok());
}

/// Dates in a box do not go back with the clock, and a clock that was far off is not followed for ever.
#[test]
fn dates_do_not_go_back_by_less_than_an_hour() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let start = world.now;
    world.send(c, b, "b's box has seen this time");
    world.now = UnixTime(start.0 - 600);
    let sent = world.send(a, b, "a's box has not").message.unwrap();
    assert_eq!(sent.date, start, "both copies have the later date");
    assert_eq!(world.all_messages(b, a)[0].date, start);
    world.now = UnixTime(start.0 - 7200);
    assert_eq!(world.send(a, b, "the clock was wrong").message.unwrap().date, world.now);
}

/// The last numbers of a box are given away one by one, and then it is full: nothing is written on either side.
#[test]
fn a_box_without_numbers_is_full() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.act(|tx| {
        let row = LogRow::decode(&AN_EVENT).unwrap_or_else(|fault| panic!("{fault}"));
        tx.enter(&[b.own_box()])?;
        tx.put(&LOG, b.own_box(), &Pts(i32::MAX - 2), &row)
    });
    world.send(a, b, "the last one");
    let before = (world.state(a).pts, world.state(b).pts);
    assert_eq!(before.1, Pts(i32::MAX - 1));
    for (by, to) in [(a, b), (b, a)] {
        let refused = world.try_send(by, to, plain("x"), RandomId(1), None);
        assert_eq!(refused.err(), Some(SendError::Append(AppendError::Full)));
    }
    assert_eq!((world.state(a).pts, world.state(b).pts), before);
    assert_eq!(world.read_up_to(b, a, 0).pts, Pts(i32::MAX), "a read still has one");
}

/// A log row: version 1, date 0, nothing unread, ReadOutbox of user 0 up to 0.
const AN_EVENT: [u8; 7] = [1, 0, 0, 2, 0, 0, 0];

#[test]
fn messages_are_found_by_number() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let first = world.send(a, b, "one").id;
    world.send(c, a, "two");
    let read = world.read_up_to(a, c, 0).pts;
    let asked = [MsgId(read.0), first, MsgId(0), MsgId(-3), MsgId(999), first];
    let found = world.look(|tx| message::by_id(tx, a, &asked));
    let texts: Vec<_> = found.iter().map(|found| found.as_ref().map(|message| message.text.text())).collect();
    assert_eq!(texts, [None, Some("one"), None, None, None, Some("one")]);
}
