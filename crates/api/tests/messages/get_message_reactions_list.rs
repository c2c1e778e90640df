//! messages.getMessageReactionsList.

use crate::world::World;

#[test]
fn who_put_what_newest_first() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "look", 1);
    let emoji = |text: &str| tl::Reaction::ReactionEmoji { emoticon: text.to_owned() };
    for (by, with, id, text) in [(anna, boris, sent, "\u{1f525}"), (boris, anna, 2, "\u{2764}")] {
        let peer = world.peer(by, with);
        let reaction = Some(vec![emoji(text)]);
        world.ok(by.device, &tl::messages::SendReaction { peer, msg_id: id, reaction, ..Default::default() });
    }
    let peer = world.peer(anna, boris);
    let all =
        tl::messages::GetMessageReactionsList { peer, id: sent, reaction: None, offset: None, limit: 10 };
    let by = |list: tl::messages::MessageReactionsList| -> (i32, Vec<(i64, bool)>) {
        let tl::messages::MessageReactionsList::MessageReactionsList(list) = list;
        let one = |reaction: &tl::MessagePeerReaction| {
            let tl::MessagePeerReaction::MessagePeerReaction(reaction) = reaction;
            match reaction.peer_id {
                tl::Peer::PeerUser { user_id } => (user_id, reaction.my),
                _ => panic!("not a user"),
            }
        };
        assert_eq!(list.users.len(), list.reactions.len());
        (list.count, list.reactions.iter().map(one).collect())
    };
    assert_eq!(by(world.ok(anna.device, &all)), (2, vec![(boris.id.0, false), (anna.id.0, true)]));
    let hearts = tl::messages::GetMessageReactionsList { reaction: Some(emoji("\u{2764}")), ..all.clone() };
    assert_eq!(by(world.ok(anna.device, &hearts)), (1, vec![(boris.id.0, false)]));
    let more = tl::messages::GetMessageReactionsList { offset: Some("1".to_owned()), ..all.clone() };
    assert_eq!(by(world.ok(anna.device, &more)), (2, vec![]));
    let none = tl::messages::GetMessageReactionsList { id: 99, ..all };
    assert_eq!(world.err(anna.device, &none), "400 MESSAGE_ID_INVALID");
}
