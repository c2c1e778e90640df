//! auth.dropTempAuthKeys.

use api::Effect;
use ids::AuthKeyId;

use crate::world::World;

#[test]
fn the_driver_is_told_which_keys_stay() {
    let mut world = World::new();
    let device = world.device();
    assert!(world.ok(device, &tl::auth::DropTempAuthKeys { except_auth_keys: vec![-1] }));
    assert!(matches!(
        &world.effects[..],
        [Effect::DropTempKeys { perm, except }] if *perm == device.key && except[..] == [AuthKeyId(u64::MAX)]
    ));
}
