//! What a shred tick and the move of survivors do with a store.

use std::collections::BTreeSet;

use crypto::testing::Seeded;
use ids::{BoxId, MsgId};
use sealed::{AtRest, BoxKeys, Change, NumberRange, OwnerTag, PageId, RowKey, Secret};
use store::{Corrupt, Fault, Mark, StoreError};

use crate::world::{COUNTS, DRAFTS, NOTES, ONE, OWN, World, note};

/// One tick of the box.
fn tick(world: &World, seed: u8) -> Change {
    tick_of(world, OWN, seed)
}

/// One tick of a box as custody does it, but for the vaults.
fn tick_of(world: &World, of: BoxId, seed: u8) -> Change {
    let keys = world.keyring().warm(of).unwrap();
    let state = keys.state().unwrap();
    let cut = world.store.pending(of, usize::MAX).unwrap();
    let page = |id: PageId| (id, world.store.page(of, id).unwrap().unwrap());
    let pages: Vec<_> = state.touched(&cut).into_iter().map(page).collect();
    let x = Secret::new([seed; 32]);
    let change = state.cut(&cut, &pages, x, &mut Seeded::new(seed.into())).unwrap();
    world.store.write_state(of, change.epoch, &change.sheet, &change.pages).unwrap();
    keys.advance(&change).unwrap();
    world.store.settle(of, &cut, change.epoch, &change.next().pages()).unwrap();
    assert_eq!(world.store.clean(of), Ok(true));
    change
}

fn texts(world: &World, ids: std::ops::Range<i32>) -> Vec<Option<String>> {
    let ids: Vec<_> = ids.map(MsgId).collect();
    let rows = world.store.read(|tx| tx.multi_get(&NOTES, OWN, &ids)).result.unwrap();
    rows.into_iter().map(|row| row.map(|row| row.text)).collect()
}

fn keys(world: &World) -> BoxKeys {
    world.keyring().warm(OWN).unwrap()
}

/// P33: what was deleted does not open after a tick, wherever it comes back from; the rest does.
#[test]
fn p33_what_was_deleted_is_dead_after_a_tick() {
    let world = World::new();
    for id in 0..40 {
        world.act(|tx| tx.insert(&NOTES, OWN, &MsgId(id), &note(&id.to_string())));
    }
    let mut old: Vec<(RowKey, AtRest)> = Vec::new();
    for (round, gone) in [(1, [3, 20]), (2, [4, 39]), (3, [0, 21])] {
        let before = world.rows();
        world.act(|tx| gone.iter().try_for_each(|id| tx.delete(&NOTES, OWN, &MsgId(*id))));
        world.act(|tx| tx.put(&NOTES, OWN, &MsgId(30), &note(&format!("edited {round}"))));
        let there = world.rows();
        old.extend(before.into_iter().filter(|row| !there.contains(row)));
        let change = tick(&world, round);
        assert!(world.store.pending(OWN, 9).unwrap().is_empty());
        assert!(world.store.dirty(9).unwrap().is_empty());
        assert_eq!(change.epoch, u32::from(round));
        assert!(world.store.sheet(OWN, change.epoch).unwrap() == Some(change.sheet.clone()));
        assert!(world.store.sheet(OWN, change.epoch - 1).unwrap().is_none(), "the sheet before is gone");
    }
    let texts = texts(&world, 0..40);
    for (id, text) in texts.iter().enumerate() {
        match id {
            0 | 3 | 4 | 20 | 21 | 39 => assert!(text.is_none()),
            30 => assert_eq!(text.as_deref(), Some("edited 3")),
            _ => assert_eq!(text.as_deref(), Some(id.to_string().as_str())),
        }
    }
    // From an image of the disk of earlier.
    assert_eq!(old.iter().filter(|(key, _)| key.table() == Some(NOTES.info().id)).count(), 9);
    for (key, value) in old.iter().filter(|(key, _)| key.table() == Some(NOTES.info().id)) {
        store::testsuite::apply(&*world.engine, &[(key.as_bytes(), Some(value.as_bytes()))]);
        let id = MsgId(i32::from_be_bytes(key.suffix().try_into().unwrap()) ^ i32::MIN);
        let read = world.store.read(|tx| tx.get(&NOTES, OWN, &id).map(drop));
        let dead = Corrupt { table: "NOTES", fault: Fault::Dead };
        assert_eq!(read.result, Err(StoreError::Corrupt(dead)));
    }
}

