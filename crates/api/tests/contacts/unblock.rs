//! contacts.unblock.

use crate::world::World;

#[test]
fn a_block_that_is_lifted_is_gone_from_list_and_page() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let unblock = tl::contacts::Unblock { my_stories_from: false, id: world.peer(anna, boris) };
    assert!(world.ok(anna.device, &unblock));
    assert!(world.touched.is_empty(), "there was none");
    let id = world.peer(anna, boris);
    world.ok(anna.device, &tl::contacts::Block { my_stories_from: false, id });
    world.ok(anna.device, &unblock);
    assert!(matches!(&world.events(anna, 2)[..], [tl::Update::UpdatePeerBlocked { blocked: false, .. }]));
    let list = tl::contacts::GetBlocked { my_stories_from: false, offset: 0, limit: 10 };
    let tl::contacts::Blocked::Blocked(list) = world.ok(anna.device, &list) else { panic!("a slice") };
    assert!(list.blocked.is_empty() && list.users.is_empty());
}
