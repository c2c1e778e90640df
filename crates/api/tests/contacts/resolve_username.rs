//! contacts.resolveUsername.

use crate::world::{World, full_user};

fn resolve(username: &str) -> tl::contacts::ResolveUsername {
    tl::contacts::ResolveUsername { username: username.to_owned(), referer: None }
}

#[test]
fn a_username_leads_to_whoever_has_it_without_his_number() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    assert_eq!(world.err(boris.device, &resolve("anna_b")), "400 USERNAME_NOT_OCCUPIED");
    world.ok(anna.device, &tl::account::UpdateUsername { username: "Anna_B".to_owned() });
    let tl::contacts::ResolvedPeer::ResolvedPeer(found) = world.ok(boris.device, &resolve("@anna_b"));
    let user = full_user(&found.users[0]);
    assert_eq!((user.id, user.phone.as_deref()), (anna.id.0, None));
    // Whom one found so one can write to.
    let peer = tl::InputPeer::InputPeerUser { user_id: user.id, access_hash: user.access_hash.unwrap() };
    world.ok(boris.device, &crate::world::text_message(peer, "hello", 1));
    assert_eq!(world.err(boris.device, &resolve("no")), "400 USERNAME_INVALID");
}
