//! messages.setTyping.

use api::Effect;
use tl::Decode;

use crate::world::World;

fn typing(peer: tl::InputPeer) -> tl::messages::SetTyping {
    let action = tl::SendMessageAction::SendMessageTypingAction;
    tl::messages::SetTyping { peer, top_msg_id: None, action }
}

#[test]
fn the_other_side_is_told_and_nothing_is_kept() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = typing(world.peer(anna, boris));
    assert!(world.ok(anna.device, &method));
    assert!(world.touched.is_empty());
    let [Effect::Ephemeral { to, update }] = &world.effects[..] else { panic!("not one update") };
    assert_eq!(*to, boris.id);
    let Ok(tl::Updates::UpdateShort(short)) = tl::Updates::from_bytes(update) else { panic!("not short") };
    assert!(matches!(&short.update, tl::Update::UpdateUserTyping(typing) if typing.user_id == anna.id.0));
}

#[test]
fn to_oneself_nobody_is_told_and_a_stranger_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    assert!(world.ok(anna.device, &typing(tl::InputPeer::InputPeerSelf)));
    assert!(world.effects.is_empty());
    let foreign = typing(world.peer(anna, boris));
    assert_eq!(world.err(boris.device, &foreign), "400 PEER_ID_INVALID");
}

/// An action may carry text. Packed it is a kilobyte to its sender, and would be a mebibyte to each session of whoever
/// has a number that the sender knows.
#[test]
fn a19_nobody_is_flooded_with_what_somebody_is_doing() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let mut method = typing(world.peer(anna, boris));
    for (bytes, told) in [(3000, true), (5000, false), (1_000_000, false)] {
        method.action =
            tl::SendMessageAction::SendMessageEmojiInteractionSeen { emoticon: "x".repeat(bytes) };
        if told {
            assert!(world.ok(anna.device, &method));
            assert_eq!(world.effects.len(), 1);
        } else {
            assert_eq!(world.err(anna.device, &method), "400 MESSAGE_TOO_LONG");
            assert!(world.effects.is_empty());
        }
    }
}
