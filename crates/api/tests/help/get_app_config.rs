//! help.getAppConfig.

use crate::world::World;

#[test]
fn an_object_with_a_hash_that_is_recognised() {
    let mut world = World::new();
    let device = world.device();
    let answer = world.ok(device, &tl::help::GetAppConfig { hash: 0 });
    let tl::help::AppConfig::AppConfig { hash, config } = answer else { panic!("not changed") };
    assert!(matches!(config, tl::JSONValue::JsonObject { value } if !value.is_empty()));
    assert!(hash != 0);
    let again = world.ok(device, &tl::help::GetAppConfig { hash });
    assert!(matches!(again, tl::help::AppConfig::AppConfigNotModified));
}
