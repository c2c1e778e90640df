//! messages.sendReaction.

use crate::world::{Person, World};

fn react(world: &World, by: Person, with: Person, id: i32, emoji: &str) -> tl::messages::SendReaction {
    let reaction = tl::Reaction::ReactionEmoji { emoticon: emoji.to_owned() };
    tl::messages::SendReaction {
        peer: world.peer(by, with),
        msg_id: id,
        reaction: Some(if emoji.is_empty() { Vec::new() } else { vec![reaction] }),
        ..Default::default()
    }
}

/// An emoji, how many put it there, and whether the viewer did.
type Count = (String, i32, bool);

/// What updates say of messages, by their numbers.
fn said(updates: &[tl::Update]) -> Vec<(i32, Vec<Count>)> {
    let counts = |reactions: &tl::MessageReactions| {
        let tl::MessageReactions::MessageReactions(reactions) = reactions;
        let count = |count: &tl::ReactionCount| {
            let tl::ReactionCount::ReactionCount(count) = count;
            match &count.reaction {
                tl::Reaction::ReactionEmoji { emoticon } => {
                    (emoticon.clone(), count.count, count.chosen_order.is_some())
                }
                _ => panic!("no emoji"),
            }
        };
        reactions.results.iter().map(count).collect()
    };
    let of = |update: &tl::Update| match update {
        tl::Update::UpdateMessageReactions(update) => Some((update.msg_id, counts(&update.reactions))),
        _ => None,
    };
    updates.iter().filter_map(of).collect()
}

#[test]
fn both_see_it_each_as_his_own_or_the_others() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.sent(boris, anna, "so that the numbers differ", 7);
    let sent = world.sent(anna, boris, "look", 1);
    let heart = "\u{2764}";
    let method = react(&world, boris, anna, 3, heart);
    let tl::Updates::Updates(answer) = world.ok(boris.device, &method) else { panic!("no updates") };
    assert_eq!(said(&answer.updates), [(3, vec![(heart.to_owned(), 1, true)])]);
    // The counter moves with the message itself: a client that gets to the message later has them then as well.
    let Some(tl::Update::UpdateEditMessage(edit)) = answer.updates.last() else { panic!("no edit") };
    assert_eq!((edit.pts, edit.pts_count), (4, 1));
    let tl::Message::Message(edited) = &edit.message else { panic!("no message") };
    assert_eq!((edited.id, edited.edit_date, edited.reactions.is_some()), (3, None, true));
    assert_eq!(said(&world.events(anna, 3)), [(sent, vec![(heart.to_owned(), 1, false)])]);
    // The same again is none; another takes its place; none takes it away.
    assert_eq!(world.err(boris.device, &method), "400 MESSAGE_NOT_MODIFIED");
    let own = react(&world, anna, boris, sent, heart);
    world.ok(anna.device, &own);
    let last = |world: &mut World, of| said(&world.events(of, 3)).pop().unwrap().1;
    assert_eq!(last(&mut world, anna), [(heart.to_owned(), 2, true)]);
    let method = react(&world, boris, anna, 3, "");
    world.ok(boris.device, &method);
    assert_eq!(last(&mut world, anna), [(heart.to_owned(), 1, true)]);
    assert_eq!(last(&mut world, boris), [(heart.to_owned(), 1, false)]);
}

#[test]
fn what_is_no_reaction_and_no_message_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "look", 1);
    for text in ["a", "1", "hello", "\u{1f3b2}", "\u{1f44d}\u{1f44d}", "\u{fe0f}"] {
        let method = react(&world, anna, boris, sent, text);
        assert_eq!(world.err(anna.device, &method), "400 REACTION_INVALID", "{text}");
    }
    let method = react(&world, anna, boris, 99, "\u{1f525}");
    assert_eq!(world.err(anna.device, &method), "400 MESSAGE_ID_INVALID");
    // Who deleted his copy hears nothing of it.
    world.ok(boris.device, &tl::messages::DeleteMessages { revoke: false, id: vec![2] });
    let method = react(&world, anna, boris, sent, "\u{1f525}");
    world.ok(anna.device, &method);
    assert_eq!(world.touched.len(), 1);
}
