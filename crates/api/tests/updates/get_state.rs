//! updates.getState.

use crate::world::{Device, World};

#[test]
fn a_new_account_stands_at_one() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let tl::updates::State::State { pts, qts, date, seq, unread_count } =
        world.ok(anna.device, &tl::updates::GetState {});
    assert_eq!((pts, qts, seq, unread_count), (1, 1, 0, 0));
    assert_eq!(i64::from(date), world.date().0);
}

#[test]
fn without_a_login_it_is_the_documented_401() {
    let mut world = World::new();
    let device = world.device();
    assert_eq!(world.err(device, &tl::updates::GetState {}), "401 AUTH_KEY_UNREGISTERED");
    let fresh = Device { layer: None, ..device };
    assert_eq!(world.err(fresh, &tl::updates::GetState {}), "400 CONNECTION_NOT_INITED");
}
