//! Access hashes (A13): one per viewer and target, checked before anything else.

use domain::{Known, Peer, WrongHash};
use ids::UserId;

use crate::world::{World, peer};

#[test]
fn a13_a_hash_is_good_for_its_viewer_only() {
    let mut world = World::new();
    let [a, b, c] = world.trio();
    let hashes = &world.hashes;
    let right = hashes.of(a.user(), b.user());
    assert_eq!(hashes.known(a, b.user(), right).map(Known::peer), Ok(peer(b)));
    for wrong in [
        0,
        right ^ 1,
        right.wrapping_neg(),
        hashes.of(b.user(), a.user()),
        hashes.of(c.user(), b.user()),
        hashes.of(a.user(), c.user()),
        hashes.of(a.user(), a.user()),
    ] {
        assert_eq!(hashes.known(a, b.user(), wrong), Err(WrongHash));
    }
    assert_eq!(hashes.known(a, a.user(), 0), Err(WrongHash), "one's own id needs its hash as well");
    assert_eq!(Known::own(a).peer(), peer(a));
}

#[test]
fn a13_a_hash_is_the_same_on_all_devices() {
    let mut world = World::new();
    let [a, b, _] = world.trio();
    let a2 = world.device("12025550001");
    assert_ne!(a.key(), a2.key());
    let hash = world.hashes.of(a.user(), b.user());
    assert!(world.hashes.known(a2, b.user(), hash).is_ok());
}

#[test]
fn a13_nobody_is_refused_as_somebody_is() {
    let mut world = World::new();
    let [a, ..] = world.trio();
    let nobody = UserId(4242);
    assert_eq!(world.hashes.known(a, nobody, 1), Err(WrongHash));
    let right = world.hashes.of(a.user(), nobody);
    assert_eq!(world.hashes.known(a, nobody, right).map(Known::peer), Ok(Peer::User(nobody)));
}
