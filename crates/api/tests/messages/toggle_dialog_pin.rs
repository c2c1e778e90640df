//! messages.toggleDialogPin.

use crate::world::{Person, World};

pub(crate) fn pin(world: &World, of: Person, with: Person, pinned: bool) -> tl::messages::ToggleDialogPin {
    let peer = tl::InputDialogPeer::InputDialogPeer { peer: world.peer(of, with) };
    tl::messages::ToggleDialogPin { pinned, peer }
}

/// The order that an update shows.
#[track_caller]
pub(crate) fn order(update: &tl::Update) -> Vec<i64> {
    let tl::Update::UpdatePinnedDialogs { order: Some(order), folder_id: None } = update else {
        panic!("no order")
    };
    let user = |peer: &tl::DialogPeer| match peer {
        tl::DialogPeer::DialogPeer { peer: tl::Peer::PeerUser { user_id } } => *user_id,
        _ => panic!("not a user"),
    };
    order.iter().map(user).collect()
}

#[test]
fn what_is_pinned_last_stands_first_and_others_hear_of_it() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    world.send(anna, anna, "to myself", 1);
    let method = pin(&world, anna, boris, true);
    assert!(world.ok(anna.device, &method));
    assert!(world.ok(anna.device, &method) && world.touched.is_empty(), "pinned already");
    let method = pin(&world, anna, anna, true);
    world.ok(anna.device, &method);
    let events = world.events(anna, 3);
    assert_eq!(order(events.last().unwrap()), [anna.id.0, boris.id.0]);
    let method = pin(&world, anna, anna, false);
    assert!(world.ok(anna.device, &method));
    let events = world.events(anna, 5);
    let [tl::Update::UpdateDialogPinned { pinned: false, folder_id: None, .. }] = &events[..] else {
        panic!("not one event")
    };
    assert_eq!(order(&world.events(anna, 3)[0]), [boris.id.0]);
}

#[test]
fn an_empty_dialog_and_a_sixth_one_are_refused() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let phones = ["9996600002", "9996600003", "9996600004", "9996600005", "9996600006", "9996600007"];
    let others = phones.map(|phone| world.person(phone, "Other"));
    let empty = pin(&world, anna, others[0], true);
    assert_eq!(world.err(anna.device, &empty), "400 PEER_HISTORY_EMPTY");
    let unpin = pin(&world, anna, others[0], false);
    assert!(world.ok(anna.device, &unpin));
    for (at, other) in others.into_iter().enumerate() {
        world.send(anna, other, "text", i64::try_from(at).unwrap() + 1);
        let method = pin(&world, anna, other, true);
        match world.call(anna.device, &method) {
            Ok(done) => assert!(done && at < 5),
            Err(error) => assert!(error == "400 PINNED_DIALOGS_TOO_MUCH" && at == 5),
        }
    }
    let peer = tl::InputDialogPeer::InputDialogPeerFolder { folder_id: 1 };
    let archive = tl::messages::ToggleDialogPin { pinned: true, peer };
    assert_eq!(world.err(anna.device, &archive), "400 PEER_ID_INVALID");
}

/// A dialog that loses its last message is pinned no more, and other sessions hear of that too.
#[test]
fn a_dialog_that_becomes_empty_is_not_pinned_any_more() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let id = world.sent(anna, boris, "text", 1);
    let method = pin(&world, anna, boris, true);
    world.ok(anna.device, &method);
    let deleted = world.ok(anna.device, &tl::messages::DeleteMessages { revoke: false, id: vec![id] });
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = deleted;
    assert_eq!((pts, pts_count), (5, 2));
    let events = world.events(anna, 3);
    assert!(matches!(events[1], tl::Update::UpdateDialogPinned { pinned: false, .. }));
    world.send(boris, anna, "again", 1);
    let tl::messages::PeerDialogs::PeerDialogs(pinned) =
        world.ok(anna.device, &tl::messages::GetPinnedDialogs { folder_id: 0 });
    assert!(pinned.dialogs.is_empty());
}
