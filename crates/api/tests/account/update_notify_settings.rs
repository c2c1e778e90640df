//! account.updateNotifySettings.

use crate::world::{Person, World};

pub(crate) fn of(world: &World, viewer: Person, with: Person) -> tl::InputNotifyPeer {
    tl::InputNotifyPeer::InputNotifyPeer { peer: world.peer(viewer, with) }
}

pub(crate) fn muted(peer: tl::InputNotifyPeer, mute_until: Option<i32>) -> tl::account::UpdateNotifySettings {
    let settings = tl::fields::InputPeerNotifySettings { mute_until, ..Default::default() };
    tl::account::UpdateNotifySettings { peer, settings: settings.into() }
}

#[track_caller]
pub(crate) fn until(settings: &tl::PeerNotifySettings) -> Option<i32> {
    let tl::PeerNotifySettings::PeerNotifySettings(settings) = settings;
    settings.mute_until
}

#[test]
fn settings_of_a_dialog_are_shown_wherever_it_is() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let method = muted(of(&world, anna, boris), Some(i32::MAX));
    assert!(world.ok(anna.device, &method));
    assert!(world.ok(anna.device, &method) && world.touched.is_empty(), "they are so already");
    let tl::messages::Dialogs::Dialogs(list) =
        world.ok(anna.device, &tl::messages::GetDialogs { limit: 9, ..Default::default() })
    else {
        panic!("a slice")
    };
    let [tl::Dialog::Dialog(dialog)] = &list.dialogs[..] else { panic!("not one dialog") };
    assert_eq!(until(&dialog.notify_settings), Some(i32::MAX));
    let access_hash = world.env.hashes.of(anna.id, boris.id);
    let id = tl::InputUser::InputUser { user_id: boris.id.0, access_hash };
    let tl::users::UserFull::UserFull(full) = world.ok(anna.device, &tl::users::GetFullUser { id });
    let tl::UserFull::UserFull(full) = &full.full_user;
    assert_eq!(until(&full.notify_settings), Some(i32::MAX));
    let events = world.events(anna, 2);
    let [tl::Update::UpdateNotifySettings(event)] = &events[..] else { panic!("not one event") };
    assert!(matches!(event.peer, tl::NotifyPeer::NotifyPeer { .. }));
    assert_eq!(until(&event.notify_settings), Some(i32::MAX));
    assert!(world.events(boris, 2).is_empty(), "nobody else hears of it");
}

#[test]
fn what_cannot_be_set_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let topic = tl::InputNotifyPeer::InputNotifyForumTopic { peer: world.peer(anna, boris), top_msg_id: 1 };
    assert_eq!(world.err(anna.device, &muted(topic, None)), "400 PEER_ID_INVALID");
    let sound = tl::fields::NotificationSoundLocal { title: String::new(), data: "x".repeat(257) }.into();
    let settings = tl::fields::InputPeerNotifySettings { sound: Some(sound), ..Default::default() };
    let method =
        tl::account::UpdateNotifySettings { peer: of(&world, anna, boris), settings: settings.into() };
    assert_eq!(world.err(anna.device, &method), "400 SETTINGS_INVALID");
}

/// A new message takes its dialog out of the archive, unless it is muted: itself, or with all others.
#[test]
fn an_archived_dialog_comes_back_unless_it_is_muted() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let archive = |world: &mut World| {
        let folder_peers =
            vec![tl::InputFolderPeer::InputFolderPeer { peer: world.peer(anna, boris), folder_id: 1 }];
        world.ok(anna.device, &tl::folders::EditPeerFolders { folder_peers });
    };
    let is_archived = |world: &mut World| {
        let method = tl::messages::GetDialogs { folder_id: Some(1), ..Default::default() };
        let tl::messages::Dialogs::Dialogs(list) = world.ok(anna.device, &method) else { panic!("a slice") };
        list.dialogs.len() == 1
    };
    let later = world.date().as_int() + 60;
    let cases = [
        (None, None, false),
        (None, Some(later), true),
        (Some(0), Some(later), false),
        (Some(later), None, true),
        (Some(later - 60), None, false),
    ];
    for (at, (own, users, stays)) in (1..).zip(cases) {
        archive(&mut world);
        let method = muted(of(&world, anna, boris), own);
        world.ok(anna.device, &method);
        world.ok(anna.device, &muted(tl::InputNotifyPeer::InputNotifyUsers, users));
        world.send(anna, boris, "I may write without that", at);
        assert!(is_archived(&mut world));
        let tl::updates::State::State { pts, .. } = world.ok(anna.device, &tl::updates::GetState {});
        world.send(boris, anna, "text", at);
        assert_eq!(is_archived(&mut world), stays, "case {at}");
        let events = world.events(anna, pts);
        let moved = events.iter().any(|update| matches!(update, tl::Update::UpdateFolderPeers { .. }));
        assert_eq!(moved, !stays, "case {at}");
    }
}
