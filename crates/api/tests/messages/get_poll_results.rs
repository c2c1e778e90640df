//! messages.getPollResults.

use super::send_vote::{asked, poll, sent, vote};
use crate::world::{World, updates};

#[test]
fn who_knows_is_told_nothing() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let (mine, theirs) = sent(&mut world, anna, boris, asked(|_, _| {}));
    let ask = |world: &mut World, poll_hash| {
        let method = tl::messages::GetPollResults { peer: world.peer(anna, boris), msg_id: mine, poll_hash };
        updates(world.ok(anna.device, &method))
    };
    let known = poll(&mut world, anna, boris).0.hash;
    assert!(ask(&mut world, known).is_empty() && known != 0);
    assert!(
        matches!(&ask(&mut world, 0)[..], [tl::Update::UpdateMessagePoll(told)] if told.msg_id == Some(mine))
    );
    let method = vote(&world, boris, anna, theirs, &[b"0"]);
    world.ok(boris.device, &method);
    let changed = poll(&mut world, anna, boris).0.hash;
    assert!(changed != known && ask(&mut world, known).len() == 1);
    // What somebody voted who may not be seen is not in the number either.
    let method = vote(&world, boris, anna, theirs, &[b"1"]);
    world.ok(boris.device, &method);
    assert_eq!(poll(&mut world, anna, boris).0.hash, changed);
}

#[test]
fn of_what_is_no_poll_there_are_no_results() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let text = world.sent(anna, boris, "text", 1);
    let (mine, _) = sent(&mut world, anna, boris, asked(|_, _| {}));
    for (peer, msg_id) in [(world.peer(anna, boris), text), (tl::InputPeer::InputPeerSelf, mine)] {
        let method = tl::messages::GetPollResults { peer, msg_id, poll_hash: 0 };
        assert_eq!(world.err(anna.device, &method), "400 MESSAGE_ID_INVALID");
    }
}
