//! messages.getSearchResultsPositions.

use super::update_pinned_message::pin;
use crate::world::World;

#[test]
fn each_place_has_its_number_among_all() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let ids = [1, 2, 3].map(|random_id| world.sent(anna, boris, "text", random_id));
    for id in ids {
        let method = tl::messages::UpdatePinnedMessage { pm_oneside: true, ..pin(&world, anna, boris, id) };
        world.ok(anna.device, &method);
    }
    let method = tl::messages::GetSearchResultsPositions {
        peer: world.peer(anna, boris),
        filter: tl::MessagesFilter::InputMessagesFilterPinned,
        offset_id: ids[2],
        limit: 1,
        ..Default::default()
    };
    let tl::messages::SearchResultsPositions::SearchResultsPositions { count, positions } =
        world.ok(anna.device, &method);
    let [tl::SearchResultsPosition::SearchResultPosition { msg_id, date, offset }] = &positions[..] else {
        panic!("not one position")
    };
    assert_eq!((count, *msg_id, *offset), (3, ids[1], 1));
    assert_eq!(i64::from(*date), world.date().0);
    let all = tl::messages::GetSearchResultsPositions {
        filter: tl::MessagesFilter::InputMessagesFilterEmpty,
        ..method
    };
    assert_eq!(world.err(anna.device, &all), "400 FILTER_NOT_SUPPORTED");
}
