//! messages.setHistoryTTL.

use crate::world::{Person, World, full_message, updates};

fn timer(world: &World, by: Person, with: Person, period: i32) -> tl::messages::SetHistoryTTL {
    tl::messages::SetHistoryTTL { peer: world.peer(by, with), period }
}

#[test]
fn both_sides_are_told_and_messages_carry_it() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let answer = updates(world.ok(anna.device, &timer(&world, anna, boris, 86_400)));
    let [
        tl::Update::UpdatePeerHistoryTTL { ttl_period: Some(86_400), .. },
        tl::Update::UpdateFolderPeers { folder_peers, pts: 2, pts_count: 1 },
        tl::Update::UpdateNewMessage(notice),
    ] = &answer[..]
    else {
        panic!("not these updates")
    };
    let tl::Message::MessageService(service) = &notice.message else { panic!("no service message") };
    assert!(folder_peers.is_empty() && notice.pts == 3);
    assert!(matches!(
        service.action,
        tl::MessageAction::MessageActionSetMessagesTTL { period: 86_400, auto_setting_from: None }
    ));
    let events = world.events(boris, 1);
    assert!(matches!(&events[..], [tl::Update::UpdatePeerHistoryTTL { ttl_period: Some(86_400), .. }]));
    let sent = world.send(boris, anna, "for a day", 1);
    let [_, tl::Update::UpdateNewMessage(sent)] = &sent[..] else { panic!("no message") };
    assert_eq!(full_message(&sent.message).ttl_period, Some(86_400));
    let dialogs = world.ok(anna.device, &tl::messages::GetDialogs { limit: 10, ..Default::default() });
    let tl::messages::Dialogs::Dialogs(dialogs) = dialogs else { panic!("not the whole list") };
    let [tl::Dialog::Dialog(dialog)] = &dialogs.dialogs[..] else { panic!("not one dialog") };
    assert_eq!(dialog.ttl_period, Some(86_400));
}

#[test]
fn periods_and_peers_are_checked() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let stranger = tl::InputPeer::InputPeerUser { user_id: boris.id.0, access_hash: 1 };
    let cases = [
        (timer(&world, anna, boris, -1), "400 TTL_PERIOD_INVALID"),
        (timer(&world, anna, boris, 366 * 86_400 + 1), "400 TTL_PERIOD_INVALID"),
        (timer(&world, anna, boris, 0), "400 CHAT_NOT_MODIFIED"),
        (timer(&world, anna, anna, 86_400), "400 PEER_ID_INVALID"),
        (tl::messages::SetHistoryTTL { peer: stranger, period: 86_400 }, "400 PEER_ID_INVALID"),
    ];
    for (method, error) in cases {
        assert_eq!(world.err(anna.device, &method), error);
    }
    world.ok(anna.device, &timer(&world, anna, boris, 1));
    assert_eq!(world.err(boris.device, &timer(&world, boris, anna, 1)), "400 CHAT_NOT_MODIFIED");
}
