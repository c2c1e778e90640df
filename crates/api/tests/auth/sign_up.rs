//! auth.signUp.

use crate::world::{World, sign_in, sign_up, user};

#[test]
fn a_new_number_becomes_an_account_with_a_random_id() {
    let mut world = World::new();
    let device = world.device();
    let (hash, code) = world.code(device, "9996600001");
    world.ok(device, &sign_in("9996600001", &hash, &code));
    let name = tl::auth::SignUp { last_name: " B ".to_owned(), ..sign_up("9996600001", &hash, " Anna ") };
    let done = world.ok(device, &name);
    let user = user(&done);
    assert!(user.self_ && user.id > 1 << 33);
    assert_eq!((user.first_name.as_deref(), user.last_name.as_deref()), (Some("Anna"), Some("B")));
}

#[test]
fn without_a_verified_code_there_is_no_account() {
    let mut world = World::new();
    let device = world.device();
    let (hash, _) = world.code(device, "9996600001");
    assert_eq!(world.err(device, &sign_up("9996600001", &hash, "Anna")), "400 PHONE_CODE_EXPIRED");
}

#[test]
fn names_have_bounds_and_a_number_has_one_account() {
    let mut world = World::new();
    let device = world.device();
    let (hash, code) = world.code(device, "9996600001");
    world.ok(device, &sign_in("9996600001", &hash, &code));
    for first in ["", "   ", &"x".repeat(65)] {
        assert_eq!(world.err(device, &sign_up("9996600001", &hash, first)), "400 FIRSTNAME_INVALID");
    }
    let last = tl::auth::SignUp { last_name: "x".repeat(65), ..sign_up("9996600001", &hash, "Anna") };
    assert_eq!(world.err(device, &last), "400 LASTNAME_INVALID");

    let rival = world.device();
    world.pass_s(60);
    let (other_hash, other_code) = world.code(rival, "9996600001");
    world.ok(rival, &sign_in("9996600001", &other_hash, &other_code));
    world.ok(device, &sign_up("9996600001", &hash, "Anna"));
    assert_eq!(world.err(rival, &sign_up("9996600001", &other_hash, "Eve")), "400 PHONE_NUMBER_OCCUPIED");
}
