//! messages.updatePinnedMessage.

use crate::world::{Person, World, updates};

pub(crate) fn pin(world: &World, by: Person, with: Person, id: i32) -> tl::messages::UpdatePinnedMessage {
    tl::messages::UpdatePinnedMessage { peer: world.peer(by, with), id, ..Default::default() }
}

/// `pinned_msg_id` of a user's profile page.
fn pinned(world: &mut World, by: Person, with: Person) -> Option<i32> {
    let access_hash = world.env.hashes.of(by.id, with.id);
    let id = tl::InputUser::InputUser { user_id: with.id.0, access_hash };
    let tl::users::UserFull::UserFull(page) = world.ok(by.device, &tl::users::GetFullUser { id });
    let tl::UserFull::UserFull(page) = page.full_user;
    page.pinned_msg_id
}

#[test]
fn both_sides_have_it_and_are_told_by_a_message() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "remember", 1);
    let answer = updates(world.ok(anna.device, &pin(&world, anna, boris, sent)));
    let [tl::Update::UpdatePinnedMessages(update), tl::Update::UpdateNewMessage(notice)] = &answer[..] else {
        panic!("not these updates")
    };
    assert_eq!(
        (update.pinned, &update.messages[..], update.pts, update.pts_count),
        (true, &[sent][..], 3, 1)
    );
    let tl::Message::MessageService(service) = &notice.message else { panic!("no service message") };
    assert!(matches!(service.action, tl::MessageAction::MessageActionPinMessage) && notice.pts == 4);
    let Some(tl::MessageReplyHeader::MessageReplyHeader(reply)) = &service.reply_to else {
        panic!("no reply")
    };
    assert_eq!(reply.reply_to_msg_id, Some(sent));
    assert_eq!(world.touched.len(), 2);
    let events = world.events(boris, 2);
    assert!(matches!(&events[..], [tl::Update::UpdatePinnedMessages(update)] if update.messages == [2]));
    assert_eq!((pinned(&mut world, anna, boris), pinned(&mut world, boris, anna)), (Some(sent), Some(2)));
    let unpin = tl::messages::UpdatePinnedMessage { unpin: true, ..pin(&world, boris, anna, 2) };
    assert_eq!(updates(world.ok(boris.device, &unpin)).len(), 1);
    assert_eq!((pinned(&mut world, anna, boris), pinned(&mut world, boris, anna)), (None, None));
}

#[test]
fn for_oneself_it_stays_with_oneself() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "remember", 1);
    let mine = tl::messages::UpdatePinnedMessage { pm_oneside: true, ..pin(&world, anna, boris, sent) };
    assert_eq!(updates(world.ok(anna.device, &mine)).len(), 1);
    assert_eq!(world.touched.len(), 1);
    assert_eq!((pinned(&mut world, anna, boris), pinned(&mut world, boris, anna)), (Some(sent), None));
}

#[test]
fn what_cannot_be_pinned_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "remember", 1);
    world.ok(anna.device, &pin(&world, anna, boris, sent));
    assert_eq!(world.err(anna.device, &pin(&world, anna, boris, sent)), "400 CHAT_NOT_MODIFIED");
    assert_eq!(world.err(anna.device, &pin(&world, anna, boris, 4)), "400 MESSAGE_ID_INVALID");
    assert_eq!(world.err(anna.device, &pin(&world, anna, boris, 99)), "400 MESSAGE_ID_INVALID");
    let peer = tl::InputPeer::InputPeerUser { user_id: boris.id.0, access_hash: 1 };
    let stranger = tl::messages::UpdatePinnedMessage { peer, ..pin(&world, anna, boris, sent) };
    assert_eq!(world.err(anna.device, &stranger), "400 PEER_ID_INVALID");
}
