//! messages.readMentions.

use crate::world::World;

#[test]
fn there_is_nothing_to_mark_and_the_answer_says_so() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let method = tl::messages::ReadMentions { peer: world.peer(anna, boris), ..Default::default() };
    let tl::messages::AffectedHistory::AffectedHistory { pts, pts_count, offset } =
        world.ok(anna.device, &method);
    assert_eq!((pts, pts_count, offset, world.touched.len()), (2, 0, 0, 0));
    let nobody = tl::messages::ReadMentions { peer: tl::InputPeer::InputPeerEmpty, ..method };
    assert_eq!(world.err(anna.device, &nobody), "400 PEER_ID_INVALID");
}
