//! messages.getMessages.

use crate::world::World;

#[test]
fn each_number_has_its_place_and_a_missing_one_is_empty() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "one", 1);
    let id = vec![
        tl::InputMessage::InputMessageID { id: 99 },
        tl::InputMessage::InputMessageID { id: sent },
        tl::InputMessage::InputMessageReplyTo { id: sent },
    ];
    let answer = world.ok(anna.device, &tl::messages::GetMessages { id });
    let tl::messages::Messages::Messages(answer) = answer else { panic!("a slice") };
    assert!(matches!(
        &answer.messages[..],
        [
            tl::Message::MessageEmpty { id: 99, .. },
            tl::Message::Message(message),
            tl::Message::MessageEmpty { id: 0, .. }
        ] if message.id == sent && message.message == "one"
    ));
    assert_eq!(answer.users.len(), 2);
    // Numbers of another box mean nothing in this one.
    let id = vec![tl::InputMessage::InputMessageID { id: sent }];
    let vera = world.person("9996600003", "Vera");
    let tl::messages::Messages::Messages(answer) = world.ok(vera.device, &tl::messages::GetMessages { id })
    else {
        panic!("a slice")
    };
    assert!(matches!(&answer.messages[..], [tl::Message::MessageEmpty { .. }]));
}

#[test]
fn a_list_has_an_end() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let id = (0..101).map(|id| tl::InputMessage::InputMessageID { id }).collect();
    assert_eq!(world.err(anna.device, &tl::messages::GetMessages { id }), "400 LIMIT_INVALID");
}
