//! users.getFullUser.

use crate::world::{World, full_user};

#[test]
fn the_page_comes_with_its_user() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let own = tl::users::GetFullUser { id: tl::InputUser::InputUserSelf };
    let tl::users::UserFull::UserFull(page) = world.ok(anna.device, &own);
    let tl::UserFull::UserFull(full) = &page.full_user;
    assert_eq!(full.id, anna.id.0);
    assert!(full_user(&page.users[0]).self_);
}

#[test]
fn nobody_has_no_page() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let ghost = ids::UserId(12_345);
    let access_hash = world.env.hashes.of(anna.id, ghost);
    for (user_id, access_hash) in [(ghost.0, access_hash), (ghost.0, 0)] {
        let id = tl::InputUser::InputUser { user_id, access_hash };
        assert_eq!(world.err(anna.device, &tl::users::GetFullUser { id }), "400 USER_ID_INVALID");
    }
}
