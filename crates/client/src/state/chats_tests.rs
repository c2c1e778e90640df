//! What updates do to chats.

use tl::{Update, fields};

use super::super::{Change, Own};
use super::Chats;

const ANN: i64 = 5;

fn peer() -> tl::Peer {
    tl::Peer::PeerUser { user_id: ANN }
}

fn with(ids: &[i32]) -> Chats {
    let mut chats = Chats { me: 1, ..Chats::default() };
    for &id in ids {
        chats.put(fields::Message { id, peer_id: peer(), ..Default::default() }.into());
    }
    chats
}

fn ids(chats: &mut Chats) -> Vec<i32> {
    chats.chat(ANN).messages.keys().copied().collect()
}

#[test]
fn what_one_did_oneself_is_done() {
    let mut chats = with(&[1, 2, 3, 4]);
    chats.apply(Change::Own(Own::Deleted { ids: vec![2, 9] }));
    assert_eq!(ids(&mut chats), [1, 3, 4]);
    chats.apply(Change::Own(Own::Read { user: ANN, max_id: 3 }));
    chats.apply(Change::Own(Own::Read { user: ANN, max_id: 1 }));
    assert_eq!(chats.chat(ANN).read_in, 3);
    chats.apply(Change::Own(Own::Cleared { user: ANN, max_id: 3 }));
    assert_eq!(ids(&mut chats), [4]);
    assert_eq!((chats.top(), with(&[]).top()), (4, 0));
    assert!(chats.apply(Change::Anew));
}

#[test]
fn a_pin_a_reaction_and_an_edit_change_a_message_in_its_place() {
    let mut chats = with(&[1, 2]);
    let pinned = |pinned| fields::UpdatePinnedMessages {
        pinned,
        peer: peer(),
        messages: vec![2],
        pts: 0,
        pts_count: 0,
    };
    let is_pinned = |chats: &mut Chats| chats.find(2).is_some_and(|message| message.pinned);
    chats.apply(Change::Update(pinned(true).into()));
    assert!(is_pinned(&mut chats));
    chats.apply(Change::Update(pinned(false).into()));
    assert!(!is_pinned(&mut chats));
    let reactions = fields::UpdateMessageReactions { peer: peer(), msg_id: 2, ..Default::default() };
    chats.apply(Change::Update(reactions.into()));
    assert!(chats.find(2).is_some_and(|message| message.reactions.is_some()));
    let message =
        fields::Message { id: 2, peer_id: peer(), message: "new".into(), ..Default::default() }.into();
    chats.apply(Change::Update(fields::UpdateEditMessage { message, pts: 0, pts_count: 0 }.into()));
    assert!(chats.find(2).is_some_and(|message| message.message == "new") && ids(&mut chats) == [1, 2]);
}

#[test]
fn who_moves_to_another_list_is_pinned_in_neither() {
    let mut chats = with(&[1]);
    let dialog = || tl::DialogPeer::DialogPeer { peer: peer() };
    let pin = |pinned| Update::UpdateDialogPinned { pinned, folder_id: None, peer: dialog() };
    let to = |folder_id| Update::UpdateFolderPeers {
        folder_peers: vec![tl::FolderPeer::FolderPeer { peer: peer(), folder_id }],
        pts: 0,
        pts_count: 0,
    };
    chats.apply(Change::Update(pin(true)));
    assert_eq!(chats.pinned, [vec![ANN], vec![]]);
    // Where it is already it stays pinned.
    chats.apply(Change::Update(to(0)));
    assert_eq!(chats.pinned, [vec![ANN], vec![]]);
    chats.apply(Change::Update(to(1)));
    assert_eq!((chats.pinned.clone(), chats.chat(ANN).folder), ([vec![], vec![]], 1));
    chats.apply(Change::Update(pin(true)));
    assert_eq!(chats.pinned, [vec![], vec![ANN]]);
    let order = Some(vec![dialog()]);
    chats.apply(Change::Update(Update::UpdatePinnedDialogs { folder_id: Some(0), order }));
    chats.apply(Change::Update(pin(false)));
    assert_eq!(chats.pinned, [vec![], vec![]]);
}

#[test]
fn marks_drafts_and_timers_are_those_of_the_last_update() {
    let mut chats = with(&[]);
    let mark = |unread| fields::UpdateDialogUnreadMark {
        unread,
        peer: tl::DialogPeer::DialogPeer { peer: peer() },
        ..Default::default()
    };
    chats.apply(Change::Update(mark(true).into()));
    chats.apply(Change::Update(Update::UpdatePeerHistoryTTL { peer: peer(), ttl_period: Some(60) }));
    chats.apply(Change::Update(Update::UpdateReadHistoryOutbox {
        peer: peer(),
        max_id: 7,
        pts: 0,
        pts_count: 0,
    }));
    let chat = chats.chat(ANN);
    assert_eq!((chat.is_marked, chat.timer_s, chat.read_out), (true, 60, 7));
    chats.apply(Change::Update(mark(false).into()));
    chats.apply(Change::Update(Update::UpdatePeerHistoryTTL { peer: peer(), ttl_period: None }));
    assert_eq!((chats.chat(ANN).is_marked, chats.chat(ANN).timer_s), (false, 0));
}

/// What stands in a chat that was cleared is shown by no client.
#[test]
fn a_cleared_chat_is_empty() {
    let mut chats = with(&[]);
    let action = tl::MessageAction::MessageActionHistoryClear;
    chats.put(fields::MessageService { id: 3, peer_id: peer(), action, ..Default::default() }.into());
    assert!(ids(&mut chats).is_empty());
}
