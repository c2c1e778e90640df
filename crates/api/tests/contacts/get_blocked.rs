//! contacts.getBlocked.

use crate::world::World;

#[test]
fn newest_first_in_pages() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    for whom in [boris, vera] {
        let id = world.peer(anna, whom);
        world.ok(anna.device, &tl::contacts::Block { my_stories_from: false, id });
        world.now.wall_ns += 5_000_000_000;
    }
    let page = |offset, limit| tl::contacts::GetBlocked { my_stories_from: false, offset, limit };
    let ids = |blocked: &[tl::PeerBlocked]| -> Vec<i64> {
        let id = |entry: &tl::PeerBlocked| match entry {
            tl::PeerBlocked::PeerBlocked { peer_id: tl::Peer::PeerUser { user_id }, .. } => *user_id,
            tl::PeerBlocked::PeerBlocked { .. } => panic!("not a user"),
        };
        blocked.iter().map(id).collect()
    };
    let tl::contacts::Blocked::Blocked(all) = world.ok(anna.device, &page(0, 100)) else { panic!("a slice") };
    assert_eq!(ids(&all.blocked), [vera.id.0, boris.id.0]);
    assert_eq!(all.users.len(), 2);
    let tl::contacts::Blocked::BlockedSlice(one) = world.ok(anna.device, &page(1, 1)) else { panic!("all") };
    assert_eq!((ids(&one.blocked), one.count), (vec![boris.id.0], 2));
    let tl::contacts::Blocked::Blocked(none) = world.ok(boris.device, &page(0, 100)) else {
        panic!("a slice")
    };
    assert!(none.blocked.is_empty(), "who is blocked finds nothing of it");
}
