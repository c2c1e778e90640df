//! account.getNotifyExceptions.

use super::update_notify_settings::{muted, of};
use crate::world::{World, updates};

#[test]
fn those_with_settings_of_their_own_as_far_as_they_are_compared() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    let method = muted(of(&world, anna, boris), Some(9));
    world.ok(anna.device, &method);
    let sound = Some(tl::NotificationSound::NotificationSoundNone);
    let settings = tl::fields::InputPeerNotifySettings { sound, ..Default::default() };
    let method =
        tl::account::UpdateNotifySettings { peer: of(&world, anna, vera), settings: settings.into() };
    world.ok(anna.device, &method);
    world.ok(anna.device, &muted(tl::InputNotifyPeer::InputNotifyUsers, Some(9)));
    let ask = |compare_sound, peer| tl::account::GetNotifyExceptions {
        compare_sound,
        compare_stories: false,
        peer,
    };
    let users = || Some(tl::InputNotifyPeer::InputNotifyUsers);
    let chats = Some(tl::InputNotifyPeer::InputNotifyChats);
    let one = Some(of(&world, anna, vera));
    let cases = [
        (ask(false, None), 1),
        (ask(true, None), 2),
        (ask(true, users()), 2),
        (ask(true, chats), 0),
        (ask(true, one), 1),
    ];
    for (method, wanted) in cases {
        assert_eq!(updates(world.ok(anna.device, &method)).len(), wanted);
    }
    let tl::Updates::Updates(all) = world.ok(anna.device, &ask(true, None)) else { panic!("no updates") };
    assert_eq!(all.users.len(), 2);
}
