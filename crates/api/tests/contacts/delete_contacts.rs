//! contacts.deleteContacts.

use crate::world::{World, full_user};

#[test]
fn p27_who_is_deleted_is_a_stranger_again_on_both_sides() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    world.import(anna, boris);
    let input = |world: &World, whom| match world.peer(anna, whom) {
        tl::InputPeer::InputPeerUser { user_id, access_hash } => {
            tl::InputUser::InputUser { user_id, access_hash }
        }
        _ => panic!("no user"),
    };
    // Vera was no contact; nothing is said of her.
    let id = vec![input(&world, vera), input(&world, boris)];
    let method = tl::contacts::DeleteContacts { id };
    let tl::Updates::Updates(answer) = world.ok(anna.device, &method) else { panic!("no updates") };
    assert_eq!(answer.users.len(), 1);
    let user = full_user(&answer.users[0]);
    assert!(!user.contact && user.phone.is_none() && user.first_name.as_deref() == Some("Boris"));
    // And he does not see her number any more.
    let tl::InputPeer::InputPeerUser { user_id, access_hash } = world.peer(boris, anna) else {
        panic!("no user")
    };
    let id = vec![tl::InputUser::InputUser { user_id, access_hash }];
    assert!(full_user(&world.ok(boris.device, &tl::users::GetUsers { id })[0]).phone.is_none());
    assert!(matches!(world.ok(anna.device, &method), tl::Updates::Updates(none) if none.updates.is_empty()));
}
