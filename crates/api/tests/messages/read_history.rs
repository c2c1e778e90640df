//! messages.readHistory.

use crate::world::World;

#[test]
fn both_sides_get_an_event_with_their_own_numbers() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    world.send(vera, boris, "so that the numbers differ", 1);
    world.send(anna, boris, "one", 1);
    world.send(anna, boris, "two", 2);
    let method = tl::messages::ReadHistory { peer: world.peer(boris, anna), max_id: i32::MAX };
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = world.ok(boris.device, &method);
    assert_eq!((pts, pts_count), (5, 1));
    assert!(matches!(
        &world.events(boris, 4)[..],
        [tl::Update::UpdateReadHistoryInbox(read)]
            if read.max_id == 4 && read.still_unread_count == 0 && read.pts == 5 && read.pts_count == 1
    ));
    assert!(matches!(
        &world.events(anna, 3)[..],
        [tl::Update::UpdateReadHistoryOutbox { max_id: 3, pts: 4, pts_count: 1, .. }]
    ));
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = world.ok(boris.device, &method);
    assert_eq!((pts, pts_count), (5, 0));
    assert!(world.touched.is_empty());
}

/// Another device may have set the mark a moment ago: the caller is told that it goes, and the answer counts the read alone.
#[test]
fn the_caller_is_told_that_a_mark_as_unread_goes() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(anna, boris, "text", 1);
    let peer = tl::InputDialogPeer::InputDialogPeer { peer: world.peer(boris, anna) };
    let mark = tl::messages::MarkDialogUnread { unread: true, peer, ..Default::default() };
    assert!(world.ok(boris.device, &mark));
    world.touched.clear();
    let method = tl::messages::ReadHistory { peer: world.peer(boris, anna), max_id: 2 };
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = world.ok(boris.device, &method);
    assert_eq!((pts, pts_count), (5, 1));
    let own = world.touched.iter().find(|touched| touched.head == ids::Pts(5)).expect("the own box");
    assert_eq!(own.before, ids::Pts(4), "what comes before the answer's part is pushed to the caller too");
}

/// Clients take a dialog out of the archive when the mark does not say that it is there.
#[test]
fn a_mark_says_that_its_dialog_is_in_the_archive() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(anna, boris, "one", 1);
    world.send(anna, boris, "two", 2);
    let read = |world: &mut World, max_id, pts| {
        let method = tl::messages::ReadHistory { peer: world.peer(boris, anna), max_id };
        world.ok(boris.device, &method);
        world.events(boris, pts).into_iter().find_map(|update| {
            let tl::Update::UpdateReadHistoryInbox(mark) = update else { return None };
            Some(mark.folder_id)
        })
    };
    assert_eq!(read(&mut world, 2, 3), Some(None), "in the main list");
    let peer = world.peer(boris, anna);
    let folder_peers = vec![tl::InputFolderPeer::InputFolderPeer { peer, folder_id: 1 }];
    world.ok(boris.device, &tl::folders::EditPeerFolders { folder_peers });
    assert_eq!(read(&mut world, 3, 5), Some(Some(1)), "in the archive");
}
