//! updates.getDifference: slices, limits, and counters that cannot be.

use domain::Authed;
use domain::update::{self, Difference, DifferenceError, Event, Since};
use ids::{MsgId, Pts};

use crate::world::{World, peer};

fn ask(world: &World, by: Authed, pts: i32, limit: Option<i32>) -> Result<Difference, DifferenceError> {
    world.store.read(|tx| update::difference(tx, by, Since { pts: Pts(pts), limit })).result
}

#[test]
fn nothing_has_happened_since_the_head() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    for _ in 0..2 {
        let state = world.state(a);
        let empty = ask(&world, a, state.pts.0, None).unwrap();
        assert!(
            empty.complete && empty.messages.is_empty() && empty.others.is_empty() && empty.sent.is_empty()
        );
        assert_eq!(empty.state, state);
        world.send(a, b, "then something does");
    }
}

#[test]
fn a_counter_from_nowhere_is_refused() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    world.send(a, b, "x");
    for (pts, error) in [
        (i32::MIN, DifferenceError::Empty),
        (0, DifferenceError::Empty),
        (3, DifferenceError::Invalid),
        (i32::MAX, DifferenceError::Invalid),
    ] {
        assert_eq!(ask(&world, a, pts, None).err(), Some(error));
    }
}

#[test]
fn a_slice_holds_what_was_asked_for_and_moves_on() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let mut sent = Vec::new();
    for i in 0..4 {
        let one = world.send(a, b, &format!("{i}"));
        sent.push((one.id, one.random_id));
        world.send(b, a, "reply");
    }
    world.read_up_to(b, a, 0);
    // TDLib asks for one event by its number.
    let one = ask(&world, a, 1, Some(1)).unwrap();
    assert_eq!((one.messages.len(), one.state.pts, one.complete), (1, Pts(2), false));
    assert_eq!(one.sent, [sent[0]]);
    let mut pts = 1;
    let (mut ids, mut named, mut others) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let slice = ask(&world, a, pts, Some(3)).unwrap();
        assert!(slice.state.pts.0 > pts, "a slice that does not move on");
        pts = slice.state.pts.0;
        ids.extend(slice.messages.iter().map(|message| message.id));
        named.extend(slice.sent);
        others.extend(slice.others.into_iter().map(|(entry, _)| entry.event));
        if slice.complete {
            assert_eq!(slice.state, world.state(a));
            break;
        }
    }
    assert_eq!(ids.len(), 8);
    assert!(ids.is_sorted_by(|a, b| a < b), "messages ascend");
    assert_eq!(named, sent);
    assert_eq!(others, [Event::ReadOutbox { peer: peer(b), max: sent[3].0 }]);
}

#[test]
fn a_slice_is_bounded_in_events_and_in_text() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    for _ in 0..510 {
        world.send(a, b, "x");
    }
    for limit in [None, Some(0), Some(-1), Some(i32::MAX)] {
        let slice = ask(&world, b, 1, limit).unwrap();
        assert_eq!((slice.messages.len(), slice.complete), (500, false));
    }
    let long = "水".repeat(4096);
    for _ in 0..100 {
        world.send(a, b, &long);
    }
    let slice = ask(&world, b, 511, None).unwrap();
    assert_eq!((slice.messages.len(), slice.complete), (43, false), "512 KiB of text and one message more");
    assert_eq!(slice.messages.last().map(|message| message.id), Some(MsgId(slice.state.pts.0)));
}
