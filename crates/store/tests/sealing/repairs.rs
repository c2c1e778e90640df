//! A store that was found behind: nobody reads a box before it is repaired.

use crypto::testing::Seeded;
use ids::{AuthKeyId, MsgId};
use sealed::{Need, Secret};
use store::{Batch, Engine as _, Store, StoreError};

use crate::world::{DRAFTS, GADGETS, NOTES, ONE, OWN, World, note};

#[test]
fn a_box_is_not_read_before_its_repair() {
    let world = World::new();
    world.act(|tx| tx.insert(&NOTES, OWN, &ONE, &note("text")));
    assert_eq!(world.store.load_repairs(), Ok(0));
    for generation in 1..3 {
        world.store.mark_behind().unwrap();
        let read = || world.store.read(|tx| tx.get(&NOTES, OWN, &ONE).map(|row| row.is_some()));
        let ran = read();
        assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));
        let ran = world.store.write(|tx| tx.enter(&[OWN]));
        assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));

        let repair = |done: bool| {
            let ran = world.store.write(|tx| {
                tx.enter_for_repair(OWN)?;
                let needed = tx.needs_repair(OWN)?;
                if done {
                    tx.repaired(OWN)?;
                }
                Ok::<_, StoreError>(needed)
            });
            ran.result.unwrap()
        };
        assert!(repair(false) && repair(true) && !repair(false));
        assert_eq!(read().result, Ok(true));
        // A process that starts later knows it too, and finds the box repaired.
        let later = Store::new(std::sync::Arc::clone(&world.engine) as _, store::testing::door());
        assert_eq!(later.load_repairs(), Ok(generation));
        assert!(later.read(|tx| tx.get(&NOTES, OWN, &ONE)).result.unwrap().is_some());
    }
    // A box that was born since needs none.
    let born = world.store.write(|tx| {
        let of = tx.take_blank()?;
        tx.insert(&NOTES, of, &MsgId(1), &note("born"))?;
        Ok::<_, StoreError>(of)
    });
    let of = born.result.unwrap();
    assert!(world.store.read(|tx| tx.get(&NOTES, of, &MsgId(1))).result.unwrap().is_some());
}

/// A tick that was under way when the store was put back may end after a box was repaired: what it cuts out is a row again.
#[test]
fn p34_a_row_that_dies_after_the_repair_is_swept_by_another_one() {
    let world = World::new();
    for id in 0..3 {
        world.act(|tx| tx.insert(&NOTES, OWN, &MsgId(id), &note("text")));
    }
    let rows = world.rows();
    world.act(|tx| tx.delete(&NOTES, OWN, &ONE));
    let keys = world.keyring().warm(OWN).unwrap();
    let cut = world.store.pending(OWN, 9).unwrap();
    let x = Secret::new([3; 32]);
    let change = keys.state().unwrap().cut(&cut, &[], x, &mut Seeded::new(3)).unwrap();

    // The folder comes back as it was before the deletion.
    let mut batch: Batch = world.rows().into_iter().map(|(key, _)| (key, None)).collect();
    batch.extend(rows.into_iter().map(|(key, at_rest)| (key, Some(at_rest))));
    world.engine.session().unwrap().apply(batch).unwrap();
    world.store.mark_behind().unwrap();
    let repair = || {
        let ran = world.store.write(|tx| {
            tx.enter_for_repair(OWN)?;
            let needed = tx.needs_repair(OWN)?;
            let swept = tx.sweep(OWN, None, None, 99)?;
            tx.repaired(OWN)?;
            Ok::<_, StoreError>((needed, swept.rows))
        });
        ran.result.unwrap()
    };
    let read = || world.store.read(|tx| tx.get(&NOTES, OWN, &ONE).map(|row| row.is_some()));
    assert_eq!(repair(), (true, 0));
    assert_eq!(read().result, Ok(true));
    assert_eq!(world.store.dirty(9), Ok(vec![OWN]), "vaults that lag are looked after");

    world.store.write_state(OWN, change.epoch, &change.sheet, &change.pages).unwrap();
    keys.advance(&change).unwrap();
    let ran = read();
    assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));
    assert_eq!(repair(), (true, 1));
    assert_eq!(read().result, Ok(false));
    assert!(!repair().0);
}

