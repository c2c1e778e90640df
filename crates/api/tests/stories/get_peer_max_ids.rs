//! stories.getPeerMaxIDs.

use crate::world::World;

#[test]
fn an_element_for_each_of_whom_none_has_one() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let peer = world.peer(anna, boris);
    let of = |id| tl::stories::GetPeerMaxIDs { id };
    let answer = world.ok(anna.device, &of(vec![tl::InputPeer::InputPeerSelf, peer.clone()]));
    let none =
        |of: &tl::RecentStory| matches!(of, tl::RecentStory::RecentStory { live: false, max_id: None });
    assert!(answer.len() == 2 && answer.iter().all(none));
    assert_eq!(world.err(anna.device, &of(vec![tl::InputPeer::InputPeerEmpty])), "400 PEER_ID_INVALID");
    assert_eq!(world.err(anna.device, &of(vec![peer; 101])), "400 LIMIT_INVALID");
}
