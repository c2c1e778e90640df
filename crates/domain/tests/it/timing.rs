//! Messages that end by themselves: what carries a timer, and that each side's copy ends in its own box.

use domain::Authed;
use domain::dialog;
use domain::message::{self, Action, TimerError};
use domain::orders;
use domain::update::Event;
use ids::limits::TIMER_S_MAX;
use ids::{BoxId, MsgId, UnixTime};
use store::outbox;

use crate::world::{World, peer};

fn texts(world: &World, by: Authed, with: Authed) -> Vec<String> {
    let spoken = world.all_messages(by, with).into_iter().filter(|message| message.action.is_none());
    spoken.map(|message| message.text.text().to_owned()).collect()
}

#[test]
fn both_sides_have_the_timer_and_are_told() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "before");
    let (pts_a, pts_b) = (world.state(a).pts, world.state(b).pts);
    let done = world.set_timer(a, b, 60).unwrap();
    assert!(matches!(done.notice.action, Some(Action::TimerSet { period_s: 60 })));
    assert_eq!((done.pts.0, done.notice.id.0), (pts_a.0 + 1, pts_a.0 + 2));
    for (of, with, since) in [(a, b, pts_a), (b, a, pts_b)] {
        assert_eq!(world.dialog(of, with).0.ttl_s, 60);
        assert_eq!(world.events(of, since)[0].event, Event::Timer { peer: peer(with) });
        assert_eq!(world.all_messages(of, with).len(), 2);
    }
    world.send(b, a, "after");
    for messages in [world.all_messages(a, b), world.all_messages(b, a)] {
        assert_eq!(
            messages.iter().map(|message| message.ttl_s).collect::<Vec<_>>(),
            [Some(60), Some(60), None]
        );
    }
    world.set_timer(b, a, 0).unwrap();
    world.send(a, b, "for good");
    assert!(world.all_messages(a, b)[0].ttl_s.is_none() && world.all_messages(b, a)[0].ttl_s.is_none());
}

#[test]
fn p32_each_copy_ends_at_its_time_on_both_sides() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(c, b, "the two sides have different numbers");
    world.send(a, b, "stays");
    world.set_timer(a, b, 60).unwrap();
    world.send(a, b, "one");
    world.now.0 += 30;
    world.send(b, a, "two");
    let pinned = world.all_messages(a, b)[0].id;
    world.pin(a, b, pinned, true, true).unwrap();
    world.now.0 += 29;
    world.end_messages();
    assert_eq!((texts(&world, a, b).len(), texts(&world, b, a).len()), (3, 3));
    world.now.0 += 1;
    let (pts_a, pts_b) = (world.state(a).pts, world.state(b).pts);
    world.end_messages();
    for (of, with, since) in [(a, b, pts_a), (b, a, pts_b)] {
        assert_eq!(texts(&world, of, with), ["two", "stays"]);
        // The message that told of the timer ends with it.
        assert!(
            matches!(&world.events(of, since)[..], [told, ..] if matches!(told.event, Event::Deleted { .. }))
        );
    }
    world.now.0 += 30;
    world.end_messages();
    assert_eq!(
        (texts(&world, a, b), texts(&world, b, a)),
        (vec!["stays".to_owned()], vec!["stays".to_owned()])
    );
    assert_eq!(world.state(b).unread, world.dialog(b, a).0.unread + world.dialog(b, c).0.unread);
    let known = world.known(a, b);
    assert!(
        world.look(|tx| message::newest_pinned(tx, a, known)).is_none(),
        "P36: a pin ends with its message"
    );
    assert!(world.look(|tx| outbox::due_of(tx, orders::END_MESSAGE, UnixTime(i64::MAX), 99)).is_empty());
}

#[test]
fn an_order_says_nothing_but_where_and_when_and_twice_does_no_harm() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.set_timer(a, b, 60).unwrap();
    let id = world.send(a, b, "one").id;
    let due = world.look(|tx| outbox::due_of(tx, orders::END_MESSAGE, UnixTime(i64::MAX), 99));
    assert_eq!(due.len(), 4);
    let of = |row: &outbox::OutboxRow| (row.of, row.reference);
    assert!(due.iter().any(|(_, row)| of(row) == (a.own_box(), u64::from(id.0.unsigned_abs()))));
    let end = |world: &World, of: BoxId, id: MsgId| {
        let now = world.now;
        world.store.write(|tx| message::end(tx, of, &[id], now)).result.unwrap();
    };
    // Before its time, of another box, and of what is gone: nothing.
    end(&world, a.own_box(), id);
    end(&world, a.own_box(), MsgId(999));
    assert_eq!(texts(&world, a, b).len(), 1);
    // What came too early is ordered again.
    assert_eq!(world.look(|tx| outbox::due_of(tx, orders::END_MESSAGE, UnixTime(i64::MAX), 99)).len(), 5);
    world.now.0 += 60;
    end(&world, a.own_box(), id);
    let state = world.state(a);
    end(&world, a.own_box(), id);
    assert_eq!((texts(&world, a, b).len(), texts(&world, b, a).len(), world.state(a)), (0, 1, state));
}

