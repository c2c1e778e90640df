//! A store that comes back from an older image (P34): what was deleted stays deleted, counts are true, clients ask anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::tables::MESSAGES;
use domain::update::{self, Event, Since};
use domain::{audit, repair};
use ids::{BoxId, Pts};
use sealed::{AtRest, Header, Number, NumberRange, OwnerTag, RowKey, Secret};
use store::testing::Rig;
use store::{Memory, Order, Scan, Store, StoreError, dump};

use crate::world::World;

/// One tick of a box, but for the vaults; what it wrote.
fn tick(world: &World, of: BoxId) -> sealed::Change {
    let keys = world.store.door().keyring().warm(of).unwrap();
    let cut = world.store.pending(of, usize::MAX).unwrap();
    let mut rng = crypto::testing::Seeded::new(3);
    let state = keys.state().unwrap();
    let page = |id| (id, world.store.page(of, id).unwrap().unwrap());
    let pages: Vec<_> = state.touched(&cut).into_iter().map(page).collect();
    let change = state.cut(&cut, &pages, Secret::new([3; 32]), &mut rng).unwrap();
    world.store.write_state(of, change.epoch, &change.sheet, &change.pages).unwrap();
    keys.advance(&change).unwrap();
    world.store.settle(of, &cut, change.epoch, &change.next().pages()).unwrap();
    change
}

fn delete(world: &World, of: domain::Authed, with: domain::Authed, id: ids::MsgId) {
    let key = (store::Masked(with.user().0.cast_unsigned()), id);
    world.act(|tx| {
        tx.enter(&[of.own_box()])?;
        tx.delete(&MESSAGES, of.own_box(), &key)
    });
}

#[test]
fn p34_a_restore_brings_back_nothing_that_was_deleted() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let sent: Vec<_> = (0..6).map(|n| world.send(a, b, &n.to_string())).collect();
    let mut image = Vec::new();
    dump::dump(&*world.store.engine().view().unwrap(), &mut image).unwrap();

    for gone in [0, 5] {
        delete(&world, a, b, sent[gone].id);
    }
    let change = tick(&world, a.own_box());
    (0..9).for_each(|_| drop(world.send(b, a, "lost with the disk")));
    let told = world.state(a).pts;

    let engine = Memory::new();
    dump::restore(&engine, &mut image.as_slice()).unwrap();
    let store = Store::new(Arc::new(engine), world.store.door().clone());
    // The vaults' copy of the state, as custody writes it.
    store.write_state(a.own_box(), change.epoch, &change.sheet, &change.pages).unwrap();
    store.mark_behind().unwrap();
    world.store = Rig::over(store);
    let read = |world: &World| world.store.read(|tx| update::state(tx, a)).result;
    assert_eq!(read(&world), Err(StoreError::NeedKeys), "nobody reads it before");

    let now = world.now;
    let done = repair::repair(&world.store, a.own_box(), now).unwrap();
    assert_eq!(done.dropped, 2);
    let again = repair::repair(&world.store, a.own_box(), now).unwrap();
    assert_eq!((again.dropped, again.seen), (0, done.seen), "once is enough");
    assert_eq!(repair::repair(&world.store, b.own_box(), now).unwrap().dropped, 0);
    for shelf in sealed::DirectoryBox::all() {
        repair::repair(&world.store, shelf.id(), now).unwrap();
    }

    let there: Vec<_> = world.all_messages(a, b).into_iter().map(|message| message.id).collect();
    assert_eq!(there, sent[1..5].iter().rev().map(|sent| sent.id).collect::<Vec<_>>());
    let (dialog, top) = world.dialog(a, b);
    assert_eq!((dialog.messages, dialog.top, top.map(|top| top.id)), (4, sent[4].id, Some(sent[4].id)));
    assert_eq!(world.dialog(b, a).0.unread, 6, "the partner's copies stay");
    for user in [a, b] {
        assert!(world.look(|tx| audit::audit(tx, user.own_box())).wrong.is_empty());
    }
    let state = world.state(a);
    assert!(state.pts > told && state.pts.0 > 100_000);
    let last = world.events(a, Pts(1)).pop().unwrap();
    assert_eq!((last.event, last.pts_count), (Event::Repaired, 100_000));
    let since = Since { pts: told, limit: None };
    let difference = world.store.read(|tx| update::difference(tx, a, since)).result.unwrap();
    assert!(difference.complete && difference.state == state && difference.others.is_empty());

    // Life goes on, beyond every number that anybody was told.
    let next = world.send(b, a, "hello again");
    assert!(next.pts.0 > 100_000);
    assert_eq!(world.dialog(a, b).0.messages, 5);
}

/// The rows of a box, by their keys.
fn rows(world: &World, of: BoxId) -> BTreeMap<RowKey, AtRest> {
    let names = world.store.door().keyring().names().unwrap().owner(OwnerTag::of_box(of));
    let all = Scan { from: &[], to: &[0xff; 40], skip: 0, limit: usize::MAX, order: Order::Ascending };
    let rows = world.store.engine().view().unwrap().range(&all).unwrap();
    rows.into_iter().filter(|(key, _)| names.owns(key)).collect()
}

fn numbers(rows: &BTreeMap<RowKey, AtRest>) -> BTreeSet<Number> {
    let number = |at_rest| match Header::of(at_rest) {
        Some(Header::Record(version)) => Some(version.number),
        _ => None,
    };
    rows.values().filter_map(number).collect()
}

