//! messages.setDefaultHistoryTTL.

use crate::world::{World, full_message};

#[test]
fn a_dialog_that_is_begun_has_it_and_says_whose_it_is() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    assert!(world.ok(anna.device, &tl::messages::SetDefaultHistoryTTL { period: 604_800 }));
    let sent = world.send(anna, boris, "hello", 1);
    let [_, tl::Update::UpdateNewMessage(sent)] = &sent[..] else { panic!("no message") };
    assert_eq!(full_message(&sent.message).ttl_period, Some(604_800));
    let peer = world.peer(boris, anna);
    let history = world.ok(boris.device, &tl::messages::GetHistory { peer, limit: 9, ..Default::default() });
    let tl::messages::Messages::Messages(history) = history else { panic!("a slice") };
    let [_, tl::Message::MessageService(notice)] = &history.messages[..] else { panic!("no notice") };
    assert!(matches!(
        notice.action,
        tl::MessageAction::MessageActionSetMessagesTTL { period: 604_800, auto_setting_from: Some(id) } if id == anna.id.0
    ));
    let wrong = tl::messages::SetDefaultHistoryTTL { period: -1 };
    assert_eq!(world.err(anna.device, &wrong), "400 TTL_PERIOD_INVALID");
}
