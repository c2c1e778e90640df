//! folders.editPeerFolders.

use crate::world::{Person, World, updates};

fn archive(world: &World, of: Person, with: Person, folder_id: i32) -> tl::folders::EditPeerFolders {
    let peer = world.peer(of, with);
    tl::folders::EditPeerFolders {
        folder_peers: vec![tl::InputFolderPeer::InputFolderPeer { peer, folder_id }],
    }
}

#[test]
fn the_answer_is_the_event_and_what_moves_is_unpinned() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let peer = tl::InputDialogPeer::InputDialogPeer { peer: world.peer(anna, boris) };
    world.ok(anna.device, &tl::messages::ToggleDialogPin { pinned: true, peer });
    let method = archive(&world, anna, boris, 1);
    let told = updates(world.ok(anna.device, &method));
    let [tl::Update::UpdateFolderPeers { folder_peers, pts: 4, pts_count: 1 }] = &told[..] else {
        panic!("not one event")
    };
    assert!(matches!(folder_peers[..], [tl::FolderPeer::FolderPeer { folder_id: 1, .. }]));
    assert!(updates(world.ok(anna.device, &method)).is_empty(), "it is there already");
    for folder_id in [0, 1] {
        let tl::messages::PeerDialogs::PeerDialogs(pinned) =
            world.ok(anna.device, &tl::messages::GetPinnedDialogs { folder_id });
        assert!(pinned.dialogs.iter().all(|dialog| !matches!(dialog, tl::Dialog::Dialog(_))));
    }
    let method = archive(&world, anna, boris, 0);
    assert_eq!(updates(world.ok(anna.device, &method)).len(), 1);
    let method = archive(&world, anna, boris, 2);
    assert_eq!(world.err(anna.device, &method), "400 FOLDER_ID_INVALID");
    let folder_peers = (0..101).flat_map(|_| archive(&world, anna, boris, 1).folder_peers).collect();
    let method = tl::folders::EditPeerFolders { folder_peers };
    assert_eq!(world.err(anna.device, &method), "400 LIMIT_INVALID");
}
