//! messages.markDialogUnread, and what messages.readHistory does to the mark.

use crate::world::{Person, World};

pub(crate) fn mark(world: &World, of: Person, with: Person, unread: bool) -> tl::messages::MarkDialogUnread {
    let peer = tl::InputDialogPeer::InputDialogPeer { peer: world.peer(of, with) };
    tl::messages::MarkDialogUnread { unread, parent_peer: None, peer }
}

fn is_marked(world: &mut World, of: Person, with: Person) -> bool {
    let peers = vec![tl::InputDialogPeer::InputDialogPeer { peer: world.peer(of, with) }];
    let tl::messages::PeerDialogs::PeerDialogs(answer) =
        world.ok(of.device, &tl::messages::GetPeerDialogs { peers });
    let [tl::Dialog::Dialog(dialog)] = &answer.dialogs[..] else { panic!("not one dialog") };
    dialog.unread_mark
}

#[test]
fn reading_takes_the_mark_away() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let method = mark(&world, anna, boris, true);
    assert!(world.ok(anna.device, &method) && is_marked(&mut world, anna, boris));
    assert!(world.ok(anna.device, &method) && world.touched.is_empty(), "marked already");
    let peer = world.peer(anna, boris);
    let read = tl::messages::ReadHistory { peer, max_id: 0 };
    let tl::messages::AffectedMessages::AffectedMessages { pts, pts_count } = world.ok(anna.device, &read);
    assert_eq!((pts, pts_count, is_marked(&mut world, anna, boris)), (5, 1, false));
    let events = world.events(anna, 3);
    let [tl::Update::UpdateDialogUnreadMark(marked), tl::Update::UpdateReadHistoryInbox(_)] = &events[..]
    else {
        panic!("not these events")
    };
    assert!(!marked.unread);
    // Nothing is unread any more, and the mark goes all the same; the other side sees nothing of it.
    world.ok(anna.device, &method);
    let there = world.events(boris, 1).len();
    let tl::messages::AffectedMessages::AffectedMessages { pts_count, .. } = world.ok(anna.device, &read);
    assert_eq!((pts_count, is_marked(&mut world, anna, boris)), (0, false));
    assert_eq!(world.events(boris, 1).len(), there);
    let method = mark(&world, anna, boris, false);
    assert!(world.ok(anna.device, &method) && world.touched.is_empty());
}

#[test]
fn a_dialog_without_messages_cannot_be_marked() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let method = mark(&world, anna, boris, true);
    assert_eq!(world.err(anna.device, &method), "400 PEER_ID_INVALID");
    let method = tl::messages::MarkDialogUnread { parent_peer: Some(tl::InputPeer::InputPeerSelf), ..method };
    assert_eq!(world.err(anna.device, &method), "400 PEER_ID_INVALID");
}