/// The folder comes back as it was in the image; the vaults' copies of the state are there, as custody writes them.
fn put_back(world: &mut World, mut image: &[u8], change: Option<(BoxId, &sealed::Change)>) {
    let engine = Memory::new();
    dump::restore(&engine, &mut image).unwrap();
    let store = Store::new(Arc::new(engine), world.store.door().clone());
    if let Some((of, change)) = change {
        store.write_state(of, change.epoch, &change.sheet, &change.pages).unwrap();
    }
    store.load_repairs().unwrap();
    store.mark_behind().unwrap();
    world.store = Rig::over(store);
}

/// P33: what a restored store knows nothing of is cut out too, and nothing else is: the same backup can come back again. A
/// repair that was cut short at any row is begun anew.
#[test]
fn p33_a_repair_cuts_out_what_was_lost_and_nothing_else_however_often_it_is_cut_short() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    (0..20).for_each(|n| drop(world.send(a, b, &n.to_string())));
    let of = a.own_box();
    let mut image = Vec::new();
    dump::dump(&*world.store.engine().view().unwrap(), &mut image).unwrap();
    let mut change = None;
    for _ in 0..3 {
        let before = numbers(&rows(&world, of));
        (0..5).for_each(|_| drop(world.send(b, a, "lost with the disk")));
        let lost = &numbers(&rows(&world, of)) - &before;
        assert!(lost.len() > 5);
        put_back(&mut world, &image, change.as_ref().map(|change| (of, change)));
        for at_once in [1, 7, 30] {
            let swept = world.store.write(|tx| {
                tx.enter_for_repair(of)?;
                tx.sweep(of, None, None, at_once)
            });
            assert!(swept.result.unwrap().next.is_some());
        }
        let there = rows(&world, of);
        let done = repair::repair(&world.store, of, world.now).unwrap();
        assert_eq!((done.dropped, done.stuck), (0, 0));
        let [pending] = world.store.pending(of, 9).unwrap()[..] else { panic!("not one range") };
        let is_cut = |number: &&Number| pending.first <= **number && **number <= pending.last;
        assert!(lost.iter().all(|number| is_cut(&number)));
        assert_eq!(numbers(&rows(&world, of)).iter().filter(is_cut).count(), 0);
        assert_eq!(there.keys().filter(|key| rows(&world, of).get(*key) != there.get(*key)).count(), 0);
        let there = rows(&world, of);
        repair::repair(&world.store, of, world.now).unwrap();
        assert!(rows(&world, of) == there, "once is enough");
        change = Some(tick(&world, of));
        assert_eq!(world.all_messages(a, b).len(), 20);
        assert!(world.look(|tx| audit::audit(tx, of)).wrong.is_empty());
        repair::repair(&world.store, b.own_box(), world.now).unwrap();
        for shelf in sealed::DirectoryBox::all() {
            repair::repair(&world.store, shelf.id(), world.now).unwrap();
        }
    }
}

/// P33: a row that does not open stays byte for byte, and so does the number that it names; it keeps nothing else alive that
/// was lost, and nobody out.
#[test]
fn p33_a_row_that_does_not_open_stops_no_repair_and_is_not_lost() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let sent: Vec<_> = (0..9).map(|n| world.send(a, b, &n.to_string())).collect();
    world.send(a, c, "to another");
    let of = a.own_box();
    let all = rows(&world, of);
    let highest = *numbers(&all).last().unwrap();
    let messages: Vec<_> =
        all.into_iter().filter(|(key, _)| key.table() == Some(MESSAGES.info().id)).collect();
    let put = |world: &World, key: &RowKey, value: &[u8]| {
        store::testsuite::apply(world.store.engine(), &[(key.as_bytes(), Some(value))]);
    };
    let below = Number(world.store.door().keyring().warm(of).unwrap().next_up().unwrap().0 + 100);
    let (rotten, forged) = (&messages[4], &messages[5]);
    let mut bad = [rotten.1.as_bytes().to_vec(), forged.1.as_bytes().to_vec()];
    *bad[0].last_mut().unwrap() ^= 1;
    // A number that would keep alive what was lost, if it were believed.
    bad[1][1..9].copy_from_slice(&(below.0 - 50).to_be_bytes());
    [rotten, forged].into_iter().zip(&bad).for_each(|((key, _), bad)| put(&world, key, bad));

    world.store.mark_behind().unwrap();
    let keys = world.store.door().keyring().warm(of).unwrap();
    while keys.next_up().unwrap() < below {
        keys.next_number().unwrap();
    }
    let done = repair::repair(&world.store, of, world.now).unwrap();
    assert_eq!((done.dropped, done.stuck), (0, 2));
    assert!(rows(&world, of)[&rotten.0].as_bytes() == bad[0]);
    let range = |first: u64, last: u64| NumberRange { first: Number(first), last: Number(last) };
    let wanted = [range(highest.0 + 1, below.0 - 51), range(below.0 - 49, below.0 - 1)];
    assert_eq!(world.store.pending(of, 9).unwrap(), wanted);

    tick(&world, of);
    assert_eq!(world.all_messages(a, c).len(), 1, "what is not next to it can be read");
    [rotten, forged].into_iter().for_each(|(key, good)| put(&world, key, good.as_bytes()));
    let there: Vec<_> = world.all_messages(a, b).into_iter().map(|message| message.id).collect();
    assert_eq!(there, sent.iter().rev().map(|sent| sent.id).collect::<Vec<_>>());
}
