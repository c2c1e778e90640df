//! messages.getDialogUnreadMarks.

use super::mark_dialog_unread::mark;
use crate::world::World;

#[test]
fn those_that_are_marked_and_no_others() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    world.send(anna, anna, "to myself", 1);
    let ask = tl::messages::GetDialogUnreadMarks { parent_peer: None };
    assert!(world.ok(anna.device, &ask).is_empty());
    let method = mark(&world, anna, boris, true);
    world.ok(anna.device, &method);
    let [tl::DialogPeer::DialogPeer { peer: tl::Peer::PeerUser { user_id } }] =
        world.ok(anna.device, &ask)[..]
    else {
        panic!("not one user")
    };
    assert_eq!(user_id, boris.id.0);
}
