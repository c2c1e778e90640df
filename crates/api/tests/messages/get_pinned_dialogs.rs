//! messages.getPinnedDialogs.

use super::toggle_dialog_pin::pin;
use crate::world::World;

#[test]
fn those_of_the_folder_in_their_order_and_the_callers_state() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    world.send(boris, anna, "text", 1);
    let ask = tl::messages::GetPinnedDialogs { folder_id: 0 };
    let tl::messages::PeerDialogs::PeerDialogs(answer) = world.ok(anna.device, &ask);
    assert!(answer.dialogs.is_empty());
    let tl::updates::State::State { pts, unread_count, .. } = answer.state;
    assert_eq!((pts, unread_count), (2, 1));
    let method = pin(&world, anna, boris, true);
    world.ok(anna.device, &method);
    let tl::messages::PeerDialogs::PeerDialogs(answer) = world.ok(anna.device, &ask);
    let [tl::Dialog::Dialog(dialog)] = &answer.dialogs[..] else { panic!("not one dialog") };
    assert!(dialog.pinned && answer.messages.len() == 1 && answer.users.len() == 1);
    let folder_peers =
        vec![tl::InputFolderPeer::InputFolderPeer { peer: world.peer(anna, boris), folder_id: 1 }];
    world.ok(anna.device, &tl::folders::EditPeerFolders { folder_peers });
    let tl::messages::PeerDialogs::PeerDialogs(answer) = world.ok(anna.device, &ask);
    let [tl::Dialog::DialogFolder(folder)] = &answer.dialogs[..] else { panic!("not the archive alone") };
    assert_eq!((folder.unread_unmuted_peers_count, folder.unread_unmuted_messages_count), (1, 1));
    assert_eq!((folder.unread_muted_peers_count, answer.messages.len(), answer.users.len()), (0, 1, 1));
    let archive = tl::messages::GetPinnedDialogs { folder_id: 1 };
    let tl::messages::PeerDialogs::PeerDialogs(answer) = world.ok(anna.device, &archive);
    assert!(answer.dialogs.is_empty());
    let other = tl::messages::GetPinnedDialogs { folder_id: 2 };
    assert_eq!(world.err(anna.device, &other), "400 FOLDER_ID_INVALID");
}
