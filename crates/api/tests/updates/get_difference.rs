//! updates.getDifference.

use crate::world::{Person, World, full_message};

fn ask(world: &mut World, of: Person, pts: i32, limit: Option<i32>) -> tl::updates::Difference {
    let method =
        tl::updates::GetDifference { pts, pts_limit: limit, ..tl::updates::GetDifference::default() };
    world.ok(of.device, &method)
}

#[test]
fn everything_since_then_nothing() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    for number in 1..=3 {
        world.send(anna, boris, &number.to_string(), number);
    }
    let tl::updates::Difference::Difference(all) = ask(&mut world, boris, 1, None) else { panic!("not all") };
    let texts: Vec<_> = all.new_messages.iter().map(|m| full_message(m).message.as_str()).collect();
    assert_eq!(texts, ["1", "2", "3"]);
    assert_eq!(all.users.len(), 1);
    let tl::updates::State::State { pts, .. } = all.state;
    assert_eq!(pts, 4);
    assert!(matches!(ask(&mut world, boris, 4, None), tl::updates::Difference::DifferenceEmpty { .. }));
}

#[test]
fn a_sender_that_missed_the_answer_learns_the_number_of_his_message() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(anna, boris, "text", 77);
    let tl::updates::Difference::Difference(all) = ask(&mut world, anna, 1, None) else { panic!("not all") };
    let id = full_message(&all.new_messages[0]).id;
    assert!(
        matches!(all.other_updates[..], [tl::Update::UpdateMessageID { id: told, random_id: 77 }] if told == id)
    );
}

#[test]
fn slices_advance_one_by_one() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    for number in 1..=3 {
        world.send(anna, boris, &number.to_string(), number);
    }
    let mut at = 1;
    for expected in ["1", "2"] {
        let answer = ask(&mut world, boris, at, Some(1));
        let tl::updates::Difference::DifferenceSlice(slice) = answer else { panic!("not a slice") };
        assert_eq!(full_message(&slice.new_messages[0]).message, expected);
        let tl::updates::State::State { pts, .. } = slice.intermediate_state;
        assert_eq!(pts, at + 1);
        at = pts;
    }
    let last = ask(&mut world, boris, at, Some(1));
    assert!(matches!(last, tl::updates::Difference::Difference(_)));
}

#[test]
fn a_folder_counts_nothing_and_a_read_mark_counts_what_came_after_it() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "one", 1);
    let read = tl::messages::ReadHistory { peer: world.peer(anna, boris), max_id: 0 };
    world.ok(anna.device, &read);
    let peer = world.peer(anna, boris);
    let folder_peers = vec![tl::InputFolderPeer::InputFolderPeer { peer, folder_id: 1 }];
    world.ok(anna.device, &tl::folders::EditPeerFolders { folder_peers });
    world.send(boris, anna, "two", 2);
    let tl::updates::Difference::Difference(all) = ask(&mut world, anna, 1, None) else { panic!("not all") };
    assert_eq!(all.new_messages.len(), 2);
    let mut kinds = [0, 0];
    for update in &all.other_updates {
        if let tl::Update::UpdateFolderPeers { pts_count, .. } = update {
            assert_eq!(*pts_count, 0, "clients take a count inside a difference for a mistake");
            kinds[0] += 1;
        }
        if let tl::Update::UpdateReadHistoryInbox(mark) = update {
            assert_eq!(mark.still_unread_count, 1, "clients take the messages first");
            kinds[1] += 1;
        }
    }
    // It was archived, and came back with the message.
    assert_eq!(kinds, [2, 1]);
}

#[test]
fn counters_that_cannot_be_are_refused() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let at = |pts| tl::updates::GetDifference { pts, ..tl::updates::GetDifference::default() };
    assert_eq!(world.err(anna.device, &at(0)), "400 PERSISTENT_TIMESTAMP_EMPTY");
    assert_eq!(world.err(anna.device, &at(-5)), "400 PERSISTENT_TIMESTAMP_EMPTY");
    assert_eq!(world.err(anna.device, &at(2)), "400 PERSISTENT_TIMESTAMP_INVALID");
}
