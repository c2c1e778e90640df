//! messages.getMessageEditData.

use crate::world::{Person, World};

fn ask(world: &World, by: Person, with: Person, id: i32) -> tl::messages::GetMessageEditData {
    tl::messages::GetMessageEditData { peer: world.peer(by, with), id }
}

#[test]
fn what_may_be_edited_and_what_may_not() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let text = world.sent(anna, boris, "text", 1);
    let media = tl::InputMedia::InputMediaDice { emoticon: "\u{1f3b2}".to_owned() };
    let die =
        tl::messages::SendMedia { peer: world.peer(anna, boris), media, random_id: 2, ..Default::default() };
    world.ok(anna.device, &die);
    for (id, beside_media) in [(text, false), (text + 1, true)] {
        let method = ask(&world, anna, boris, id);
        let tl::messages::MessageEditData::MessageEditData { caption } = world.ok(anna.device, &method);
        assert_eq!(caption, beside_media);
    }
    let method = ask(&world, boris, anna, 2);
    assert_eq!(world.err(boris.device, &method), "403 MESSAGE_AUTHOR_REQUIRED");
    let method = ask(&world, anna, anna, text);
    assert_eq!(world.err(anna.device, &method), "400 MESSAGE_ID_INVALID");
    world.pass_s(200_000);
    let method = ask(&world, anna, boris, text);
    assert_eq!(world.err(anna.device, &method), "400 MESSAGE_EDIT_TIME_EXPIRED");
}
