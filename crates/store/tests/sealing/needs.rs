//! Keys that are not in memory: named all at once, before the first write; what they lock is never missing.

use ids::{AuthKeyId, BoxId};
use sealed::Need;
use store::{Directory, Masked, StoreError, blank};

use crate::world::{GADGETS, NOTES, ONE, OWN, SHELVES, World, note};

const OTHER: BoxId = BoxId(77);
const DEVICE: AuthKeyId = AuthKeyId(5);

#[test]
fn all_that_is_missing_is_named_at_once() {
    let world = World::cold();
    let mut wrote = false;
    let ran = world.store.write(|tx| {
        tx.enter(&[OWN, OTHER, OWN])?;
        wrote = true;
        tx.put(&NOTES, OWN, &ONE, &note("one"))
    });
    assert_eq!(ran.result, Err(StoreError::NeedKeys));
    assert_eq!(ran.needs, [Need::Box(OWN), Need::Box(OTHER)]);
    assert!(!wrote && world.rows().is_empty());
    world.keyring().satisfy(&ran.needs);
    world.act(|tx| tx.put(&NOTES, OWN, &ONE, &note("one")));
}

/// A row that cannot be opened now is not told from one that is not there: both are a need.
#[test]
fn a_row_under_keys_that_are_away_is_not_missing() {
    let world = World::cold();
    world.keyring().satisfy(&[Need::Box(OWN)]);
    world.act(|tx| tx.put(&NOTES, OWN, &ONE, &note("one")));
    // Unused for longer than keys stay.
    world.keyring().evict(0);
    world.keyring().evict(20 * 60_000);
    let get = || world.store.read(|tx| tx.get(&NOTES, OWN, &ONE).map(|row| row.is_some()));
    let range = world.store.read(|tx| tx.last(&NOTES, OWN).map(|row| row.is_some()));
    for ran in [get(), range] {
        assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));
    }
    world.keyring().satisfy(&[Need::Box(OWN)]);
    assert_eq!(get().result, Ok(true));
}

#[test]
fn a_function_that_makes_light_of_a_need_has_not_succeeded() {
    let world = World::cold();
    let ran = world.store.write(|tx| {
        let there = tx.get(&NOTES, OWN, &ONE).unwrap_or(None).is_some();
        tx.put(&SHELVES, Directory, &Masked(1), &note("made up"))?;
        Ok::<_, StoreError>(there)
    });
    assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Box(OWN)]));
    assert!(world.rows().is_empty());
    let ran = world.store.read(|tx| Ok::<_, StoreError>(tx.get(&NOTES, OWN, &ONE).is_ok()));
    assert_eq!(ran.result, Err(StoreError::NeedKeys));
}

#[test]
fn the_directory_is_always_there() {
    let world = World::cold();
    let ran = world.store.write(|tx| tx.put(&SHELVES, Directory, &Masked(1), &note("one")));
    assert_eq!(ran.result, Ok(()));
}

#[test]
fn the_key_of_a_device_is_minted_once_and_then_brought() {
    let world = World::cold();
    let put = |text| world.store.write(|tx| tx.put(&GADGETS, DEVICE, &1, &note(text)));
    assert_eq!(put("nobody's").result, Ok(()), "the key of the day is there");
    let claim = || world.store.write(|tx| tx.claim(DEVICE));
    let ran = claim();
    assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::MintDevice(DEVICE)]));
    world.keyring().satisfy(&[Need::MintDevice(DEVICE)]);
    assert_eq!(claim().result, Ok(()));
    world.keyring().close_device(DEVICE);
    for ran in [claim(), put("somebody's"), world.store.read(|tx| tx.get(&GADGETS, DEVICE, &1).map(drop))] {
        assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Device(DEVICE)]));
    }
}

#[test]
fn a_blank_box_is_used_up_by_a_commit_only() {
    let world = World::cold();
    let take = |fail: bool| {
        world.store.write(|tx| {
            let of = tx.take_blank()?;
            tx.insert(&NOTES, of, &ONE, &note("born"))?;
            if fail { Err(StoreError::Exhausted) } else { Ok(of) }
        })
    };
    let ran = take(false);
    assert_eq!((ran.result, ran.needs), (Err(StoreError::NeedKeys), vec![Need::Blank]));
    world.keyring().satisfy(&[Need::Blank]);
    assert_eq!(take(true).result, Err(StoreError::Exhausted));
    assert_eq!(world.keyring().blanks(), 1, "it went back");
    let of = take(false).result.unwrap();
    assert_eq!((world.keyring().blanks(), take(false).needs), (0, vec![Need::Blank]));

    // A box that is noted as blank is not any more once it is taken.
    world.keyring().satisfy(&[Need::Blank]);
    let next = world.keyring().blank().unwrap().id();
    let ran = world.store.write(|tx| [next, of].into_iter().try_for_each(|of| blank::add(tx, of)));
    assert_eq!(ran.result, Ok(()));
    assert_eq!(take(false).result, Ok(next));
    assert_eq!(world.store.read(|tx| blank::all(tx, 9)).result, Ok(vec![of]));
}
