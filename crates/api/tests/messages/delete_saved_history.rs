//! messages.deleteSavedHistory.

use super::get_saved_dialogs::{Saver, listed, save, saver};

#[test]
fn what_was_saved_from_one_peer_goes_and_nothing_else() {
    let Saver { mut world, anna, boris, vera, ids } = saver();
    let peer = world.peer(anna, boris);
    let second = save(&mut world, anna, boris, "again", 20);
    let delete =
        |max_id| tl::messages::DeleteSavedHistory { peer: peer.clone(), max_id, ..Default::default() };
    let tl::messages::AffectedHistory::AffectedHistory { pts_count, offset, .. } =
        world.ok(anna.device, &delete(ids[0]));
    assert_eq!((pts_count, offset), (1, 0));
    let of = |world: &mut crate::world::World| {
        listed(world.ok(anna.device, &tl::messages::GetSavedDialogs::default())).0
    };
    assert_eq!(of(&mut world)[0], (boris.id.0, second, false));
    world.ok(anna.device, &delete(0));
    assert_eq!(of(&mut world), [(vera.id.0, ids[2], false), (anna.id.0, ids[1], false)]);
    world.ok(anna.device, &delete(0));
    assert!(world.touched.is_empty());
    // What it was forwarded from is where it was.
    assert_eq!(world.texts(anna, boris), ["again", "of Boris"]);
    let bad = tl::messages::DeleteSavedHistory { max_date: Some(0), ..delete(0) };
    assert_eq!(world.err(anna.device, &bad), "400 MAX_DATE_INVALID");
    let bad = tl::messages::DeleteSavedHistory { min_date: Some(9), max_date: Some(8), ..delete(0) };
    assert_eq!(world.err(anna.device, &bad), "400 MIN_DATE_INVALID");
    let bad = tl::messages::DeleteSavedHistory { parent_peer: Some(peer.clone()), ..delete(0) };
    assert_eq!(world.err(anna.device, &bad), "400 PARENT_PEER_INVALID");
}

#[test]
fn a_hundred_at_a_time() {
    let Saver { mut world, anna, .. } = saver();
    for at in 0..100 {
        world.sent(anna, anna, "note", 200 + at);
    }
    let delete =
        tl::messages::DeleteSavedHistory { peer: tl::InputPeer::InputPeerSelf, ..Default::default() };
    let step = |world: &mut crate::world::World| {
        let tl::messages::AffectedHistory::AffectedHistory { pts_count, offset, .. } =
            world.ok(anna.device, &delete);
        (pts_count, offset > 0)
    };
    assert_eq!((step(&mut world), step(&mut world)), ((100, true), (1, false)));
}
