//! contacts.block.

use crate::world::{World, text_message};

fn block(world: &World, by: crate::world::Person, whom: crate::world::Person) -> tl::contacts::Block {
    tl::contacts::Block { my_stories_from: false, id: world.peer(by, whom) }
}

#[test]
fn what_somebody_blocked_writes_reaches_nobody_and_he_cannot_tell() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = block(&world, anna, boris);
    assert!(world.ok(anna.device, &method));
    assert!(matches!(&world.events(anna, 1)[..], [tl::Update::UpdatePeerBlocked { blocked: true, .. }]));
    let answer = world.send(boris, anna, "are you there?", 1);
    assert!(matches!(
        &answer[..],
        [tl::Update::UpdateMessageID { id: 2, .. }, tl::Update::UpdateNewMessage(_)]
    ));
    assert_eq!(world.touched.len(), 1, "his own box");
    assert_eq!(world.texts(boris, anna), ["are you there?"]);
    assert!(world.texts(anna, boris).is_empty());
    let typing = tl::messages::SetTyping {
        peer: world.peer(boris, anna),
        top_msg_id: None,
        action: tl::SendMessageAction::SendMessageTypingAction,
    };
    assert!(world.ok(boris.device, &typing));
    assert!(world.effects.is_empty());
    // Twice is once.
    world.ok(anna.device, &method);
    assert!(world.touched.is_empty());
    // Lifted, what he writes from now on arrives, and what he wrote before does not.
    let unblock = tl::contacts::Unblock { my_stories_from: false, id: world.peer(anna, boris) };
    world.ok(anna.device, &unblock);
    world.send(boris, anna, "and now?", 2);
    assert_eq!(world.texts(anna, boris), ["and now?"]);
}

#[test]
fn who_blocks_cannot_write_either_and_nobody_blocks_himself() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = block(&world, anna, boris);
    world.ok(anna.device, &method);
    let message = text_message(world.peer(anna, boris), "hello", 1);
    assert_eq!(world.err(anna.device, &message), "400 YOU_BLOCKED_USER");
    let method = tl::contacts::Block { my_stories_from: false, id: tl::InputPeer::InputPeerSelf };
    assert_eq!(world.err(anna.device, &method), "400 PEER_ID_INVALID");
    let stories = tl::contacts::Block { my_stories_from: true, id: world.peer(anna, boris) };
    assert_eq!(world.err(anna.device, &stories), "400 OPTION_NOT_SUPPORTED");
}
