//! Deleting what was saved from one peer: each step is bounded, and all of them together look at each note once.

use std::sync::Arc;

use domain::message::{self, ClearSaved, Cleared};
use domain::update::AppendError;
use domain::{Authed, Known};
use ids::limits::{CLEARING_S_MAX, MESSAGE_IDS_MAX, SEARCH_TEXT_BYTES_MAX};
use ids::{MsgId, UnixTime};
use store::{Ran, Tapped};

use crate::world::World;

fn step(world: &World, by: Authed, of: Known, max_id: MsgId) -> Cleared {
    let (what, now) = (ClearSaved { of, max_id, min_date: None, max_date: None }, world.now);
    let ran: Ran<_, AppendError> = world.store.write(|tx| message::clear_saved(tx, by, &what, now));
    ran.result.unwrap()
}

fn pin(world: &World, by: Authed, of: Known) {
    let now = world.now;
    world.store.write(|tx| message::pin_saved(tx, by, of, true, now)).result.unwrap();
}

#[test]
fn a_deletion_from_one_peer_looks_at_each_note_once_however_many_steps_it_takes() {
    let engine = Arc::new(Tapped::new(Box::new(|_| Ok(()))));
    let mut world = World::on(Arc::clone(&engine) as _);
    let [a, b, _] = world.trio();
    let (of, own) = (world.known(a, b), Known::own(a));
    let id = world.send(b, a, "to be kept").id;
    let id = world.all_messages(a, b).into_iter().find(|message| message.id >= id).unwrap().id;
    // Below more notes than one step looks at: more messages than one step takes.
    for _ in 0..MESSAGE_IDS_MAX + 1 {
        world.forward(a, b, a, &[id]);
    }
    pin(&world, a, of);
    let long = "note ".repeat(800);
    let notes = 2 * SEARCH_TEXT_BYTES_MAX / long.len() + 2;
    for _ in 0..notes {
        world.send(a, a, &long);
    }
    let pins = |world: &World| world.look(|tx| message::saved_pins(tx, a)).len();
    let mut steps = Vec::new();
    loop {
        engine.reads();
        let cleared = step(&world, a, of, MsgId(0));
        steps.push((cleared.pts_count, engine.reads().ranges));
        assert!(pins(&world) == usize::from(cleared.left > 0), "the pin goes with the last of them");
        if cleared.left == 0 {
            break;
        }
        // What comes meanwhile is looked at by none of the steps to come.
        world.send(a, a, &long);
        assert!(steps.len() < 20, "it does not end");
    }
    let events: Vec<_> = steps.iter().map(|(events, _)| *events).collect();
    // Two steps through notes alone; one that finds a hundred; the last one and the pin.
    assert_eq!(events, [0, 0, 100, 2], "{steps:?}");
    // Rows are read some hundreds at a time, and a step reads no more than is left of its bound, but for its last row.
    let ranges: u64 = steps.iter().map(|(_, ranges)| *ranges).sum();
    assert!(
        ranges <= (notes + 200).div_ceil(512) as u64 + 3 * steps.len() as u64,
        "{steps:?}: a step began anew"
    );
    assert_eq!(world.all_messages(a, a).len(), notes + 3);
    // One that was left alone begins anew: what was saved since is meant as well.
    for _ in 0..MESSAGE_IDS_MAX + 1 {
        world.forward(a, b, a, &[id]);
    }
    assert_eq!(step(&world, a, of, MsgId(0)).left, 1);
    world.forward(a, b, a, &[id]);
    world.now = UnixTime(world.now.0 + CLEARING_S_MAX + 1);
    assert_eq!(step(&world, a, of, MsgId(0)).pts_count, 2);
    while step(&world, a, of, MsgId(0)).left > 0 {}
    // The next one begins at the top again, and one of another extent is another.
    world.forward(a, b, a, &[id]);
    assert_eq!(step(&world, a, of, MsgId(0)).pts_count, 1);
    world.forward(a, b, a, &[id]);
    assert_eq!((step(&world, a, of, MsgId(5)).pts_count, step(&world, a, of, MsgId(0)).pts_count), (0, 1));
    assert_eq!(step(&world, a, own, MsgId(0)).pts_count, 100);
    assert!(world.all_messages(a, a).len() == notes + 3 - MESSAGE_IDS_MAX);
}
