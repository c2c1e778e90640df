//! messages.getSearchCounters.

use super::update_pinned_message::pin;
use crate::world::World;

#[test]
fn each_kind_is_counted_as_it_would_be_found() {
    use tl::MessagesFilter::{
        InputMessagesFilterEmpty, InputMessagesFilterPhotos, InputMessagesFilterPinned,
    };
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let sent = world.sent(anna, boris, "one", 1);
    world.send(anna, boris, "two", 2);
    world.ok(anna.device, &pin(&world, anna, boris, sent));
    let method = |filters| tl::messages::GetSearchCounters {
        peer: world.peer(boris, anna),
        filters,
        ..Default::default()
    };
    let three = method(vec![InputMessagesFilterPinned, InputMessagesFilterPhotos, InputMessagesFilterEmpty]);
    let many = method(vec![InputMessagesFilterPinned; 21]);
    let counters = world.ok(boris.device, &three);
    let counts = counters.iter().map(|counter| {
        let tl::messages::SearchCounter::SearchCounter { inexact, count, .. } = counter;
        (*count, *inexact)
    });
    assert_eq!(counts.collect::<Vec<_>>(), [(1, false), (0, false), (2, false)]);
    assert_eq!(world.err(boris.device, &many), "400 LIMIT_INVALID");
}
