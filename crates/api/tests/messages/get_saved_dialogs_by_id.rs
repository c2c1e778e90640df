//! messages.getSavedDialogsByID.

use super::get_saved_dialogs::{Saver, listed, saver};

#[test]
fn those_asked_for_if_something_is_saved_from_them() {
    let Saver { mut world, anna, boris, vera, ids } = saver();
    let of = |ids| tl::messages::GetSavedDialogsByID { parent_peer: None, ids };
    let all = vec![tl::InputPeer::InputPeerSelf, world.peer(anna, boris)];
    let found = listed(world.ok(anna.device, &of(all))).0;
    assert_eq!(found, [(anna.id.0, ids[1], false), (boris.id.0, ids[0], false)]);
    let none = of(vec![world.peer(vera, boris)]);
    assert!(listed(world.ok(vera.device, &none)).0.is_empty());
    let method = of(vec![tl::InputPeer::InputPeerSelf; 101]);
    assert_eq!(world.err(anna.device, &method), "400 LIMIT_INVALID");
    let parent_peer = Some(tl::InputPeer::InputPeerSelf);
    let method = tl::messages::GetSavedDialogsByID { parent_peer, ids: Vec::new() };
    assert_eq!(world.err(anna.device, &method), "400 PARENT_PEER_INVALID");
}
