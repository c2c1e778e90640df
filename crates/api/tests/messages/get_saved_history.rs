//! messages.getSavedHistory, and searching in what was saved from one peer.

use super::get_saved_dialogs::{Saver, save, saver};
use crate::world::{Person, World, full_message};

fn history(world: &mut World, by: Person, method: &tl::messages::GetSavedHistory) -> (Vec<i32>, Option<i32>) {
    let number = |message: &tl::Message| full_message(message).id;
    match world.ok(by.device, method) {
        tl::messages::Messages::Messages(all) => (all.messages.iter().map(number).collect(), None),
        tl::messages::Messages::MessagesSlice(part) => {
            (part.messages.iter().map(number).collect(), Some(part.count))
        }
        _ => panic!("no history"),
    }
}

#[test]
fn what_was_saved_from_one_peer_in_pages() {
    let Saver { mut world, anna, boris, ids, .. } = saver();
    let more: Vec<_> = (10..13).map(|at| save(&mut world, anna, boris, "again", at)).collect();
    let all = [more[2], more[1], more[0], ids[0]];
    let of = |peer| tl::messages::GetSavedHistory { peer, limit: 10, ..Default::default() };
    let peer = world.peer(anna, boris);
    assert_eq!(history(&mut world, anna, &of(peer.clone())), (all.to_vec(), None));
    assert_eq!(history(&mut world, anna, &of(tl::InputPeer::InputPeerSelf)), (vec![ids[1]], None));
    let page = tl::messages::GetSavedHistory { offset_id: more[1], limit: 1, ..of(peer.clone()) };
    assert_eq!(history(&mut world, anna, &page), (vec![more[0]], Some(4)));
    let page =
        tl::messages::GetSavedHistory { offset_id: more[0], add_offset: -2, limit: 2, ..of(peer.clone()) };
    assert_eq!(history(&mut world, anna, &page), (vec![more[1], more[0]], Some(4)));
    let page = tl::messages::GetSavedHistory { min_id: more[0], ..of(peer.clone()) };
    assert_eq!(history(&mut world, anna, &page).0, all[..2]);
    let date = world.date().as_int() - 7;
    let page = tl::messages::GetSavedHistory { offset_date: date, ..of(peer.clone()) };
    assert_eq!(history(&mut world, anna, &page).0, all[3..]);
    let far = tl::messages::GetSavedHistory { add_offset: 10_001, ..of(peer.clone()) };
    assert_eq!(world.err(anna.device, &far), "400 OFFSET_INVALID");
    let parent_peer = Some(peer.clone());
    let method = tl::messages::GetSavedHistory { parent_peer, ..of(peer) };
    assert_eq!(world.err(anna.device, &method), "400 PARENT_PEER_INVALID");
}

#[test]
fn a_search_of_saved_messages_may_name_their_origin() {
    let Saver { mut world, anna, boris, ids, .. } = saver();
    let search = tl::messages::Search {
        peer: tl::InputPeer::InputPeerSelf,
        q: "of".to_owned(),
        limit: 10,
        saved_peer_id: Some(world.peer(anna, boris)),
        ..Default::default()
    };
    let tl::messages::Messages::Messages(found) = world.ok(anna.device, &search) else { panic!("no page") };
    assert_eq!(found.messages.iter().map(|of| full_message(of).id).collect::<Vec<_>>(), [ids[0]]);
    let elsewhere = tl::messages::Search { peer: world.peer(anna, boris), ..search };
    assert_eq!(world.err(anna.device, &elsewhere), "400 PEER_ID_INVALID");
}
