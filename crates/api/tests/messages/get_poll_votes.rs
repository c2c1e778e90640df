//! messages.getPollVotes.

use tl::fields;

use super::send_vote::{asked, sent, vote};
use crate::world::{Person, World};

fn votes(
    world: &World,
    by: Person,
    with: Person,
    id: i32,
    option: Option<&[u8]>,
) -> tl::messages::GetPollVotes {
    let option = option.map(<[u8]>::to_vec);
    tl::messages::GetPollVotes { peer: world.peer(by, with), id, option, offset: None, limit: 50 }
}

fn list(world: &mut World, by: Person, method: &tl::messages::GetPollVotes) -> fields::messages::VotesList {
    let tl::messages::VotesList::VotesList(list) = world.ok(by.device, method);
    *list
}

fn id(peer: &tl::Peer) -> i64 {
    let tl::Peer::PeerUser { user_id } = peer else { panic!("not a user") };
    *user_id
}

#[test]
fn who_has_voted_sees_who_voted_for_what() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let (mine, theirs) = sent(&mut world, anna, boris, asked(|_, poll| poll.public_voters = true));
    let method = votes(&world, anna, boris, mine, None);
    assert_eq!(world.err(anna.device, &method), "403 POLL_VOTE_REQUIRED");
    let method = vote(&world, boris, anna, theirs, &[b"1"]);
    world.ok(boris.device, &method);
    let method = vote(&world, anna, boris, mine, &[b"0"]);
    world.ok(anna.device, &method);
    let method = votes(&world, anna, boris, mine, None);
    let all = list(&mut world, anna, &method);
    let named = |vote: &tl::MessagePeerVote| match vote {
        tl::MessagePeerVote::MessagePeerVote(vote) => (id(&vote.peer), vote.option.clone()),
        _ => panic!("another form"),
    };
    let found: Vec<_> = all.votes.iter().map(named).collect();
    assert_eq!(found, [(anna.id.0, b"0".to_vec()), (boris.id.0, b"1".to_vec())]);
    assert_eq!((all.count, all.users.len(), all.next_offset), (2, 2, None));
    let method = votes(&world, anna, boris, mine, Some(b"1"));
    let one = list(&mut world, anna, &method);
    assert!(
        matches!(&one.votes[..], [tl::MessagePeerVote::MessagePeerVoteInputOption { peer, .. }] if id(peer) == boris.id.0)
    );
    let method = tl::messages::GetPollVotes {
        offset: Some("more".to_owned()),
        ..votes(&world, anna, boris, mine, None)
    };
    assert!(list(&mut world, anna, &method).votes.is_empty());
    let method = votes(&world, anna, boris, mine, Some(b"7"));
    assert_eq!(world.err(anna.device, &method), "400 OPTION_INVALID");
}

#[test]
fn several_answers_of_one_person_are_one_vote() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let both = |_: &mut fields::InputMediaPoll, poll: &mut fields::Poll| {
        (poll.public_voters, poll.multiple_choice) = (true, true);
    };
    let (mine, _) = sent(&mut world, anna, boris, asked(both));
    let method = vote(&world, anna, boris, mine, &[b"2", b"0"]);
    world.ok(anna.device, &method);
    let method = votes(&world, anna, boris, mine, None);
    let all = list(&mut world, anna, &method);
    let [tl::MessagePeerVote::MessagePeerVoteMultiple(vote)] = &all.votes[..] else { panic!("another form") };
    assert_eq!(vote.options, [b"0".to_vec(), b"2".to_vec()]);
}

#[test]
fn nobody_is_named_in_an_anonymous_poll_or_where_there_is_none() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let text = world.sent(anna, boris, "text", 1);
    let (mine, _) = sent(&mut world, anna, boris, asked(|_, _| {}));
    let method = vote(&world, anna, boris, mine, &[b"0"]);
    world.ok(anna.device, &method);
    for (with, id) in [(boris, mine), (boris, text), (anna, mine), (boris, 999)] {
        let method = votes(&world, anna, with, id, None);
        assert_eq!(world.err(anna.device, &method), "400 MSG_ID_INVALID");
    }
}
