//! messages.getTopReactions.

use super::get_available_reactions::reactions;
use crate::world::{Device, World};

/// The emoji and the hash.
fn top(world: &mut World, device: Device, limit: i32) -> (Vec<String>, i64) {
    let method = tl::messages::GetTopReactions { limit, hash: 0 };
    let tl::messages::Reactions::Reactions { hash, reactions } = world.ok(device, &method) else {
        panic!("not modified")
    };
    let emoji = |reaction: tl::Reaction| match reaction {
        tl::Reaction::ReactionEmoji { emoticon } => emoticon,
        _ => panic!("no emoji"),
    };
    (reactions.into_iter().map(emoji).collect(), hash)
}

#[test]
fn they_are_the_first_of_all() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let all: Vec<String> = reactions(&mut world, anna.device).1.into_iter().map(|one| one.reaction).collect();
    let (whole, hash) = top(&mut world, anna.device, 200);
    assert_eq!(whole, all);
    assert_eq!(top(&mut world, anna.device, 3).0, all[..3]);
    let again = world.ok(anna.device, &tl::messages::GetTopReactions { limit: 200, hash });
    assert!(matches!(again, tl::messages::Reactions::ReactionsNotModified));
    let negative = tl::messages::GetTopReactions { limit: -1, hash: 0 };
    assert_eq!(world.err(anna.device, &negative), "400 LIMIT_INVALID");
}

#[test]
fn the_hash_is_the_one_that_clients_compute() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    // By hand: the MD5 of a thumb in UTF-8 begins with 02 15 ac 4d; mixing in 0 first leaves 0.
    assert_eq!(top(&mut world, anna.device, 1), (vec!["\u{1f44d}".to_owned()], 0x0215_ac4d));
}
