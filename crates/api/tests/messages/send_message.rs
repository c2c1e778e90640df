//! messages.sendMessage.

use crate::world::{Person, World, full_message, text_message, updates};

fn pair(world: &mut World) -> (Person, Person) {
    (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"))
}

#[test]
fn both_sides_get_their_own_copy_number_and_counter() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let told = world.send(anna, boris, "hello", 7);
    let [tl::Update::UpdateMessageID { id, random_id: 7 }, tl::Update::UpdateNewMessage(new)] = &told[..]
    else {
        panic!("not one id and one message")
    };
    let message = full_message(&new.message);
    assert_eq!((message.id, message.message.as_str(), message.out), (*id, "hello", true));
    assert_eq!((new.pts, new.pts_count), (2, 1));
    assert_eq!(world.touched.len(), 2);
    let difference = tl::updates::GetDifference { pts: 1, ..tl::updates::GetDifference::default() };
    let answer = world.ok(boris.device, &difference);
    let tl::updates::Difference::Difference(difference) = answer else { panic!("no difference") };
    let message = full_message(&difference.new_messages[0]);
    assert_eq!((message.message.as_str(), message.out), ("hello", false));
    assert!(matches!(message.peer_id, tl::Peer::PeerUser { user_id } if user_id == anna.id.0));
}

#[test]
fn t7_the_same_random_id_is_the_same_message() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let first = world.send(anna, boris, "once", 7);
    let again = world.send(anna, boris, "once", 7);
    assert!(world.touched.is_empty());
    let id = |told: &[tl::Update]| match told[0] {
        tl::Update::UpdateMessageID { id, .. } => id,
        _ => panic!("no id"),
    };
    assert_eq!(id(&first), id(&again));
    assert_ne!(id(&first), id(&world.send(anna, boris, "twice", 8)));
}

/// A client would wait for ever for a message that an answer names and does not hold.
#[test]
fn t7_a_repetition_whose_message_is_gone_is_refused() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let id = world.sent(anna, boris, "once", 7);
    world.ok(anna.device, &tl::messages::DeleteMessages { revoke: true, id: vec![id] });
    let again = text_message(world.peer(anna, boris), "once", 7);
    assert_eq!(world.err(anna.device, &again), "400 RANDOM_ID_DUPLICATE");
    assert!(world.texts(boris, anna).is_empty());
}

#[test]
fn texts_and_entities_arrive_as_they_were_sent() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let entities = vec![
        tl::MessageEntity::MessageEntityBold { offset: 0, length: 4 },
        tl::MessageEntity::MessageEntityTextUrl {
            offset: 4,
            length: 1,
            url: "https://example.org".to_owned(),
        },
    ];
    let method = tl::messages::SendMessage {
        entities: Some(entities),
        silent: true,
        ..text_message(world.peer(anna, boris), "a\u{1f600}b c", 1)
    };
    let told = updates(world.ok(anna.device, &method));
    let tl::Update::UpdateNewMessage(new) = &told[1] else { panic!("no message") };
    let message = full_message(&new.message);
    assert_eq!(message.message, "a\u{1f600}b c");
    assert!(message.silent);
    assert!(matches!(
        message.entities.as_deref(),
        Some(
            [
                tl::MessageEntity::MessageEntityBold { offset: 0, length: 4 },
                tl::MessageEntity::MessageEntityTextUrl { offset: 4, length: 1, url }
            ]
        ) if url == "https://example.org"
    ));
}

#[test]
fn what_is_no_message_is_refused_and_leaves_nothing() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let base = |world: &World| text_message(world.peer(anna, boris), "text", 1);
    let bold = |offset, length| Some(vec![tl::MessageEntity::MessageEntityBold { offset, length }]);
    let reply = |reply_to_msg_id| {
        Some(tl::fields::InputReplyToMessage { reply_to_msg_id, ..Default::default() }.into())
    };
    type Change = Box<dyn Fn(&mut tl::messages::SendMessage)>;
    let cases: Vec<(&str, Change)> = vec![
        ("400 MESSAGE_EMPTY", Box::new(|m| m.message = String::new())),
        ("400 MESSAGE_EMPTY", Box::new(|m| m.message = " \n ".to_owned())),
        ("400 MESSAGE_TOO_LONG", Box::new(|m| m.message = "x".repeat(4097))),
        ("400 ENTITY_BOUNDS_INVALID", Box::new(move |m| m.entities = bold(2, 3))),
        ("400 ENTITY_BOUNDS_INVALID", Box::new(move |m| m.entities = bold(-1, 2))),
        ("400 RANDOM_ID_EMPTY", Box::new(|m| m.random_id = 0)),
        ("400 REPLY_MESSAGE_ID_INVALID", Box::new(move |m| m.reply_to = reply(99))),
        ("400 SCHEDULE_DATE_INVALID", Box::new(|m| m.schedule_date = Some(i32::MAX))),
        ("400 SEND_AS_PEER_INVALID", Box::new(|m| m.send_as = Some(tl::InputPeer::InputPeerSelf))),
        ("400 OPTION_NOT_SUPPORTED", Box::new(|m| m.effect = Some(1))),
        ("400 OPTION_NOT_SUPPORTED", Box::new(|m| m.noforwards = true)),
        ("400 PEER_ID_INVALID", Box::new(|m| m.peer = tl::InputPeer::InputPeerEmpty)),
        ("400 CHAT_ID_INVALID", Box::new(|m| m.peer = tl::InputPeer::InputPeerChat { chat_id: 1 })),
        (
            "400 CHANNEL_INVALID",
            Box::new(|m| m.peer = tl::InputPeer::InputPeerChannel { channel_id: 1, access_hash: 1 }),
        ),
    ];
    for (error, change) in cases {
        let mut method = base(&world);
        change(&mut method);
        assert_eq!(world.err(anna.device, &method), error);
        assert!(world.touched.is_empty());
    }
    let text = "x".repeat(4096);
    world.send(anna, boris, &text, 2);
}

#[test]
fn a13_a_peer_with_another_viewers_hash_gets_nothing() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let eve = world.person("9996600003", "Eve");
    let method = text_message(world.peer(anna, boris), "text", 1);
    assert_eq!(world.err(eve.device, &method), "400 PEER_ID_INVALID");
}

#[test]
fn a_reply_names_the_message_on_each_side_by_its_own_number() {
    let mut world = World::new();
    let (anna, boris) = pair(&mut world);
    let eve = world.person("9996600003", "Eve");
    world.send(eve, boris, "so that the numbers differ", 1);
    let told = world.send(anna, boris, "question", 1);
    let tl::Update::UpdateMessageID { id: question, .. } = told[0] else { panic!("no id") };
    let method = tl::messages::SendMessage {
        reply_to: Some(
            tl::fields::InputReplyToMessage { reply_to_msg_id: question, ..Default::default() }.into(),
        ),
        ..text_message(world.peer(anna, boris), "more", 2)
    };
    world.ok(anna.device, &method);
    let history = tl::messages::GetHistory {
        peer: world.peer(boris, anna),
        limit: 10,
        ..tl::messages::GetHistory::default()
    };
    let tl::messages::Messages::Messages(page) = world.ok(boris.device, &history) else { panic!("a slice") };
    let (more, first) = (full_message(&page.messages[0]), full_message(&page.messages[1]));
    let Some(tl::MessageReplyHeader::MessageReplyHeader(header)) = &more.reply_to else { panic!("no reply") };
    assert_eq!(header.reply_to_msg_id, Some(first.id));
    assert_ne!(first.id, question);
}
