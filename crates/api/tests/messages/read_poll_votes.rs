//! messages.readPollVotes.

use super::send_vote::{asked, sent, vote};
use crate::world::World;

#[test]
fn no_vote_is_unread_before_or_after() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let (_, theirs) = sent(&mut world, anna, boris, asked(|_, poll| poll.public_voters = true));
    let method = vote(&world, boris, anna, theirs, &[b"1"]);
    world.ok(boris.device, &method);
    let peer = world.peer(anna, boris);
    let unread = tl::messages::ReadPollVotes { peer, top_msg_id: None };
    let tl::messages::AffectedHistory::AffectedHistory { pts_count, offset, .. } =
        world.ok(anna.device, &unread);
    assert_eq!((pts_count, offset), (0, 0));
    assert!(world.touched.is_empty());
    let method = tl::messages::ReadPollVotes { peer: tl::InputPeer::InputPeerEmpty, top_msg_id: None };
    assert_eq!(world.err(anna.device, &method), "400 PEER_ID_INVALID");
}