/// P36: nothing says of what was deleted that it was there, the outbox included, whoever deletes and however.
#[test]
fn p36_an_order_goes_with_its_message() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let due = |world: &World, of: Authed| {
        let all = world.look(|tx| outbox::due_of(tx, orders::END_MESSAGE, UnixTime(i64::MAX), 99));
        all.into_iter().filter(|(_, row)| row.of == of.own_box()).count()
    };
    world.set_timer(a, c, 60).unwrap();
    world.set_timer(a, b, 60).unwrap();
    let ids: Vec<_> = ["one", "two", "three", "four"].iter().map(|text| world.send(a, b, text).id).collect();
    assert_eq!((due(&world, a), due(&world, b), due(&world, c)), (6, 5, 1));
    // The neighbours of the same second stay as they are.
    world.delete(a, &ids[1..2], false);
    assert_eq!((due(&world, a), due(&world, b)), (5, 5));
    world.delete(a, &ids[..1], true);
    assert_eq!((due(&world, a), due(&world, b)), (4, 4));
    world.clear(b, a, false, false);
    assert_eq!((due(&world, a), due(&world, b)), (4, 0));
    world.clear(a, b, true, true);
    assert_eq!((due(&world, a), due(&world, b), due(&world, c)), (1, 0, 1));
    // What came too early and was ordered again is taken back as well.
    let id = world.send(a, b, "five").id;
    let (order, row) = world
        .look(|tx| outbox::due_of(tx, orders::END_MESSAGE, UnixTime(i64::MAX), 99))
        .into_iter()
        .find(|(_, row)| (row.of, row.reference) == (a.own_box(), u64::from(id.0.unsigned_abs())))
        .unwrap();
    let now = world.now;
    let again: store::Ran<_, domain::update::AppendError> = world.store.write(|tx| {
        message::end(tx, row.of, &[id], now)?;
        Ok(outbox::done(tx, order)?)
    });
    again.result.unwrap();
    assert_eq!((due(&world, a), due(&world, b)), (2, 1));
    world.delete(a, &[id], true);
    assert_eq!((due(&world, a), due(&world, b)), (1, 0));
    world.now.0 += 60;
    world.end_messages();
    assert_eq!((due(&world, a), due(&world, b), due(&world, c)), (0, 0, 0));
}

#[test]
fn what_cannot_be_set_is_refused() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let state = world.state(a);
    assert_eq!(world.set_timer(a, a, 60).err(), Some(TimerError::Own));
    assert_eq!(world.set_timer(a, b, TIMER_S_MAX + 1).err(), Some(TimerError::Period));
    assert_eq!(world.set_timer(a, b, 0).err(), Some(TimerError::Unchanged));
    assert_eq!(world.state(a), state);
    world.set_timer(a, b, TIMER_S_MAX).unwrap();
    assert_eq!(world.set_timer(b, a, TIMER_S_MAX).err(), Some(TimerError::Unchanged));
}

#[test]
fn who_is_blocked_sets_it_for_himself() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "before");
    let (known, now) = (world.known(b, a), world.now);
    world.store.write(|tx| domain::block::set(tx, b, known, true, now)).result.unwrap();
    let (theirs, state) = (world.all_messages(b, a), world.state(b));
    world.set_timer(a, b, 60).unwrap();
    world.send(a, b, "for nobody");
    assert!(world.all_messages(b, a) == theirs && world.state(b) == state);
    assert_eq!((world.dialog(a, b).0.ttl_s, world.dialog(b, a).0.ttl_s), (60, 0));
}

#[test]
fn a_dialog_begins_with_the_timer_of_who_begins_it() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(a, c, "begun before");
    world.store.write(|tx| message::set_own_timer(tx, a, 3600)).result.unwrap();
    assert_eq!(world.look(|tx| message::own_timer(tx, a)), 3600);
    world.send(a, b, "hello");
    world.send(a, c, "again");
    world.send(a, a, "note");
    for (of, with) in [(a, b), (b, a)] {
        let messages = world.all_messages(of, with);
        assert!(matches!(messages[1].action, Some(Action::OwnTimerSet { period_s: 3600 })));
        assert_eq!((messages.len(), messages[0].ttl_s), (2, Some(3600)));
    }
    let known = [world.known(a, c), world.known(a, a)];
    assert!(world.look(|tx| dialog::of(tx, a, &known)).iter().all(|(dialog, _)| dialog.ttl_s == 0));
}

#[test]
fn what_says_that_a_history_was_cleared_stays() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.set_timer(a, b, 60).unwrap();
    world.send(a, b, "one");
    world.clear(a, b, true, false);
    world.now.0 += 120;
    world.end_messages();
    assert_eq!((world.all_messages(a, b).len(), world.all_messages(b, a).len()), (1, 0));
}
