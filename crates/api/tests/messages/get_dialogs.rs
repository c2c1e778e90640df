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

/// Pinned dialogs stand first on the first page, in their own order, and come no second time; without them the list is as if
/// they were none of it.
#[test]
fn pinned_dialogs_come_first_or_not_at_all() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let others: Vec<_> =
        ["9996600002", "9996600003", "9996600004"].map(|phone| world.person(phone, "Other")).into();
    for other in &others {
        world.pass_s(1);
        world.send(*other, anna, "text", 1);
    }
    let pin = |world: &mut World, with| {
        let peer = tl::InputDialogPeer::InputDialogPeer { peer: world.peer(anna, with) };
        assert!(world.ok(anna.device, &tl::messages::ToggleDialogPin { pinned: true, peer }));
    };
    pin(&mut world, others[1]);
    pin(&mut world, others[0]);
    let ids = |at: &[usize]| at.iter().map(|at| others[*at].id.0).collect::<Vec<_>>();
    let tl::messages::Dialogs::Dialogs(whole) = ask(&mut world, anna, |_| ()) else { panic!("a slice") };
    assert_eq!(peers(&whole.dialogs), ids(&[0, 1, 2]));
    let tl::messages::Dialogs::Dialogs(others_only) = ask(&mut world, anna, |m| m.exclude_pinned = true)
    else {
        panic!("a slice")
    };
    assert_eq!(peers(&others_only.dialogs), ids(&[2]));
    let later = world.date().as_int() + 9;
    let tl::messages::Dialogs::DialogsSlice(second) = ask(&mut world, anna, |m| m.offset_date = later) else {
        panic!("not a slice")
    };
    assert_eq!((second.count, peers(&second.dialogs)), (3, ids(&[2])));
}

#[test]
fn the_archive_is_a_list_of_its_own_and_there_are_no_others() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    world.send(boris, anna, "text", 1);
    world.send(vera, anna, "text", 1);
    let folder_peers =
        vec![tl::InputFolderPeer::InputFolderPeer { peer: world.peer(anna, vera), folder_id: 1 }];
    world.ok(anna.device, &tl::folders::EditPeerFolders { folder_peers });
    let tl::messages::Dialogs::Dialogs(both) = ask(&mut world, anna, |_| ()) else { panic!("a slice") };
    assert_eq!(both.dialogs.len(), 2);
    let tl::messages::Dialogs::Dialogs(main) = ask(&mut world, anna, |m| m.folder_id = Some(0)) else {
        panic!("a slice")
    };
    assert_eq!(peers(&main.dialogs), [boris.id.0]);
    let tl::messages::Dialogs::Dialogs(archive) = ask(&mut world, anna, |m| m.folder_id = Some(1)) else {
        panic!("a slice")
    };
    assert_eq!(peers(&archive.dialogs), [vera.id.0]);
    let tl::Dialog::Dialog(archived) = &archive.dialogs[0] else { panic!("not a dialog") };
    assert_eq!(archived.folder_id, Some(1));
    let method = tl::messages::GetDialogs { folder_id: Some(7), ..tl::messages::GetDialogs::default() };
    assert_eq!(world.err(anna.device, &method), "400 FOLDER_ID_INVALID");
    let offset_peer = tl::InputPeer::InputPeerChat { chat_id: 1 };
    let method = tl::messages::GetDialogs { offset_peer, ..tl::messages::GetDialogs::default() };
    assert_eq!(world.err(anna.device, &method), "400 OFFSET_PEER_ID_INVALID");
}
