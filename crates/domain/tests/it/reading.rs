//! messages.readHistory: marks, counts, and events only where something changed.

use domain::update::Event;
use ids::{MsgId, Pts};

use crate::world::{World, peer};

#[test]
fn a_read_counts_down_message_by_message() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    for i in 0..300 {
        world.send(b, a, &format!("in {i}"));
        if i % 2 == 0 {
            world.send(a, b, "out");
        }
    }
    world.send(c, a, "another dialog");
    assert_eq!(world.state(a).unread, 301);
    let incoming: Vec<_> =
        world.all_messages(a, b).into_iter().rev().filter(|message| !message.out).collect();
    for (upto, left) in [(0, 299), (9, 290), (250, 49), (299, 0)] {
        let mark = world.read_up_to(a, b, incoming[upto].id.0);
        assert_eq!(mark.pts_count, 1);
        let event = world.events(a, Pts(mark.pts.0 - 1)).remove(0).event;
        assert_eq!(event, Event::ReadInbox { peer: peer(b), max: incoming[upto].id, unread: left });
        assert_eq!(world.dialog(a, b).0.unread, left);
        assert_eq!(world.state(a).unread, left + 1);
    }
}

#[test]
fn all_is_read_at_once_however_much_it_is() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    for _ in 0..300 {
        world.send(b, a, "in");
    }
    for _ in 0..200 {
        world.send(a, b, "out");
    }
    world.send(c, a, "another dialog");
    let newest = world.all_messages(a, b).into_iter().find(|message| !message.out).unwrap().id;
    let mark = world.read_up_to(a, b, i32::MAX);
    let event = world.events(a, Pts(mark.pts.0 - 1)).remove(0).event;
    assert_eq!(event, Event::ReadInbox { peer: peer(b), max: newest, unread: 0 });
    assert_eq!((world.dialog(a, b).0.unread, world.state(a).unread), (0, 1));
}

#[test]
fn a_mark_is_the_greatest_incoming_message_at_or_below() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(b, a, "1");
    let incoming = world.all_messages(a, b)[0].id;
    let own = world.send(a, b, "2").id;
    assert_eq!(world.read_up_to(a, b, own.0).pts_count, 1);
    assert_eq!(world.dialog(a, b).0.read_inbox_max, incoming);
    // What was read cannot be unread, and what is above the newest message is the newest.
    for max_id in [1, incoming.0, own.0, i32::MAX, 0, -1, i32::MIN] {
        assert_eq!(world.read_up_to(a, b, max_id).pts_count, 0, "{max_id}");
    }
    world.send(b, a, "3");
    assert_eq!(world.read_up_to(a, b, own.0).pts_count, 0);
    assert_eq!(world.dialog(a, b).0.unread, 1);
    assert_eq!(world.read_up_to(a, b, 0).pts_count, 1, "0 means all");
    assert_eq!(world.dialog(a, b).0.unread, 0);
}

#[test]
fn a_dialog_without_messages_cannot_be_read() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let mark = world.read_up_to(a, b, 5);
    assert_eq!((mark.pts, mark.pts_count), (Pts(1), 0));
    assert_eq!(world.state(b).pts, Pts(1));
}

/// The other side hears of it with its own numbers, once, and only about its own messages.
#[test]
fn the_writer_is_told_with_his_own_numbers() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    world.send(b, c, "so that numbers differ");
    world.send(b, c, "and more");
    let first = world.send(b, a, "1").id;
    let second = world.send(b, a, "2").id;
    let theirs = world.all_messages(a, b)[1].id;
    let before = world.state(b).pts;
    world.read_up_to(a, b, theirs.0);
    world.read_up_to(a, b, 0);
    let events: Vec<_> = world.events(b, before).into_iter().map(|entry| entry.event).collect();
    assert_eq!(
        events,
        [Event::ReadOutbox { peer: peer(a), max: first }, Event::ReadOutbox { peer: peer(a), max: second }]
    );
    assert_eq!(world.dialog(b, a).0.read_outbox_max, second);
    assert_eq!(world.dialog(b, c).0.read_outbox_max, MsgId(0));
}
