//! What a box holds as it was opened is never more than what its keys open here and now.

use crypto::testing::Seeded;
use sealed::{AtRest, LeafError, NumberRange, OpenError, Plaintext, RowKey, Version};

use crate::world::{ALICE, Ticked};

const TABLE: u16 = 7;

/// A record of Alice's box that was opened to be held.
fn held(world: &mut Ticked, suffix: &[u8]) -> (RowKey, Version, AtRest) {
    let row = world.keys.names().row(TABLE, suffix);
    let version = Version::first(world.keys.next_number().unwrap());
    let at_rest = world.keys.seal(&row, version, b"what is held", &mut world.rng).unwrap();
    assert_eq!(plain(world.keys.open_and_hold(&row, &at_rest)).as_deref(), Ok(&b"what is held"[..]));
    (row, version, at_rest)
}

fn plain(opened: Result<Plaintext, OpenError>) -> Result<Vec<u8>, OpenError> {
    opened.map(|plain| plain.expose().to_vec())
}

/// P16: a value that was changed, or moved to another row, is forged though the right one is held.
#[test]
fn p16_other_bytes_or_another_row_are_not_what_is_held() {
    let mut world = Ticked::new(1);
    let (row, _, at_rest) = held(&mut world, b"one");
    let bytes = at_rest.as_bytes();
    for at in 12..bytes.len() {
        let mut other = bytes.to_vec();
        other[at] ^= 1;
        let opened = plain(world.keys.open(&row, &AtRest::read_back(other)));
        assert_eq!(opened, Err(OpenError::Forged), "byte {at}");
    }
    let other = world.keys.names().row(TABLE, b"two");
    assert_eq!(plain(world.keys.open_and_hold(&other, &at_rest)), Err(OpenError::Forged));
    assert!(world.keys.open(&row, &at_rest).is_ok());
}

/// What is written anew is what is read, and what lay there before still opens to what it was.
#[test]
fn a_newer_version_takes_the_place_of_the_older_one() {
    let mut world = Ticked::new(2);
    let (row, version, at_rest) = held(&mut world, b"one");
    let next = version.again().unwrap();
    let newer = world.keys.seal(&row, next, b"newer", &mut Seeded::new(9)).unwrap();
    assert_eq!(plain(world.keys.open(&row, &newer)).as_deref(), Ok(&b"newer"[..]));
    assert_eq!(plain(world.keys.open(&row, &at_rest)).as_deref(), Ok(&b"what is held"[..]));
}

/// The key that a row is written anew with is the one that its number and its name give, whatever was asked for before.
#[test]
fn a_row_is_written_anew_under_its_own_key() {
    let mut world = Ticked::new(5);
    let [(one, first, _), (two, second, _)] = [b"one", b"two"].map(|suffix| held(&mut world, suffix));
    let order = [(&one, first), (&one, first), (&one, second), (&two, first), (&two, second), (&one, first)];
    for (at, (row, version)) in order.into_iter().enumerate() {
        let keys = &world.keys;
        let [again, own] = [keys.record_key_again(version.number, row), keys.record_key(version.number, row)]
            .map(|key| keys.seal_under(&key.unwrap(), 1, row, b"anew", &mut Seeded::new(9)));
        assert_eq!(again, own, "{at}");
    }
}

/// P33: a key that a row was written anew with goes with its number.
#[test]
fn p33_nothing_is_written_anew_under_a_number_that_is_cut_out() {
    let mut world = Ticked::new(6);
    let (row, version, _) = held(&mut world, b"one");
    assert!(world.keys.record_key_again(version.number, &row).is_ok());
    assert!(world.keys.record_key_again(version.number, &row).is_ok());
    world.tick(&[NumberRange::one(version.number)]);
    // Its pages are at hand then.
    assert!(!world.is_alive(version.number));
    let again = world.keys.record_key_again(version.number, &row).map(|_| ());
    assert_eq!(again, Err(LeafError::Dead));
}

/// P33: once its number is cut out it opens no more, though it was held, and sealed under a key that was in memory.
#[test]
fn p33_what_is_cut_out_is_held_no_more() {
    let mut world = Ticked::new(3);
    let (other, _, stays) = held(&mut world, b"two");
    let (row, version, at_rest) = held(&mut world, b"one");
    world.tick(&[NumberRange::one(version.number)]);
    assert!(!world.is_alive(version.number));
    assert_eq!(plain(world.keys.open(&row, &at_rest)), Err(LeafError::Dead.into()));
    assert_eq!(plain(world.keys.open_and_hold(&row, &at_rest)), Err(LeafError::Dead.into()));
    assert!(world.keys.open(&other, &stays).is_ok());
}

/// P13: a box that nobody used for a minute holds nothing that was opened.
#[test]
fn p13_a_box_that_rests_holds_nothing() {
    let mut world = Ticked::new(4);
    let (_, gone, _) = held(&mut world, b"one");
    world.tick(&[NumberRange::one(gone.number)]);
    let pages = world.state().touched(&[NumberRange::one(gone.number)]);
    for (page, at_rest) in world.read(&pages) {
        world.keys.open_page(page, &at_rest).unwrap();
    }
    let (row, version, at_rest) = held(&mut world, b"two");
    let Ticked { ring, keys, .. } = world;
    assert!(keys.record_key_again(version.number, &row).is_ok());
    drop(keys);
    // Used since the last time; then not.
    ring.evict(1);
    ring.evict(2);
    let keys = ring.warm(ALICE).unwrap();
    let opened = plain(keys.open(&row, &at_rest));
    assert!(matches!(opened, Err(OpenError::Leaf(LeafError::PageMissing(_)))), "it is still held");
    let again = keys.record_key_again(version.number, &row);
    assert!(matches!(again, Err(LeafError::PageMissing(_))), "its key is still held");
}

/// What stands for a number is the same whether it was asked for just now, long ago or never, and after the keys are gone.
#[test]
fn a_number_that_is_remembered_is_masked_as_any_other() {
    let world = Ticked::new(6);
    let keys = &world.keys;
    for number in [1, 1, 2, 1, 3, 3, 2, 1, u64::MAX, 0] {
        assert_eq!(keys.mask(number), keys.names().mask(number), "{number}");
    }
    world.ring.close_box(ALICE);
    assert_eq!(keys.mask(1), keys.names().mask(1));
}
