//! messages.getPeerDialogs.

use crate::world::World;

#[test]
fn a_chat_without_messages_is_an_empty_dialog() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let peers = vec![tl::InputDialogPeer::InputDialogPeer { peer: world.peer(anna, boris) }];
    let answer = world.ok(anna.device, &tl::messages::GetPeerDialogs { peers });
    let tl::messages::PeerDialogs::PeerDialogs(answer) = answer;
    let [tl::Dialog::Dialog(dialog)] = &answer.dialogs[..] else { panic!("not one dialog") };
    assert_eq!((dialog.top_message, dialog.unread_count), (0, 0));
    assert!(answer.messages.is_empty());
    assert_eq!(answer.users.len(), 1);
    let tl::updates::State::State { pts, .. } = answer.state;
    assert_eq!(pts, 1);
}

#[test]
fn nobody_and_too_many_are_refused() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let ask = |peers| tl::messages::GetPeerDialogs { peers };
    assert_eq!(world.err(anna.device, &ask(Vec::new())), "400 INPUT_PEERS_EMPTY");
    let own = || tl::InputDialogPeer::InputDialogPeer { peer: tl::InputPeer::InputPeerSelf };
    assert_eq!(world.err(anna.device, &ask((0..101).map(|_| own()).collect())), "400 LIMIT_INVALID");
}
