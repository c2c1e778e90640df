//! Searching one dialog: words, kinds, writers, dates, pages, and where the work ends.

use domain::Authed;
use domain::message::{self, Entity, EntityKind, FormattedText, Found, HistoryPage, Kind, Search};
use ids::limits::SEARCH_TEXT_BYTES_MAX;
use ids::{MsgId, RandomId, UnixTime};

use crate::world::World;

fn search(world: &World, by: Authed, with: Authed, words: &str) -> Search {
    Search {
        with: world.known(by, with),
        words: words.to_owned(),
        kind: Kind::Any,
        from: None,
        after: UnixTime(0),
        before: UnixTime(0),
        saved_from: None,
        page: HistoryPage { limit: 100, ..HistoryPage::default() },
    }
}

fn run(world: &World, by: Authed, search: &Search) -> Found {
    world.look(|tx| message::search(tx, by, search))
}

fn texts(found: &Found) -> Vec<&str> {
    found.messages.iter().map(|message| message.text.text()).collect()
}

#[test]
fn all_words_must_be_there_in_any_case_and_order() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    for text in ["The Moon is late", "moon", "LATE is the hour", "Поздно ЛУНА", "noon"] {
        world.send(a, b, text);
    }
    world.send(a, c, "moon elsewhere");
    for (words, wanted) in [
        ("moon", vec!["moon", "The Moon is late"]),
        ("  late   moon ", vec!["The Moon is late"]),
        ("луна", vec!["Поздно ЛУНА"]),
        ("oon", vec!["noon", "moon", "The Moon is late"]),
        ("sun", vec![]),
    ] {
        let found = run(&world, a, &search(&world, a, b, words));
        assert_eq!(texts(&found), wanted, "{words}");
        assert!(found.exact && found.total as usize == wanted.len());
    }
    // The other side finds its own copies.
    assert_eq!(run(&world, b, &search(&world, b, a, "hour")).messages[0].from, a.user());
}

#[test]
fn p32_what_is_deleted_or_edited_away_is_not_found() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let (gone, edited) = (world.send(a, b, "canary one").id, world.send(a, b, "canary two").id);
    world.delete(a, &[gone], false);
    world.edit(a, b, edited, "sparrow").unwrap();
    assert_eq!(run(&world, a, &search(&world, a, b, "canary")).total, 0);
    assert_eq!(texts(&run(&world, b, &search(&world, b, a, "canary"))), ["canary one"]);
}

#[test]
fn kinds_writers_and_dates_narrow_it() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let begin = world.now;
    world.send(a, b, "mine");
    world.now.0 += 10;
    world.send(b, a, "yours");
    world.now.0 += 10;
    let url = Entity { offset_units: 0, length_units: 9, kind: EntityKind::Url };
    let link = FormattedText::new("a.example".to_owned(), vec![url]).unwrap_or_else(|_| panic!("a text"));
    world.try_send(a, b, link, RandomId(5), None).unwrap();
    let base = || search(&world, a, b, "");
    let all = |search: Search| run(&world, a, &search).total;
    assert_eq!(all(base()), 3);
    assert_eq!(all(Search { from: Some(a.user()), ..base() }), 2);
    assert_eq!(all(Search { from: Some(b.user()), ..base() }), 1);
    assert_eq!(all(Search { from: Some(c.user()), ..base() }), 0);
    assert_eq!(all(Search { after: begin, ..base() }), 2);
    assert_eq!(all(Search { before: UnixTime(begin.0 + 20), after: begin, ..base() }), 1);
    assert_eq!(all(Search { kind: Kind::Link, ..base() }), 1);
    assert_eq!(all(Search { kind: Kind::Contact, ..base() }), 0);
    assert_eq!(all(Search { kind: Kind::None, ..base() }), 0);
    assert_eq!(all(search(&world, a, c, "mine")), 0);
}

#[test]
fn pages_follow_the_offsets() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let ids: Vec<_> = (0..10)
        .map(|n| {
            world.send(b, a, "chaff");
            world.send(a, b, &format!("wheat {n}")).id
        })
        .collect();
    let page = |page: HistoryPage| {
        let found = run(&world, a, &Search { page, ..search(&world, a, b, "wheat") });
        assert_eq!(found.total, 10);
        found.messages.iter().map(|message| message.text.text()[6..].to_owned()).collect::<String>()
    };
    let base = HistoryPage { limit: 3, ..HistoryPage::default() };
    assert_eq!(page(base), "987");
    assert_eq!(page(HistoryPage { offset_id: ids[7], ..base }), "654");
    assert_eq!(page(HistoryPage { offset_id: ids[7], add_offset: -2, ..base }), "876");
    assert_eq!(page(HistoryPage { offset_id: ids[8], add_offset: -4, ..base }), "9");
    assert_eq!(page(HistoryPage { offset_id: ids[7], add_offset: 2, ..base }), "432");
    assert_eq!(page(HistoryPage { max_id: ids[9], min_id: ids[7], ..base }), "8");
    assert_eq!(page(HistoryPage { offset_id: ids[0], ..base }), "");
}

#[test]
fn a_search_that_does_not_look_at_everything_says_so() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let oldest = world.send(a, b, "needle").id;
    let hay = "сено ".repeat(800);
    for _ in 0..=2 * SEARCH_TEXT_BYTES_MAX / hay.len() {
        world.send(a, b, &hay);
    }
    let found = run(&world, a, &search(&world, a, b, "needle"));
    assert!(!found.exact && found.total == 0);
    let page = HistoryPage { offset_id: MsgId(oldest.0 + 1), limit: 100, ..HistoryPage::default() };
    let found = run(&world, a, &Search { page, ..search(&world, a, b, "needle") });
    assert_eq!((texts(&found), found.exact), (vec!["needle"], false));
}
