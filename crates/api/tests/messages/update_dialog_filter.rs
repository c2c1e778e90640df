//! messages.updateDialogFilter.

use crate::world::{Person, World};

pub(crate) fn filter(title: &str, include_peers: Vec<tl::InputPeer>) -> tl::fields::DialogFilter {
    let title = tl::fields::TextWithEntities { text: title.to_owned(), entities: Vec::new() };
    tl::fields::DialogFilter { title: title.into(), include_peers, ..Default::default() }
}

pub(crate) fn set(id: i32, filter: tl::fields::DialogFilter) -> tl::messages::UpdateDialogFilter {
    tl::messages::UpdateDialogFilter { id, filter: Some(filter.into()) }
}

/// The numbers of the caller's filters, 0 for all dialogs.
pub(crate) fn order(world: &mut World, of: Person) -> Vec<i32> {
    let tl::messages::DialogFilters::DialogFilters { filters, .. } =
        world.ok(of.device, &tl::messages::GetDialogFilters {});
    let id = |filter: &tl::DialogFilter| match filter {
        tl::DialogFilter::DialogFilter(filter) => filter.id,
        tl::DialogFilter::DialogFilterDefault => 0,
        tl::DialogFilter::DialogFilterChatlist(_) => panic!("a shared folder"),
    };
    filters.iter().map(id).collect()
}

#[test]
fn a_filter_is_made_changed_and_taken_away() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let peers = vec![world.peer(anna, boris), tl::InputPeer::InputPeerSelf, world.peer(anna, boris)];
    let made = set(2, tl::fields::DialogFilter { exclude_muted: true, ..filter("Work", peers) });
    assert!(world.ok(anna.device, &made));
    assert!(world.ok(anna.device, &made) && world.touched.is_empty(), "it is so already");
    let tl::messages::DialogFilters::DialogFilters { filters, .. } =
        world.ok(anna.device, &tl::messages::GetDialogFilters {});
    let [tl::DialogFilter::DialogFilterDefault, tl::DialogFilter::DialogFilter(work)] = &filters[..] else {
        panic!("not all and one")
    };
    let tl::TextWithEntities::TextWithEntities(title) = &work.title;
    assert!(title.text == "Work" && work.exclude_muted && !work.exclude_read && work.id == 2);
    // Named twice he is in it once, and each can be sent back as it is.
    assert_eq!(work.include_peers.len(), 2);
    let tl::messages::DialogFilters::DialogFilters { mut filters, .. } =
        world.ok(anna.device, &tl::messages::GetDialogFilters {});
    let again = tl::messages::UpdateDialogFilter { id: 2, filter: filters.pop() };
    assert!(world.ok(anna.device, &again) && world.touched.is_empty());

    world.ok(
        anna.device,
        &set(2, tl::fields::DialogFilter { contacts: true, ..filter("People", Vec::new()) }),
    );
    let events = world.events(anna, 1);
    assert_eq!(events.len(), 2);
    for event in &events {
        let tl::Update::UpdateDialogFilter(event) = event else { panic!("no filter") };
        let Some(tl::DialogFilter::DialogFilter(now)) = &event.filter else { panic!("no filter") };
        let tl::TextWithEntities::TextWithEntities(title) = &now.title;
        assert_eq!(title.text, "People", "each event tells the filter of now");
    }
    let gone = tl::messages::UpdateDialogFilter { id: 2, filter: None };
    assert!(world.ok(anna.device, &gone));
    assert!(world.ok(anna.device, &gone) && world.touched.is_empty());
    assert_eq!(order(&mut world, anna), [0]);
    let events = world.events(anna, 3);
    let [tl::Update::UpdateDialogFilter(event)] = &events[..] else { panic!("not one event") };
    assert!(event.id == 2 && event.filter.is_none());
}

#[test]
fn what_cannot_be_a_filter_is_refused() {
    let mut world = World::new();
    let (anna, boris) = (world.person("9996600001", "Anna"), world.person("9996600002", "Boris"));
    let one = || vec![world.peer(anna, boris)];
    let stranger = tl::InputPeer::InputPeerUser { user_id: boris.id.0, access_hash: 1 };
    let both = tl::fields::DialogFilter { exclude_peers: one(), ..filter("Both", one()) };
    let chatlist = tl::messages::UpdateDialogFilter {
        id: 2,
        filter: Some(tl::fields::DialogFilterChatlist::default().into()),
    };
    let cases = [
        (set(1, filter("Work", one())), "400 FILTER_ID_INVALID"),
        (set(0, filter("Work", one())), "400 FILTER_ID_INVALID"),
        (set(256, filter("Work", one())), "400 FILTER_ID_INVALID"),
        (set(2, filter(" ", one())), "400 FILTER_TITLE_EMPTY"),
        (set(2, filter("Thirteen char", one())), "400 MESSAGE_TOO_LONG"),
        (set(2, filter("Work", Vec::new())), "400 FILTER_INCLUDE_EMPTY"),
        (set(2, filter("Work", vec![stranger])), "400 PEER_ID_INVALID"),
        (set(2, both), "400 CHATLIST_EXCLUDE_INVALID"),
        (chatlist, "400 FILTER_NOT_SUPPORTED"),
    ];
    for (method, error) in cases {
        assert_eq!(world.err(anna.device, &method), error);
    }
    for id in 2..13 {
        let method = set(id, filter("Work", vec![world.peer(anna, boris)]));
        match world.call(anna.device, &method) {
            Ok(done) => assert!(done && id < 12),
            Err(error) => assert!(error == "400 LIMIT_INVALID" && id == 12),
        }
    }
}
