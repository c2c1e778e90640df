//! messages.forwardMessages.

use crate::world::{Person, World, full_message, updates};

fn forward(
    world: &World,
    by: Person,
    from: Person,
    to: Person,
    ids: &[i32],
) -> tl::messages::ForwardMessages {
    tl::messages::ForwardMessages {
        from_peer: world.peer(by, from),
        to_peer: world.peer(by, to),
        id: ids.to_vec(),
        random_id: ids.iter().map(|id| 100 + i64::from(*id)).collect(),
        ..Default::default()
    }
}

#[test]
fn the_answer_names_each_random_id_once_and_shows_each_message() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let cora = world.person("9996600003", "Cora");
    let (one, two) = (world.sent(anna, boris, "one", 1), world.sent(boris, anna, "two", 1));
    assert_eq!((one, two), (2, 3));
    let method = forward(&world, anna, boris, cora, &[3, 2]);
    let tl::Updates::Updates(answer) = world.ok(anna.device, &method) else { panic!("no updates") };
    // Anna, Boris as the writer of one, Cora.
    assert_eq!((answer.users.len(), world.touched.len()), (3, 2));
    let [
        tl::Update::UpdateMessageID { id: 4, random_id: 103 },
        tl::Update::UpdateMessageID { id: 5, random_id: 102 },
        tl::Update::UpdateNewMessage(first),
        tl::Update::UpdateNewMessage(second),
    ] = &answer.updates[..]
    else {
        panic!("not these updates")
    };
    assert_eq!((first.pts, second.pts), (4, 5));
    let (first, second) = (full_message(&first.message), full_message(&second.message));
    assert_eq!((first.message.as_str(), second.message.as_str()), ("two", "one"));
    let Some(tl::MessageFwdHeader::MessageFwdHeader(origin)) = &first.fwd_from else { panic!("no origin") };
    assert!(is_user(origin.from_id.as_ref(), boris));
    assert!(origin.saved_from_peer.is_none() && first.out);
    // T7: once more is nothing more.
    assert_eq!(updates(world.ok(anna.device, &method)).len(), 4);
    assert!(world.touched.is_empty() && world.texts(cora, anna) == ["one", "two"]);
}

#[test]
fn what_is_kept_says_where_it_was() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "to keep", 1);
    let answer = world.ok(anna.device, &forward(&world, anna, boris, anna, &[2]));
    let [_, tl::Update::UpdateNewMessage(kept)] = &updates(answer)[..] else { panic!("no message") };
    let kept = full_message(&kept.message);
    let Some(tl::MessageFwdHeader::MessageFwdHeader(origin)) = &kept.fwd_from else { panic!("no origin") };
    assert!(is_user(origin.saved_from_peer.as_ref(), boris));
    assert_eq!(origin.saved_from_msg_id, Some(2));
    assert!(is_user(kept.saved_peer_id.as_ref(), boris), "it stands under the chat it was in");
    assert!(!kept.out, "nothing is outgoing in the chat with oneself");
    let sent = world.send(anna, anna, "a note", 8);
    let [_, tl::Update::UpdateNewMessage(note)] = &sent[..] else { panic!("no note") };
    let note = full_message(&note.message);
    assert!(is_user(note.saved_peer_id.as_ref(), anna) && !note.out, "a note stands under oneself");
}

#[test]
fn what_cannot_be_forwarded_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "mine", 1);
    let good = |world: &World| forward(world, anna, boris, boris, &[sent]);
    let forward = |ids: Vec<i32>, random_id: Vec<i64>| {
        let base = good(&world);
        tl::messages::ForwardMessages { id: ids, random_id, ..base }
    };
    let cases = [
        (forward(vec![], vec![]), "400 MESSAGE_IDS_EMPTY"),
        (forward(vec![sent], vec![]), "400 RANDOM_ID_INVALID"),
        (forward(vec![sent, sent], vec![5, 5]), "400 RANDOM_ID_INVALID"),
        (forward(vec![sent], vec![0]), "400 RANDOM_ID_EMPTY"),
        (forward(vec![99], vec![5]), "400 MESSAGE_ID_INVALID"),
        (forward(vec![sent; 101], (1..=101).collect()), "400 LIMIT_INVALID"),
        (
            tl::messages::ForwardMessages { schedule_date: Some(1), ..good(&world) },
            "400 SCHEDULE_DATE_INVALID",
        ),
        (tl::messages::ForwardMessages { noforwards: true, ..good(&world) }, "400 OPTION_NOT_SUPPORTED"),
        (tl::messages::ForwardMessages { from_peer: wrong(boris), ..good(&world) }, "400 PEER_ID_INVALID"),
        (tl::messages::ForwardMessages { to_peer: wrong(boris), ..good(&world) }, "400 PEER_ID_INVALID"),
    ];
    for (method, error) in cases {
        assert_eq!(world.err(anna.device, &method), error);
    }
    assert_eq!(world.texts(boris, anna), ["mine"]);
}

fn is_user(peer: Option<&tl::Peer>, who: Person) -> bool {
    matches!(peer, Some(tl::Peer::PeerUser { user_id }) if *user_id == who.id.0)
}

fn wrong(person: Person) -> tl::InputPeer {
    tl::InputPeer::InputPeerUser { user_id: person.id.0, access_hash: 1 }
}

/// A client would wait for ever for a message that an answer names and does not hold.
#[test]
fn t7_a_repetition_of_which_all_is_gone_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let one = world.sent(anna, boris, "one", 1);
    let method = forward(&world, anna, boris, boris, &[one]);
    world.ok(anna.device, &method);
    world.ok(anna.device, &tl::messages::DeleteMessages { revoke: true, id: vec![one + 1] });
    assert_eq!(world.err(anna.device, &method), "400 RANDOM_ID_DUPLICATE");
}
