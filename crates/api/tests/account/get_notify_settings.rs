//! account.getNotifySettings.

use super::update_notify_settings::{muted, of, until};
use crate::world::World;

#[test]
fn each_scope_has_settings_of_its_own() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let scopes = |world: &World| {
        [
            of(world, anna, boris),
            of(world, anna, anna),
            tl::InputNotifyPeer::InputNotifyUsers,
            tl::InputNotifyPeer::InputNotifyChats,
            tl::InputNotifyPeer::InputNotifyBroadcasts,
        ]
    };
    for (at, peer) in (1..).zip(scopes(&world)) {
        world.ok(anna.device, &muted(peer, Some(at)));
    }
    for (at, peer) in (1..).zip(scopes(&world)) {
        let settings = world.ok(anna.device, &tl::account::GetNotifySettings { peer });
        assert_eq!(until(&settings), Some(at));
    }
    let peer = tl::InputNotifyPeer::InputNotifyUsers;
    let settings = world.ok(boris.device, &tl::account::GetNotifySettings { peer });
    assert_eq!(until(&settings), None, "they are the caller's own");
}

/// What is sent comes back: all fields, the sound for each platform.
#[test]
fn all_fields_come_back() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let sent = tl::fields::InputPeerNotifySettings {
        show_previews: Some(false),
        silent: Some(true),
        mute_until: Some(7),
        sound: Some(tl::fields::NotificationSoundLocal { title: "Bell".into(), data: "b".into() }.into()),
        stories_muted: Some(true),
        stories_hide_sender: Some(false),
        stories_sound: Some(tl::NotificationSound::NotificationSoundNone),
    };
    let peer = tl::InputNotifyPeer::InputNotifyUsers;
    world.ok(anna.device, &tl::account::UpdateNotifySettings { peer, settings: sent.into() });
    let peer = tl::InputNotifyPeer::InputNotifyUsers;
    let there = world.ok(anna.device, &tl::account::GetNotifySettings { peer });
    let tl::PeerNotifySettings::PeerNotifySettings(there) = there;
    assert_eq!((there.show_previews, there.silent, there.mute_until), (Some(false), Some(true), Some(7)));
    assert_eq!((there.stories_muted, there.stories_hide_sender), (Some(true), Some(false)));
    for sound in [&there.ios_sound, &there.android_sound, &there.other_sound] {
        assert!(
            matches!(sound, Some(tl::NotificationSound::NotificationSoundLocal(local)) if local.title == "Bell")
        );
    }
    assert!(matches!(there.stories_other_sound, Some(tl::NotificationSound::NotificationSoundNone)));
}
