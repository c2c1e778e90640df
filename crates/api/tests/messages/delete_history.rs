//! messages.deleteHistory.

use crate::world::{Person, World};

fn clear(world: &World, by: Person, with: Person) -> tl::messages::DeleteHistory {
    tl::messages::DeleteHistory { peer: world.peer(by, with), ..Default::default() }
}

fn affected(answer: &tl::messages::AffectedHistory) -> (i32, i32, i32) {
    let tl::messages::AffectedHistory::AffectedHistory { pts, pts_count, offset } = *answer;
    (pts, pts_count, offset)
}

#[test]
fn p32_p38_the_flag_says_whose_copies_go() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(anna, boris, "one", 1);
    let method = clear(&world, anna, boris);
    assert_eq!(affected(&world.ok(anna.device, &method)), (3, 1, 0));
    assert_eq!((world.touched.len(), world.texts(boris, anna)), (1, vec!["one".to_owned()]));
    world.send(anna, boris, "two", 2);
    let method = tl::messages::DeleteHistory { revoke: true, ..method };
    assert_eq!(affected(&world.ok(anna.device, &method)), (5, 1, 0));
    // What Anna deleted for herself before is Boris' own.
    assert_eq!((world.touched.len(), world.texts(boris, anna)), (2, vec!["one".to_owned()]));
    assert_eq!(affected(&world.ok(anna.device, &method)), (5, 0, 0));
}

#[test]
fn what_is_only_cleared_stays_in_the_list_under_a_message_that_says_so() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(anna, boris, "one", 1);
    let method = tl::messages::DeleteHistory { just_clear: true, ..clear(&world, anna, boris) };
    assert_eq!(affected(&world.ok(anna.device, &method)), (4, 2, 0));
    let tl::messages::Dialogs::Dialogs(list) =
        world.ok(anna.device, &tl::messages::GetDialogs { limit: 10, ..Default::default() })
    else {
        panic!("not the whole list")
    };
    let [tl::Message::MessageService(top)] = &list.messages[..] else { panic!("no service message") };
    assert!(matches!(top.action, tl::MessageAction::MessageActionHistoryClear) && top.id == 4 && top.out);
    assert_eq!(world.texts(boris, anna), ["one"]);
}

#[test]
fn dates_and_peers_are_checked() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let dates =
        |min_date, max_date| tl::messages::DeleteHistory { min_date, max_date, ..clear(&world, anna, boris) };
    let stranger = tl::InputPeer::InputPeerUser { user_id: boris.id.0, access_hash: 1 };
    let cases = [
        (dates(Some(0), None), "400 MIN_DATE_INVALID"),
        (dates(Some(20), Some(10)), "400 MIN_DATE_INVALID"),
        (dates(None, Some(-1)), "400 MAX_DATE_INVALID"),
        (tl::messages::DeleteHistory { peer: stranger, ..Default::default() }, "400 PEER_ID_INVALID"),
    ];
    for (method, error) in cases {
        assert_eq!(world.err(anna.device, &method), error);
    }
    let today = i32::try_from(world.date().0).unwrap();
    world.send(anna, boris, "today", 1);
    let before = tl::messages::DeleteHistory { max_date: Some(today - 1), ..clear(&world, anna, boris) };
    assert_eq!(affected(&world.ok(anna.device, &before)), (2, 0, 0));
    let since = tl::messages::DeleteHistory { min_date: Some(today), ..clear(&world, anna, boris) };
    assert_eq!(affected(&world.ok(anna.device, &since)), (3, 1, 0));
}
