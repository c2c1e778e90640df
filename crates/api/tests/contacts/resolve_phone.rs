//! contacts.resolvePhone.

use crate::world::World;

#[test]
fn a2_only_a_number_in_ones_book_is_answered() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let resolve = |phone: &str| tl::contacts::ResolvePhone { phone: phone.to_owned() };
    assert_eq!(world.err(anna.device, &resolve(boris.phone)), "400 PHONE_NOT_OCCUPIED");
    world.import(anna, boris);
    let tl::contacts::ResolvedPeer::ResolvedPeer(found) = world.ok(anna.device, &resolve(boris.phone));
    assert!(matches!(found.peer, tl::Peer::PeerUser { user_id } if user_id == boris.id.0));
    world.ok(anna.device, &resolve(anna.phone));
    assert_eq!(world.err(anna.device, &resolve("none")), "400 PHONE_NUMBER_INVALID");
}
