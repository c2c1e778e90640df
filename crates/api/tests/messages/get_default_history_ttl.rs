//! messages.getDefaultHistoryTTL.

use crate::world::World;

#[test]
fn it_is_what_was_set_and_each_has_his_own() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.ok(anna.device, &tl::messages::SetDefaultHistoryTTL { period: 86_400 });
    for (who, wanted) in [(anna, 86_400), (boris, 0)] {
        let tl::DefaultHistoryTTL::DefaultHistoryTTL { period } =
            world.ok(who.device, &tl::messages::GetDefaultHistoryTTL {});
        assert_eq!(period, wanted);
    }
}
