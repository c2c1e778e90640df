//! messages.getHistory against the naive reading of the docs, with a whole dialog in a list.

use domain::message::{self, HistoryError, HistoryPage, Message};
use domain::{Authed, Known};
use ids::{MsgId, UnixTime};
use proptest::prelude::*;

use crate::world::World;

/// A dialog of `n` messages between others, one every ten seconds, sent by either side; who looks, at whom.
fn dialog(n: usize) -> (World, Authed, Authed) {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    for i in 0..n {
        world.now = UnixTime(world.now.0 + 10);
        let (from, to) = if i % 3 == 0 { (b, a) } else { (a, b) };
        world.send(from, to, &format!("text {i}"));
        if i % 4 == 0 {
            world.send(a, c, "elsewhere");
            world.send(a, a, "note");
        }
    }
    (world, a, b)
}

fn page(world: &World, by: Authed, with: Known, page: HistoryPage) -> Vec<MsgId> {
    let history = world.store.read(|tx| message::history(tx, by, with, &page)).result.unwrap();
    history.messages.iter().map(|message| message.id).collect()
}

/// The docs, word by word: `all` is newest first.
fn naive(all: &[Message], page: HistoryPage) -> Vec<MsgId> {
    let offset = if page.offset_id.0 > 0 {
        all.iter().filter(|message| message.id >= page.offset_id).count()
    } else if page.offset_date.0 > 0 {
        all.iter().filter(|message| message.date >= page.offset_date).count()
    } else {
        0
    };
    let start = offset as i64 + i64::from(page.add_offset);
    let limit = if page.limit <= 0 { 20 } else { i64::from(page.limit.min(100)) };
    let inside = all.iter().enumerate().filter(|(at, _)| (start..start + limit).contains(&(*at as i64)));
    inside
        .map(|(_, message)| message.id)
        .filter(|id| page.max_id.0 <= 0 || *id < page.max_id)
        .filter(|id| page.min_id.0 <= 0 || *id > page.min_id)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_page_is_the_naive_one(n in 0..40_usize, asks in prop::collection::vec(ask(), 60)) {
        let (world, a, b) = dialog(n);
        let all = world.all_messages(a, b);
        let with = world.known(a, b);
        for mut ask in asks {
            // Dates near the dialog's own.
            if ask.offset_date.0 > 0 {
                ask.offset_date.0 += 1_767_225_600;
            }
            prop_assert_eq!(page(&world, a, with, ask), naive(&all, ask), "{:?}", ask);
        }
    }
}

fn ask() -> impl Strategy<Value = HistoryPage> {
    let id = || prop_oneof![2 => Just(0), 5 => -2..90, 1 => Just(i32::MAX), 1 => Just(i32::MIN)];
    let add = prop_oneof![2 => Just(0), 5 => -45..45, 1 => -10_000..10_001];
    let limit = prop_oneof![5 => -1..50, 1 => Just(i32::MAX), 1 => Just(i32::MIN)];
    let date = prop_oneof![2 => Just(0), 3 => 1..450_i64];
    (id(), date, add, limit, id(), id()).prop_map(|(offset_id, date, add_offset, limit, max_id, min_id)| {
        HistoryPage {
            offset_id: MsgId(offset_id),
            offset_date: UnixTime(date),
            add_offset,
            limit,
            max_id: MsgId(max_id),
            min_id: MsgId(min_id),
        }
    })
}

/// The three use cases of the docs' page on offsets.
#[test]
fn older_newer_and_around() {
    let (world, a, b) = dialog(60);
    let all: Vec<_> = world.all_messages(a, b).iter().map(|message| message.id).collect();
    let with = world.known(a, b);
    let at = 30;
    let ask =
        |add_offset| HistoryPage { offset_id: all[at], add_offset, limit: 20, ..HistoryPage::default() };
    assert_eq!(page(&world, a, with, ask(0)), all[at + 1..at + 21], "older than the message");
    assert_eq!(page(&world, a, with, ask(-20)), all[at - 19..=at], "newer, with the message itself");
    assert_eq!(page(&world, a, with, ask(-10)), all[at - 9..at + 11], "around it");
}

#[test]
fn a_limit_of_0_is_20_and_100_is_the_most() {
    let (world, a, b) = dialog(130);
    let with = world.known(a, b);
    for (limit, wanted) in [(0, 20), (-5, 20), (1, 1), (100, 100), (101, 100), (i32::MAX, 100)] {
        let ask = HistoryPage { limit, ..HistoryPage::default() };
        assert_eq!(page(&world, a, with, ask).len(), wanted);
    }
}

#[test]
fn a_far_offset_is_refused() {
    let (world, a, b) = dialog(1);
    let with = world.known(a, b);
    for add_offset in [i32::MIN, -10_001, 10_001, i32::MAX] {
        let ask = HistoryPage { add_offset, limit: i32::MAX, ..HistoryPage::default() };
        let refused = world.store.read(|tx| message::history(tx, a, with, &ask)).result;
        assert_eq!(refused.err(), Some(HistoryError::AddOffset));
    }
}

#[test]
fn a_dialog_without_messages_is_an_empty_page() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let with = world.known(a, b);
    let ask = HistoryPage { offset_id: MsgId(5), add_offset: -7, ..HistoryPage::default() };
    let history = world.store.read(|tx| message::history(tx, a, with, &ask)).result.unwrap();
    assert_eq!((history.messages.len(), history.total), (0, 0));
}