/// A box that comes back to memory opens the pages of its state from their rows.
#[test]
fn pages_are_read_when_they_are_needed() {
    let world = World::new();
    for id in 0..40 {
        world.act(|tx| tx.insert(&NOTES, OWN, &MsgId(id), &note(&id.to_string())));
    }
    world.act(|tx| (0..40).step_by(2).try_for_each(|id| tx.delete(&NOTES, OWN, &MsgId(id))));
    let change = tick(&world, 9);
    assert!(!change.pages.is_empty());
    world.keyring().evict(0);
    world.keyring().evict(20 * 60_000);
    // The keyring for tests brings boxes at epoch 0; this is what a vault would bring.
    let c = world.keyring().supplied_box(OWN).unwrap().c;
    let x = Secret::new([9; 32]);
    let sheet = world.store.sheet(OWN, 1).unwrap();
    world.keyring().install_box(OWN, sealed::BoxSecrets { c, x, epoch: 1, sheet }).unwrap();
    assert_eq!(texts(&world, 0..40).into_iter().flatten().count(), 20);
    world.act(|tx| tx.insert(&NOTES, OWN, &MsgId(99), &note("new")));
    assert_eq!(texts(&world, 99..100), [Some("new".to_owned())]);

    // Without its page a row is a need, not a missing one.
    world.keyring().evict(0);
    world.keyring().evict(60 * 60_000);
    let c = world.keyring().supplied_box(OWN).unwrap().c;
    let sheet = world.store.sheet(OWN, 1).unwrap();
    let keys = sealed::BoxSecrets { c, x: Secret::new([9; 32]), epoch: 1, sheet };
    world.keyring().install_box(OWN, keys).unwrap();
    world.store.settle(OWN, &[], 1, &[]).unwrap();
    let read = world.store.read(|tx| tx.get(&NOTES, OWN, &MsgId(1)).map(drop));
    assert_eq!((read.result, read.needs), (Err(StoreError::NeedKeys), vec![sealed::Need::Box(OWN)]));
}

#[test]
fn punctures_of_a_transaction_are_joined_and_settled_by_what_was_cut() {
    let world = World::new();
    world.act(|tx| (0..50).try_for_each(|id| tx.insert(&NOTES, OWN, &MsgId(id), &note("text"))));
    world.act(|tx| (10..20).try_for_each(|id| tx.delete(&NOTES, OWN, &MsgId(id))));
    world.act(|tx| (30..40).rev().try_for_each(|id| tx.delete(&NOTES, OWN, &MsgId(id))));
    let pending = world.store.pending(OWN, 9).unwrap();
    let [first, second] = pending[..] else { panic!("two ranges") };
    assert_eq!((first.last.0 - first.first.0, second.last.0 - second.first.0), (9, 9));
    assert_eq!(world.store.pending(OWN, 1).unwrap(), [first]);
    // Half of a range is not all of it.
    let half = NumberRange { first: second.first, last: sealed::Number(second.last.0 - 1) };
    world.store.settle(OWN, &[first, half], 0, &[]).unwrap();
    assert_eq!(world.store.pending(OWN, 9).unwrap(), [second]);
    assert_eq!(world.store.clean(OWN), Ok(false), "there is more to do");
    assert_eq!(world.store.dirty(9).unwrap(), [OWN]);
    world.store.settle(OWN, &[NumberRange { first: first.first, last: second.last }], 0, &[]).unwrap();
    assert_eq!((world.store.clean(OWN), world.store.dirty(9).unwrap().len()), (Ok(true), 0));
}

