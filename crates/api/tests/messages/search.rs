//! messages.search.

use super::update_pinned_message::pin;
use crate::world::{Person, World, full_message};

fn search(world: &World, by: Person, with: Person, q: &str) -> tl::messages::Search {
    tl::messages::Search { peer: world.peer(by, with), q: q.to_owned(), limit: 100, ..Default::default() }
}

fn texts(found: tl::messages::Messages) -> Vec<String> {
    let tl::messages::Messages::Messages(found) = found else { panic!("not all of it") };
    found.messages.iter().map(|message| full_message(message).message.clone()).collect()
}

#[test]
fn words_are_found_in_one_dialog_and_counted() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    for (random_id, text) in (1..).zip(["A red fox", "a blue fox", "no animal"]) {
        world.send(anna, boris, text, random_id);
    }
    assert_eq!(
        texts(world.ok(anna.device, &search(&world, anna, boris, "FOX"))),
        ["a blue fox", "A red fox"]
    );
    let page = tl::messages::Search { limit: 1, ..search(&world, anna, boris, "fox") };
    let tl::messages::Messages::MessagesSlice(slice) = world.ok(anna.device, &page) else {
        panic!("no slice")
    };
    assert_eq!((slice.count, slice.messages.len(), slice.inexact), (2, 1, false));
    let theirs =
        tl::messages::Search { from_id: Some(world.peer(anna, boris)), ..search(&world, anna, boris, "fox") };
    assert!(texts(world.ok(anna.device, &theirs)).is_empty());
}

#[test]
fn pinned_messages_are_found_without_words() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "remember", 1);
    world.send(anna, boris, "forget", 2);
    world.ok(anna.device, &pin(&world, anna, boris, sent));
    let filter = tl::MessagesFilter::InputMessagesFilterPinned;
    let method = tl::messages::Search { filter, ..search(&world, boris, anna, "") };
    assert_eq!(texts(world.ok(boris.device, &method)), ["remember"]);
}

#[test]
fn what_is_not_searched_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let wrong = tl::InputPeer::InputPeerUser { user_id: boris.id.0, access_hash: 1 };
    let base = || search(&world, anna, boris, "fox");
    let cases = [
        (tl::messages::Search { q: " ".to_owned(), ..base() }, "400 SEARCH_QUERY_EMPTY"),
        (tl::messages::Search { peer: tl::InputPeer::InputPeerEmpty, ..base() }, "400 PEER_ID_INVALID"),
        (tl::messages::Search { from_id: Some(wrong.clone()), ..base() }, "400 FROM_PEER_INVALID"),
        (tl::messages::Search { peer: wrong, ..base() }, "400 PEER_ID_INVALID"),
        (tl::messages::Search { top_msg_id: Some(1), ..base() }, "400 OPTION_NOT_SUPPORTED"),
    ];
    for (method, error) in cases {
        assert_eq!(world.err(anna.device, &method), error);
    }
}
