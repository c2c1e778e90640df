//! auth.logOut.

use api::Effect;

use crate::world::World;

#[test]
fn a_key_that_logged_out_has_no_user_and_may_get_one_again() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    world.pass_s(60);
    let second = world.second_device(anna);
    world.ok(anna.device, &tl::auth::LogOut {});
    assert!(matches!(&world.effects[..], [Effect::SignedOut { key }] if *key == anna.device.key));
    assert_eq!(world.err(anna.device, &tl::updates::GetState {}), "401 AUTH_KEY_UNREGISTERED");
    assert_eq!(world.err(anna.device, &tl::auth::LogOut {}), "401 AUTH_KEY_UNREGISTERED");
    world.ok(second, &tl::updates::GetState {});
}
