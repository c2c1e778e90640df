//! messages.getSavedDialogs, and what saved messages are to its neighbours.

use crate::world::{Person, World};

/// Three people; the first has saved a message of the second, then a note, then one of the third.
pub(crate) struct Saver {
    pub(crate) world: World,
    pub(crate) anna: Person,
    pub(crate) boris: Person,
    pub(crate) vera: Person,
    /// The saved messages' numbers: of Boris, the note, of Vera.
    pub(crate) ids: [i32; 3],
}

pub(crate) fn saver() -> Saver {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let vera = world.person("9996600003", "Vera");
    let first = save(&mut world, anna, boris, "of Boris", 1);
    world.pass_s(5);
    let note = world.sent(anna, anna, "note", 3);
    world.pass_s(5);
    let second = save(&mut world, anna, vera, "of Vera", 4);
    Saver { world, anna, boris, vera, ids: [first, note, second] }
}

/// Lets somebody write, and somebody save it; its number there.
pub(crate) fn save(world: &mut World, by: Person, from: Person, text: &str, random_id: i64) -> i32 {
    let id = world.sent(by, from, text, random_id);
    let (from_peer, to_peer) = (world.peer(by, from), tl::InputPeer::InputPeerSelf);
    let random_id = vec![random_id + 1000];
    let forward =
        tl::messages::ForwardMessages { from_peer, to_peer, id: vec![id], random_id, ..Default::default() };
    let tl::Updates::Updates(done) = world.ok(by.device, &forward) else { panic!("no updates") };
    match &done.updates[..] {
        [tl::Update::UpdateMessageID { id, .. }, ..] => *id,
        _ => panic!("no number"),
    }
}

/// Whose dialogs they are, with their newest messages and whether they are pinned; and the number of all, if it is a part.
pub(crate) fn listed(answer: tl::messages::SavedDialogs) -> (Vec<(i64, i32, bool)>, Option<i32>) {
    let one = |dialog: &tl::SavedDialog| match dialog {
        tl::SavedDialog::SavedDialog { pinned, peer: tl::Peer::PeerUser { user_id }, top_message } => {
            (*user_id, *top_message, *pinned)
        }
        _ => panic!("another dialog"),
    };
    match answer {
        tl::messages::SavedDialogs::SavedDialogs(all) => {
            assert_eq!(all.dialogs.len(), all.messages.len());
            (all.dialogs.iter().map(one).collect(), None)
        }
        tl::messages::SavedDialogs::SavedDialogsSlice(part) => {
            assert_eq!(part.dialogs.len(), part.messages.len());
            (part.dialogs.iter().map(one).collect(), Some(part.count))
        }
        tl::messages::SavedDialogs::SavedDialogsNotModified { .. } => panic!("clients do not take that"),
    }
}

#[test]
fn one_dialog_for_each_origin_the_newest_first_in_pages() {
    let Saver { mut world, anna, boris, vera, ids } = saver();
    let all = [(vera.id.0, ids[2], false), (anna.id.0, ids[1], false), (boris.id.0, ids[0], false)];
    let (found, count) = listed(world.ok(anna.device, &tl::messages::GetSavedDialogs::default()));
    assert_eq!((found.as_slice(), count), (&all[..], None));
    let page = |offset_id, limit| tl::messages::GetSavedDialogs { offset_id, limit, ..Default::default() };
    let (found, count) = listed(world.ok(anna.device, &page(0, 1)));
    assert_eq!((found.as_slice(), count), (&all[..1], Some(3)));
    let (found, count) = listed(world.ok(anna.device, &page(ids[2], 9)));
    assert_eq!((found.as_slice(), count), (&all[1..], Some(3)));
    assert!(listed(world.ok(anna.device, &page(ids[0], 9))).0.is_empty());
    let dated =
        tl::messages::GetSavedDialogs { offset_date: world.date().as_int() - 7, ..Default::default() };
    assert_eq!(listed(world.ok(anna.device, &dated)).0, &all[2..]);
    // Nobody else's saved messages are in it.
    assert!(listed(world.ok(boris.device, &page(0, 9))).0.is_empty());
    let parent_peer = Some(world.peer(anna, boris));
    let method = tl::messages::GetSavedDialogs { parent_peer, ..Default::default() };
    assert_eq!(world.err(anna.device, &method), "400 PARENT_PEER_INVALID");
}
