//! auth.cancelCode.

use crate::world::{World, sign_in};

#[test]
fn a_code_that_was_cancelled_opens_nothing() {
    let mut world = World::new();
    let device = world.device();
    let (hash, code) = world.code(device, "9996600001");
    let cancel =
        tl::auth::CancelCode { phone_number: "9996600001".to_owned(), phone_code_hash: hash.clone() };
    assert!(world.ok(device, &cancel));
    assert_eq!(world.err(device, &sign_in("9996600001", &hash, &code)), "400 PHONE_CODE_EXPIRED");
    assert_eq!(world.err(device, &cancel), "400 PHONE_CODE_EXPIRED");
}

#[test]
fn nobody_cancels_the_code_of_another_key() {
    let mut world = World::new();
    let (device, other) = (world.device(), world.device());
    let (hash, code) = world.code(device, "9996600001");
    let cancel =
        tl::auth::CancelCode { phone_number: "9996600001".to_owned(), phone_code_hash: hash.clone() };
    assert_eq!(world.err(other, &cancel), "400 PHONE_CODE_EXPIRED");
    world.ok(device, &sign_in("9996600001", &hash, &code));
}
