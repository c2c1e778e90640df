//! Rows of devices between the key of the day and a key of their own.

use ids::AuthKeyId;
use sealed::testing::TODAY;
use sealed::{Header, Secret};
use store::Window;

use crate::world::{GADGETS, World, note};

const DEVICE: AuthKeyId = AuthKeyId(5);
const OTHER: AuthKeyId = AuthKeyId(6);

fn furnished() -> World {
    let world = World::new();
    for device in [DEVICE, OTHER] {
        for row in [1, 2] {
            world.store.write(|tx| tx.put(&GADGETS, device, &row, &note("row"))).result.unwrap();
        }
    }
    world
}

#[test]
fn all_rows_of_a_device_change_over_at_once() {
    let world = furnished();
    let headers = || {
        let mut own = 0;
        for header in world.headers(GADGETS.info().id) {
            own += usize::from(header == Header::Device);
            assert!(header == Header::Device || header == Header::Day(TODAY));
        }
        own
    };
    assert_eq!(headers(), 0);
    for _ in 0..2 {
        // What is written in the same transaction goes the same way.
        let ran = world.store.write(|tx| {
            tx.claim(DEVICE)?;
            tx.put(&GADGETS, DEVICE, &3, &note("binding"))
        });
        ran.result.unwrap();
        assert_eq!(headers(), 3);
        assert_eq!(world.store.read(|tx| tx.is_claimed(DEVICE)).result, Ok(true));
        assert_eq!(world.store.read(|tx| tx.is_claimed(OTHER)).result, Ok(false));
    }
    let disclaim = || {
        let ran = world.store.write(|tx| {
            tx.delete(&GADGETS, DEVICE, &3)?;
            tx.disclaim(DEVICE)
        });
        ran.result.unwrap()
    };
    assert!(disclaim(), "there is a key to be destroyed");
    assert_eq!(headers(), 0);
    assert!(!disclaim());
    let rows = world.store.read(|tx| tx.range(&GADGETS, DEVICE, .., Window::first(9)));
    assert_eq!(rows.result.unwrap().len(), 2);
}

/// A row that was made to look as if it lay under the key of the day does not keep a key from being destroyed.
#[test]
fn p16_a_changed_row_hides_no_key() {
    let world = furnished();
    world.store.write(|tx| tx.claim(DEVICE)).result.unwrap();
    let rows = world.rows();
    let (key, value) = rows.iter().find(|(_, value)| Header::of(value) == Some(Header::Device)).unwrap();
    let changed = [[4].as_slice(), &TODAY.to_be_bytes(), &value.as_bytes()[1..]].concat();
    store::testsuite::apply(&*world.engine, &[(key.as_bytes(), Some(&changed))]);
    assert_eq!(world.store.read(|tx| tx.is_claimed(DEVICE)).result, Ok(true));
    let ran = world.store.write(|tx| tx.disclaim(DEVICE));
    assert!(matches!(ran.result, Err(store::StoreError::Corrupt(_))));
}

/// Rows of a day that is over are dead, though their bytes are there: no row, and no error.
#[test]
fn rows_of_a_day_that_is_over_are_gone() {
    let world = furnished();
    world.store.write(|tx| tx.claim(DEVICE)).result.unwrap();
    let keyring = world.keyring();
    let count = |device| {
        let rows = world.store.read(|tx| {
            let rows = tx.range(&GADGETS, device, .., Window::first(9))?.len();
            let got = tx.multi_get(&GADGETS, device, &[1, 2])?.into_iter().flatten().count();
            assert_eq!(rows, got);
            Ok::<_, store::StoreError>(rows)
        });
        rows.result.unwrap()
    };
    keyring.install_day(TODAY + 1, Secret::new([1; 32])).unwrap();
    assert_eq!((count(DEVICE), count(OTHER)), (2, 2));
    keyring.install_day(TODAY + 2, Secret::new([2; 32])).unwrap();
    assert_eq!((count(DEVICE), count(OTHER)), (2, 2), "a day ends by its order only");
    keyring.close_day(TODAY);
    assert_eq!((count(DEVICE), count(OTHER)), (2, 0));
    // Who logs in with such a device has nothing left of it.
    world.store.write(|tx| tx.claim(OTHER)).result.unwrap();
    assert_eq!(world.headers(GADGETS.info().id).len(), 2);
}
