//! messages.getSearchResultsCalendar.

use super::update_pinned_message::pin;
use crate::world::{BEGIN_S, World};

#[test]
fn days_are_told_with_how_much_came_on_each() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let mut ids = Vec::new();
    for (random_id, seconds) in [(1, 0), (2, 2 * 86_400), (3, 60)] {
        world.pass_s(seconds);
        ids.push(world.sent(anna, boris, "text", random_id));
    }
    for &id in &ids {
        let method = tl::messages::UpdatePinnedMessage { pm_oneside: true, ..pin(&world, anna, boris, id) };
        world.ok(anna.device, &method);
    }
    let method = tl::messages::GetSearchResultsCalendar {
        peer: world.peer(anna, boris),
        filter: tl::MessagesFilter::InputMessagesFilterPinned,
        ..Default::default()
    };
    let tl::messages::SearchResultsCalendar::SearchResultsCalendar(calendar) = world.ok(anna.device, &method);
    let periods: Vec<_> = calendar
        .periods
        .iter()
        .map(|period| {
            let tl::SearchResultsCalendarPeriod::SearchResultsCalendarPeriod {
                date,
                min_msg_id,
                max_msg_id,
                count,
            } = period;
            (i64::from(*date), *min_msg_id, *max_msg_id, *count)
        })
        .collect();
    assert_eq!(periods, [(BEGIN_S + 2 * 86_400, ids[1], ids[2], 2), (BEGIN_S, ids[0], ids[0], 1)]);
    assert_eq!((calendar.count, calendar.min_msg_id, calendar.messages.len()), (3, ids[0], 2));
    let below = tl::messages::GetSearchResultsCalendar { offset_id: ids[1], ..method };
    let tl::messages::SearchResultsCalendar::SearchResultsCalendar(calendar) = world.ok(anna.device, &below);
    assert_eq!((calendar.count, calendar.periods.len()), (3, 1));
    let all = tl::messages::GetSearchResultsCalendar {
        filter: tl::MessagesFilter::InputMessagesFilterMyMentions,
        ..below
    };
    assert_eq!(world.err(anna.device, &all), "400 FILTER_NOT_SUPPORTED");
}
