//! users.getUsers.

use crate::world::{World, full_user};

#[test]
fn oneself_others_and_nobody() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let hash = world.env.hashes.of(anna.id, boris.id);
    let user = |user_id, access_hash| tl::InputUser::InputUser { user_id, access_hash };
    let id = vec![
        tl::InputUser::InputUserSelf,
        user(boris.id.0, hash),
        user(boris.id.0, hash + 1),
        user(12, 0),
        tl::InputUser::InputUserEmpty,
    ];
    let users = world.ok(anna.device, &tl::users::GetUsers { id });
    assert!(full_user(&users[0]).self_);
    assert_eq!(full_user(&users[1]).first_name.as_deref(), Some("Boris"));
    assert_eq!(full_user(&users[1]).phone, None);
    assert_eq!(full_user(&users[1]).access_hash, Some(hash));
    for (at, id) in [(2, boris.id.0), (3, 12), (4, 0)] {
        assert!(matches!(users[at], tl::User::UserEmpty { id: told } if told == id));
    }
}

#[test]
fn a13_another_viewers_hash_opens_nothing() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let eve = world.person("9996600003", "Eve");
    let stolen = world.env.hashes.of(anna.id, boris.id);
    let id = vec![tl::InputUser::InputUser { user_id: boris.id.0, access_hash: stolen }];
    let users = world.ok(eve.device, &tl::users::GetUsers { id });
    assert!(matches!(users[0], tl::User::UserEmpty { .. }));
}

#[test]
fn before_a_login_and_for_too_many() {
    let mut world = World::new();
    let device = world.device();
    let own = tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] };
    assert_eq!(world.err(device, &own), "401 AUTH_KEY_UNREGISTERED");
    let anna = world.person("9996600001", "Anna");
    let many = (0..201).map(|_| tl::InputUser::InputUserSelf).collect();
    assert_eq!(world.err(anna.device, &tl::users::GetUsers { id: many }), "400 LIMIT_INVALID");
}
