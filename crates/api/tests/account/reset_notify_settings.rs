//! account.resetNotifySettings.

use super::update_notify_settings::{muted, of, until};
use crate::world::World;

#[test]
fn nothing_is_set_any_more_and_other_sessions_hear_of_each() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = muted(of(&world, anna, boris), Some(9));
    world.ok(anna.device, &method);
    world.ok(anna.device, &muted(tl::InputNotifyPeer::InputNotifyChats, Some(9)));
    assert!(world.ok(anna.device, &tl::account::ResetNotifySettings {}));
    let events = world.events(anna, 3);
    let unset = |update: &tl::Update| match update {
        tl::Update::UpdateNotifySettings(update) => until(&update.notify_settings).is_none(),
        _ => false,
    };
    assert!(events.len() == 2 && events.iter().all(unset));
    assert!(world.ok(anna.device, &tl::account::ResetNotifySettings {}) && world.touched.is_empty());
}
