//! What the keys of devices leave in the outbox: references, for the ends that are ordered.

use domain::authorization::{self, KeyBytes, StoredKey, orders};
use domain::login::{self, SignIn};
use ids::{AuthKeyId, UnixTime};
use sealed::Header;
use store::{Order, Scan, outbox};

use crate::world::{World, number};

const DAY_S: i64 = 86_400;

/// What is due by then: kind and key.
fn due(world: &World, at: UnixTime) -> Vec<(u16, AuthKeyId)> {
    let rows = world.look(|tx| outbox::due(tx, at, 99));
    rows.into_iter().map(|(_, row)| (row.kind, AuthKeyId(row.reference))).collect()
}

fn stranger(world: &mut World) -> AuthKeyId {
    let key = world.new_key();
    let stored = StoredKey { bytes: KeyBytes::new(&[7; 256]), created: world.now };
    world.act(|tx| authorization::store_key(tx, key, &stored));
    key
}

/// How many rows of devices lie under keys of their own, and how many under that of the day.
fn devices(world: &World) -> (usize, usize) {
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    let rows = world.store.engine().view().unwrap().range(&all).unwrap();
    let headers = || rows.iter().filter_map(|(_, value)| Header::of(value));
    let own = headers().filter(|header| *header == Header::Device).count();
    (own, headers().filter(|header| matches!(header, Header::Day(_))).count())
}

fn sign_in(world: &mut World, key: AuthKeyId, phone: &str) {
    let proof = world.verified(key, number(phone));
    let now = world.now;
    let done = world.act(|tx| login::sign_in(tx, &proof, now));
    assert!(matches!(done, SignIn::Authorized(_)));
}

#[test]
fn a_key_with_which_nobody_logs_in_goes_after_a_day() {
    let mut world = World::new();
    world.trio();
    let (idle, used) = (stranger(&mut world), stranger(&mut world));
    sign_in(&mut world, used, "12025550001");
    let now = world.now;
    assert!(due(&world, UnixTime(now.0 + DAY_S - 1)).is_empty());
    let then = UnixTime(now.0 + DAY_S);
    assert_eq!(due(&world, then), [(orders::EXPIRE_KEY, idle), (orders::EXPIRE_KEY, used)]);
    assert!(world.act(|tx| authorization::expire(tx, idle, then)));
    assert!(!world.act(|tx| authorization::expire(tx, used, then)), "somebody is logged in");
    assert!(world.look(|tx| authorization::key(tx, idle)).is_none());
    assert!(world.look(|tx| authorization::key(tx, used)).is_some());
    assert_eq!(due(&world, then).len(), 2, "it had no key of its own");
}

#[test]
fn a_log_out_orders_the_end_of_the_devices_key() {
    let mut world = World::new();
    world.trio();
    let (own, _) = devices(&world);
    let key = stranger(&mut world);
    assert_eq!(devices(&world), (own, 1));
    sign_in(&mut world, key, "12025550001");
    assert_eq!(devices(&world), (own + 2, 0), "the key and the binding");
    let now = world.now;
    world.act(|tx| authorization::log_out(tx, key, now));
    assert_eq!(devices(&world), (own, 1));
    assert_eq!(due(&world, now), [(orders::DESTROY_DEVICE_KEY, key)]);
    assert_eq!(due(&world, UnixTime(now.0 + DAY_S)).len(), 3, "and it is a stranger's key again");
    // A key for tests comes back when it is looked for, unless the keyring is cold.
    if crate::COLD {
        assert!(world.look(|tx| authorization::is_unused(tx, key)));
    }
    // Who logs in before the order is carried out gets a key that must not be destroyed.
    sign_in(&mut world, key, "12025550002");
    assert!(!world.look(|tx| authorization::is_unused(tx, key)));
}

#[test]
fn a_key_that_is_destroyed_takes_its_devices_key_along() {
    let mut world = World::new();
    let by = world.user("12025550001", "Ann");
    let (key, now) = (stranger(&mut world), world.now);
    world.act(|tx| authorization::destroy_key(tx, key, now));
    assert!(due(&world, now).is_empty());
    world.act(|tx| authorization::destroy_key(tx, by.key(), now));
    assert_eq!(due(&world, now), [(orders::DESTROY_DEVICE_KEY, by.key())]);
    assert_eq!(devices(&world), (0, 0));
}
