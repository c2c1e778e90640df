//! messages.getDialogs.

use crate::world::{Person, World, full_message, full_user};

fn ask(
    world: &mut World,
    who: Person,
    change: impl FnOnce(&mut tl::messages::GetDialogs),
) -> tl::messages::Dialogs {
    let mut method = tl::messages::GetDialogs { limit: 100, ..tl::messages::GetDialogs::default() };
    change(&mut method);
    world.ok(who.device, &method)
}

fn peers(dialogs: &[tl::Dialog]) -> Vec<i64> {
    let peer = |dialog: &tl::Dialog| match dialog {
        tl::Dialog::Dialog(dialog) => match dialog.peer {
            tl::Peer::PeerUser { user_id } => user_id,
            tl::Peer::PeerChat { .. } | tl::Peer::PeerChannel { .. } => panic!("not a user"),
        },
        _ => panic!("not a dialog"),
    };
    dialogs.iter().map(peer).collect()
}

#[test]
fn newest_first_with_messages_users_and_no_pts() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let vera = world.person("9996600003", "Vera");
    world.send(boris, anna, "first", 1);
    world.pass_s(1);
    world.send(vera, anna, "second", 1);
    let tl::messages::Dialogs::Dialogs(list) = ask(&mut world, anna, |_| {}) else { panic!("a slice") };
    assert_eq!(peers(&list.dialogs), [vera.id.0, boris.id.0]);
    assert_eq!(full_message(&list.messages[0]).message, "second");
    let named: Vec<_> = list.users.iter().map(|user| full_user(user).id).collect();
    assert!([anna.id.0, boris.id.0, vera.id.0].iter().all(|id| named.contains(id) || *id == anna.id.0));
    for dialog in &list.dialogs {
        let tl::Dialog::Dialog(dialog) = dialog else { panic!("not a dialog") };
        assert_eq!((dialog.unread_count, dialog.pts), (1, None));
    }
}

#[test]
fn pages_follow_each_other_and_the_one_after_the_last_is_an_empty_slice() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let boris = world.person("9996600002", "Boris");
    let vera = world.person("9996600003", "Vera");
    world.send(boris, anna, "first", 1);
    world.pass_s(1);
    world.send(vera, anna, "second", 1);
    let tl::messages::Dialogs::DialogsSlice(first) = ask(&mut world, anna, |m| m.limit = 1) else {
        panic!("not a slice")
    };
    assert_eq!((first.count, peers(&first.dialogs)), (2, vec![vera.id.0]));
    let top = full_message(&first.messages[0]);
    let peer = world.peer(anna, vera);
    let next = |m: &mut tl::messages::GetDialogs| {
        (m.offset_date, m.offset_id, m.offset_peer) = (top.date, top.id, peer);
    };
    let tl::messages::Dialogs::DialogsSlice(second) = ask(&mut world, anna, next) else {
        panic!("not a slice")
    };
    assert_eq!(peers(&second.dialogs), [boris.id.0]);
    let top = full_message(&second.messages[0]);
    let peer = world.peer(anna, boris);
    let end = |m: &mut tl::messages::GetDialogs| {
        (m.offset_date, m.offset_id, m.offset_peer) = (top.date, top.id, peer);
    };
    let tl::messages::Dialogs::DialogsSlice(third) = ask(&mut world, anna, end) else {
        panic!("not a slice")
    };
    assert_eq!((third.count, third.dialogs.len()), (2, 0));
}

/// TDLib sends its offset with the access hash 0.
#[test]
fn an_offset_needs_no_access_hash() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let tl::messages::Dialogs::Dialogs(whole) = ask(&mut world, anna, |_| ()) else { panic!("a slice") };
    let tl::Message::Message(top) = &whole.messages[0] else { panic!("not a message") };
    let user_id = match world.peer(anna, boris) {
        tl::InputPeer::InputPeerUser { user_id, .. } => user_id,
        _ => panic!("not a user"),
    };
    let end = |m: &mut tl::messages::GetDialogs| {
        (m.offset_date, m.offset_id) = (top.date, top.id);
        m.offset_peer = tl::InputPeer::InputPeerUser { user_id, access_hash: 0 };
    };
    let tl::messages::Dialogs::DialogsSlice(rest) = ask(&mut world, anna, end) else { panic!("not a slice") };
    assert_eq!((rest.count, rest.dialogs.len()), (1, 0));
}

#[test]
fn the_archive_is_empty_and_other_folders_are_none() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let tl::messages::Dialogs::Dialogs(main) = ask(&mut world, anna, |m| m.folder_id = Some(0)) else {
        panic!("a slice")
    };
    assert_eq!(main.dialogs.len(), 1);
    let tl::messages::Dialogs::Dialogs(archive) = ask(&mut world, anna, |m| m.folder_id = Some(1)) else {
        panic!("a slice")
    };
    assert!(archive.dialogs.is_empty());
    let method = tl::messages::GetDialogs { folder_id: Some(7), ..tl::messages::GetDialogs::default() };
    assert_eq!(world.err(anna.device, &method), "400 FOLDER_ID_INVALID");
    let offset_peer = tl::InputPeer::InputPeerChat { chat_id: 1 };
    let method = tl::messages::GetDialogs { offset_peer, ..tl::messages::GetDialogs::default() };
    assert_eq!(world.err(anna.device, &method), "400 OFFSET_PEER_ID_INVALID");
}