/// Survivors open as before, lie under fresh numbers, and have the marks they had.
#[test]
fn survivors_move_to_fresh_numbers() {
    let world = World::new();
    world.act(|tx| (0..30).try_for_each(|id| tx.insert(&NOTES, OWN, &MsgId(id), &note("text"))));
    world.act(|tx| tx.put(&COUNTS, OWN, &MsgId(1), &note("count")));
    world.act(|tx| tx.put(&COUNTS, OWN, &MsgId(1), &note("count")));
    let marks = || {
        let all = world.store.read(|tx| tx.range_marked(&NOTES, OWN, .., store::Window::first(99)));
        all.result.unwrap().into_iter().fold(Mark::ZERO, |sum, (_, row, mark)| {
            assert!(row.text == "text");
            sum + mark
        })
    };
    let (before, below) = (marks(), keys(&world).next_up().unwrap());
    let (mut from, mut steps, mut moved) = (None, 0, 0);
    loop {
        let step = world.store.move_survivors(OWN, below, from, 7).unwrap();
        (steps, moved) = (steps + 1, moved + step.rows);
        assert!(
            step.next.is_none() || world.store.pending(OWN, 9).unwrap().is_empty(),
            "some still live below"
        );
        from = step.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((steps, moved), (5, 31));
    assert!(world.live(OWN).keys().all(|number| *number >= below));
    assert!(marks() == before);
    assert_eq!(world.store.pending(OWN, 9).unwrap(), [NumberRange::below(below).unwrap()]);
    tick(&world, 4);
    assert!(marks() == before);
    assert!(texts(&world, 0..30).iter().all(Option::is_some));
}

/// Marks tell versions and rows apart, and their sum knows no order.
#[test]
fn marks_are_of_one_version_of_one_row() {
    let world = World::new();
    let mark = |id| world.store.read(|tx| tx.mark(&NOTES, OWN, &MsgId(id))).result.unwrap();
    assert!(mark(1) == Mark::ZERO);
    world.act(|tx| {
        tx.insert(&NOTES, OWN, &MsgId(1), &note("same"))?;
        tx.insert(&NOTES, OWN, &MsgId(2), &note("same"))
    });
    let (one, two) = (mark(1), mark(2));
    assert!(one != two && one + two - one == two);
    world.act(|tx| {
        tx.put(&NOTES, OWN, &MsgId(1), &note("same"))?;
        assert!(tx.mark(&NOTES, OWN, &MsgId(1))? != one, "also before the commit");
        Ok(())
    });
    assert!(mark(1) != one && mark(2) == two);
}

/// P33: what does not last is as gone after a tick of its tree as anything else, wherever it comes back from. It is no row
/// then, rather than a corrupt one, and a new version takes its place.
#[test]
fn p33_what_does_not_last_is_dead_after_a_tick_of_its_tree() {
    let world = World::new();
    let put = |id: i32, text: &str| world.act(|tx| tx.put(&DRAFTS, OWN, &MsgId(id), &note(text)));
    let text = |id: i32| {
        let read = world.store.read(|tx| tx.get(&DRAFTS, OWN, &MsgId(id)));
        read.result.unwrap().map(|row| row.text)
    };
    for id in 0..3 {
        put(id, "first");
    }
    let old: Vec<_> = world.rows();
    let old: Vec<_> = old.into_iter().filter(|(key, _)| key.table() == Some(DRAFTS.info().id)).collect();
    put(0, "second");
    world.act(|tx| tx.delete(&DRAFTS, OWN, &MsgId(1)));
    let put_back = || {
        let rows: Vec<_> = old.iter().map(|(key, value)| (key.as_bytes(), Some(value.as_bytes()))).collect();
        store::testsuite::apply(&*world.engine, &rows);
    };
    put_back();
    assert_eq!([text(0), text(1)].map(|text| text.as_deref() == Some("first")), [true, true], "it has power");
    tick_of(&world, OwnerTag::SHORT_LIVED, 7);
    assert_eq!([text(0), text(1), text(2)], [None, None, Some("first".to_owned())]);
    let all = world.store.read(|tx| tx.range(&DRAFTS, OWN, .., store::Window::first(9))).result.unwrap();
    assert_eq!(all.len(), 1);
    put(0, "third");
    world.act(|tx| tx.delete(&DRAFTS, OWN, &MsgId(1)));
    assert_eq!([text(0), text(1)], [Some("third".to_owned()), None]);
    tick_of(&world, OwnerTag::SHORT_LIVED, 8);
    assert_eq!([text(0), text(2)], [Some("third".to_owned()), Some("first".to_owned())]);
}

/// The short-lived tree has its rows in other boxes: they would not be found, and all die.
#[test]
fn survivors_of_the_short_lived_tree_are_not_moved() {
    let world = World::new();
    world.act(|tx| tx.insert(&DRAFTS, OWN, &MsgId(1), &note("draft")));
    let short = OwnerTag::SHORT_LIVED;
    let below = world.keyring().warm(short).unwrap().next_up().unwrap();
    assert_eq!(world.store.move_survivors(short, below, None, 9).err(), Some(StoreError::NotOwn));
    assert!(world.store.pending(short, 9).unwrap().is_empty());
    assert!(world.store.read(|tx| tx.get(&DRAFTS, OWN, &MsgId(1))).result.unwrap().is_some());
}

/// Whoever goes over the list in steps meets every box once, and a row that says nothing hides none of the others.
#[test]
fn the_list_of_dirty_boxes_is_gone_over_in_steps_past_rows_that_are_corrupt() {
    let world = World::new();
    let boxes: BTreeSet<BoxId> = (1..=20).map(BoxId).collect();
    for &of in &boxes {
        world
            .store
            .write(|tx| tx.enter(&[of]).and_then(|()| tx.insert(&NOTES, of, &ONE, &note("text"))))
            .result
            .unwrap();
        world.store.write(|tx| tx.enter(&[of]).and_then(|()| tx.delete(&NOTES, of, &ONE))).result.unwrap();
    }
    let system = world.keyring().names().unwrap().owner(OwnerTag::System);
    let bad = system.row(sealed::table::DIRTY, &system.mask(7));
    let mut value = world.rows().into_iter().find(|(key, _)| *key == bad).unwrap().1.as_bytes().to_vec();
    *value.last_mut().unwrap() ^= 1;
    store::testsuite::apply(&*world.engine, &[(bad.as_bytes(), Some(&value))]);

    assert!(matches!(world.store.dirty(99), Err(StoreError::Corrupt(_))));
    let (mut from, mut met, mut corrupt, mut steps) = (None, Vec::new(), 0, 0);
    loop {
        let step = world.store.dirty_from(from, 3).unwrap();
        assert!(step.boxes.len() + step.corrupt <= 3);
        (corrupt, steps) = (corrupt + step.corrupt, steps + 1);
        met.extend(step.boxes);
        from = step.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!((met.len(), corrupt, steps), (19, 1, 7));
    assert!(met.into_iter().collect::<BTreeSet<_>>() == &boxes - &BTreeSet::from([BoxId(7)]));
}
