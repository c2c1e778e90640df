//! help.getNearestDc.

use crate::world::World;

#[test]
fn the_nearest_is_the_one_the_client_is_on_and_no_country_is_guessed() {
    let mut world = World::new();
    let device = world.device();
    let tl::NearestDc::NearestDc { country, this_dc, nearest_dc } =
        world.ok(device, &tl::help::GetNearestDc {});
    assert_eq!((country.as_str(), this_dc, nearest_dc), ("", 2, 2));
}
