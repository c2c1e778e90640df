//! messages.getMessagesReactions.

use crate::world::World;

#[test]
fn reactions_of_this_dialog_without_a_step_of_the_counter() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    let (here, there) = (world.sent(anna, boris, "here", 1), world.sent(anna, vera, "there", 2));
    for (with, id) in [(boris, here), (vera, there)] {
        let reaction = Some(vec![tl::Reaction::ReactionEmoji { emoticon: "\u{1f525}".to_owned() }]);
        let peer = world.peer(anna, with);
        world.ok(
            anna.device,
            &tl::messages::SendReaction { peer, msg_id: id, reaction, ..Default::default() },
        );
    }
    let ask = |world: &World, id| tl::messages::GetMessagesReactions { peer: world.peer(anna, boris), id };
    let method = ask(&world, vec![here, there, 99]);
    let tl::Updates::Updates(answer) = world.ok(anna.device, &method) else { panic!("no updates") };
    assert!(
        matches!(&answer.updates[..], [tl::Update::UpdateMessageReactions(update)] if update.msg_id == here)
    );
    let method = ask(&world, (0..101).collect());
    assert_eq!(world.err(anna.device, &method), "400 LIMIT_INVALID");
}