/// P33, P34: rows under numbers of the short-lived tree lie in boxes that nobody walks when that tree is repaired, so all of
/// them go, those of the lost time with them; a box that is repaired later drops what is dead.
#[test]
fn p33_what_does_not_last_does_not_come_back_with_a_restore() {
    let world = World::new();
    let short = sealed::OwnerTag::SHORT_LIVED;
    world.act(|tx| tx.insert(&DRAFTS, OWN, &ONE, &note("draft")));
    let lost = world.keyring().warm(short).unwrap().next_number().unwrap();
    world.store.mark_behind().unwrap();
    let repair = |of| {
        let ran = world.store.write(|tx| {
            tx.enter_for_repair(of)?;
            let below = tx.frontier(of)?;
            let swept = tx.sweep(of, None, None, 99)?;
            tx.cut_between(of, swept.highest, below, Vec::new());
            tx.repaired(of)?;
            Ok::<_, StoreError>(swept.rows)
        });
        ran.result.unwrap()
    };
    assert_eq!(repair(short), 0);
    let keys = world.keyring().warm(short).unwrap();
    let cut = world.store.pending(short, 9).unwrap();
    let change = keys.state().unwrap().cut(&cut, &[], Secret::new([3; 32]), &mut Seeded::new(3)).unwrap();
    keys.advance(&change).unwrap();
    world.store.write_state(short, change.epoch, &change.sheet, &change.pages).unwrap();
    assert!(keys.reach(lost).is_err(), "what the lost time wrote");
    assert_eq!(repair(OWN), 1);
    assert!(world.store.read(|tx| tx.get(&DRAFTS, OWN, &ONE)).result.unwrap().is_none());
    world.act(|tx| tx.put(&DRAFTS, OWN, &ONE, &note("new")));
    assert!(world.store.read(|tx| tx.get(&DRAFTS, OWN, &ONE)).result.unwrap().is_some());
}

/// A row of a device under the key of a login that has ended since is gone, and no reason to refuse the device for ever;
/// in a store that was never behind it was changed by somebody.
#[test]
fn p34_rows_of_an_ended_login_are_gone_in_a_store_that_was_behind() {
    let device = AuthKeyId(9);
    let world = World::new();
    world
        .store
        .write(|tx| tx.claim(device).and_then(|()| tx.put(&GADGETS, device, &1, &note("row"))))
        .result
        .unwrap();
    world.keyring().close_device(device);
    world.keyring().install_device(device, Secret::new([9; 32])).unwrap();
    let read = || world.store.read(|tx| tx.get(&GADGETS, device, &1).map(|row| row.is_some())).result;
    assert!(matches!(read(), Err(StoreError::Corrupt(_))));
    world.store.mark_behind().unwrap();
    assert_eq!(read(), Ok(false));
}

/// Rows go that a state has not, without the keys that open the box; and a box that was repaired before is repaired again,
/// since its counts were made with them.
#[test]
fn p33_to_prune_a_box_takes_no_key_that_opens_and_asks_for_another_repair() {
    let world = World::new();
    for id in 0..3 {
        world.act(|tx| tx.insert(&NOTES, OWN, &MsgId(id), &note("text")));
    }
    let keys = world.keyring().warm(OWN).unwrap();
    let dead = world.live(OWN).into_keys().nth(1).unwrap();
    let cut = [sealed::NumberRange::one(dead)];
    let change = keys.state().unwrap().cut(&cut, &[], Secret::new([3; 32]), &mut Seeded::new(3)).unwrap();
    world.store.note_start(5).unwrap();
    world.store.mark_behind().unwrap();
    let repair = || {
        let ran = world.store.write(|tx| {
            tx.enter_for_repair(OWN)?;
            let needed = tx.needs_repair(OWN)?;
            tx.repaired(OWN)?;
            Ok::<_, StoreError>(needed)
        });
        ran.result.unwrap()
    };
    assert!(repair() && !repair());
    let prune = || world.store.prune(OWN, change.next(), &store::Pruned::default(), 99);
    // The page is not there yet: then the state is not the one that the store has.
    assert_eq!(prune(), Err(StoreError::NeedKeys));
    world.store.write_state(OWN, change.epoch, &change.sheet, &change.pages).unwrap();
    let pruned = prune().unwrap();
    assert_eq!((pruned.dropped, pruned.next), (1, None));
    assert!(!world.live(OWN).contains_key(&dead) && world.live(OWN).len() == 2);
    let ranges = world.store.pending(OWN, 9).unwrap();
    assert!(ranges.last().is_some_and(|range| Some(range.first) > pruned.highest), "{ranges:?}");
    keys.advance(&change).unwrap();
    assert!(repair() && !repair(), "counts were made with it");
}
