//! Pinning: for whom, what is refused, what is found, and that a pin goes with its message.

use domain::Authed;
use domain::message::{self, Action, Kind, PinError, Pinned};
use domain::update::Event;
use ids::MsgId;

use crate::world::{World, peer};

fn pin(world: &World, by: Authed, with: Authed, id: MsgId) -> Pinned {
    world.pin(by, with, id, true, false).unwrap()
}

fn found(world: &World, by: Authed, with: Authed) -> Vec<i32> {
    let known = world.known(by, with);
    let places = world.look(|tx| message::places(tx, by, known, None, Kind::Pinned));
    assert!(places.exact);
    let newest = world.look(|tx| message::newest_pinned(tx, by, known));
    assert_eq!(newest, places.all.first().map(|(id, _)| *id));
    places.all.iter().map(|(id, _)| id.0).collect()
}

#[test]
fn a_pin_is_on_both_sides_and_says_so() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    // The two sides have different numbers for it.
    world.send(c, b, "before");
    let id = world.send(a, b, "remember").id;
    world.send(a, b, "forget");
    let theirs = world.all_messages(b, a)[1].id;
    let (pts_a, pts_b) = (world.state(a).pts, world.state(b).pts);
    let pinned = pin(&world, a, b, id);
    let notice = pinned.notice.unwrap();
    assert!(matches!(notice.action, Some(Action::Pinned)) && notice.reply.as_ref().unwrap().to == id);
    assert_eq!((pinned.pts.0, notice.id.0), (pts_a.0 + 1, pts_a.0 + 2));
    assert_eq!(
        world.events(a, pts_a)[0].event,
        Event::MessagesPinned { peer: peer(b), ids: vec![id], pinned: true }
    );
    let events = world.events(b, pts_b);
    assert_eq!(events[0].event, Event::MessagesPinned { peer: peer(a), ids: vec![theirs], pinned: true });
    let top = world.all_messages(b, a).remove(0);
    assert!(
        matches!(top.action, Some(Action::Pinned)) && top.reply.unwrap().to == theirs && top.from == a.user()
    );
    assert_eq!((found(&world, a, b), found(&world, b, a)), (vec![id.0], vec![theirs.0]));
    assert!(world.all_messages(b, a)[2].pinned);
}

#[test]
fn p40_who_pins_for_himself_tells_nobody() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let id = world.send(a, b, "remember").id;
    let (theirs, state) = (world.all_messages(b, a), world.state(b));
    let pinned = world.pin(a, b, id, true, true).unwrap();
    assert!(pinned.notice.is_none() && pinned.pts == world.state(a).pts);
    assert!(world.all_messages(b, a) == theirs && world.state(b) == state);
    assert_eq!((found(&world, a, b).len(), found(&world, b, a).len()), (1, 0));
    world.pin(a, b, id, false, true).unwrap();
    assert!(found(&world, a, b).is_empty() && world.state(b) == state);
}

#[test]
fn only_what_was_said_and_only_once() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let id = world.send(a, b, "remember").id;
    let notice = pin(&world, a, b, id).notice.unwrap().id;
    let state = world.state(a);
    assert_eq!(world.pin(a, b, id, true, false).err(), Some(PinError::Unchanged));
    assert_eq!(world.pin(a, b, notice, true, false).err(), Some(PinError::NotFound));
    assert_eq!(world.pin(a, c, id, true, false).err(), Some(PinError::NotFound));
    assert_eq!(world.pin(a, b, notice, false, false).err(), Some(PinError::NotFound));
    assert_eq!(world.state(a), state);
    let unpinned = world.pin(a, b, id, false, false).unwrap();
    assert!(unpinned.notice.is_none() && found(&world, b, a).is_empty());
}

#[test]
fn p36_a_pin_goes_with_its_message() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let ids = [world.send(a, b, "one").id, world.send(a, b, "two").id, world.send(a, b, "three").id];
    ids.iter().for_each(|&id| drop(pin(&world, a, b, id)));
    assert_eq!(found(&world, a, b), [ids[2].0, ids[1].0, ids[0].0]);
    world.delete(a, &[ids[2]], true);
    assert_eq!((found(&world, a, b).len(), found(&world, b, a).len()), (2, 2));
    world.delete(a, &[ids[1]], false);
    assert_eq!((found(&world, a, b).len(), found(&world, b, a).len()), (1, 2));
    world.clear(b, a, false, false);
    assert_eq!((found(&world, a, b).len(), found(&world, b, a).len()), (1, 0));
}

#[test]
fn all_pins_go_in_steps_on_both_sides() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let ids: Vec<_> = (0..103).map(|n| world.send(a, b, &format!("{n}")).id).collect();
    for &id in &ids {
        world.pin(a, b, id, true, true).unwrap();
    }
    // One that both have.
    let theirs: Vec<_> = world.all_messages(b, a).iter().map(|message| message.id).collect();
    world.pin(b, a, theirs[0], true, true).unwrap();
    let with = world.known(a, b);
    let step = |world: &World| {
        let now = world.now;
        world.store.write(|tx| message::unpin_all(tx, a, with, now)).result.unwrap()
    };
    let before = world.state(a).pts.0;
    let first = step(&world);
    assert!(first.more && (first.pts_count, first.pts.0) == (100, before + 100));
    assert_eq!((found(&world, a, b).len(), found(&world, b, a).len()), (3, 1));
    let (second, third) = (step(&world), step(&world));
    assert!(!second.more && second.pts_count == 3 && third.pts_count == 0);
    assert!(found(&world, b, a).is_empty());
    assert!(world.all_messages(a, b).iter().all(|message| !message.pinned));
}

#[test]
fn an_own_note_can_be_pinned() {
    let mut world = World::new();
    let [a, ..] = world.trio();
    let id = world.send(a, a, "note").id;
    assert!(pin(&world, a, a, id).notice.is_some());
    assert_eq!(found(&world, a, a), [id.0]);
    assert!(world.pin(a, a, id, false, false).unwrap().notice.is_none());
    assert!(found(&world, a, a).is_empty());
}

#[test]
fn who_is_blocked_pins_for_himself_and_is_not_told() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let id = world.send(a, b, "remember").id;
    let (known, now) = (world.known(b, a), world.now);
    world.store.write(|tx| domain::block::set(tx, b, known, true, now)).result.unwrap();
    let (theirs, state) = (world.all_messages(b, a), world.state(b));
    assert!(pin(&world, a, b, id).notice.is_some());
    assert!(world.all_messages(b, a) == theirs && world.state(b) == state);
    let with = world.known(a, b);
    assert_eq!(world.store.write(|tx| message::unpin_all(tx, a, with, now)).result.unwrap().pts_count, 1);
    assert!(world.state(b) == state);
}
