//! auth.signIn.

use api::Effect;

use crate::world::{World, sign_in, user};

fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

#[test]
fn the_right_code_logs_in_and_is_spent() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    world.pass_s(60);
    let device = world.device();
    let (hash, code) = world.code(device, anna.phone);
    let done = world.ok(device, &sign_in(anna.phone, &hash, &code));
    assert!(user(&done).self_);
    assert_eq!(user(&done).id, anna.id.0);
    assert_eq!(user(&done).phone.as_deref(), Some(anna.phone));
    assert!(
        matches!(&world.effects[..], [Effect::SignedIn { key, user }] if *key == device.key && *user == anna.id)
    );
    assert_eq!(world.err(device, &sign_in(anna.phone, &hash, &code)), "400 PHONE_CODE_EXPIRED");
}

#[test]
fn a1_after_three_wrong_tries_the_right_code_is_dead() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    world.pass_s(60);
    let device = world.device();
    let (hash, code) = world.code(device, anna.phone);
    for _ in 0..3 {
        assert_eq!(world.err(device, &sign_in(anna.phone, &hash, &wrong(&code))), "400 PHONE_CODE_INVALID");
    }
    assert_eq!(world.err(device, &sign_in(anna.phone, &hash, &code)), "400 PHONE_CODE_EXPIRED");
    assert!(world.effects.is_empty());
}

#[test]
fn a_code_is_good_for_its_key_its_number_its_handle_and_five_minutes() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    world.pass_s(60);
    let device = world.device();
    let (hash, code) = world.code(device, anna.phone);
    let other = world.device();
    assert_eq!(world.err(other, &sign_in(anna.phone, &hash, &code)), "400 PHONE_CODE_EXPIRED");
    assert_eq!(world.err(device, &sign_in("9996600002", &hash, &code)), "400 PHONE_CODE_EXPIRED");
    assert_eq!(world.err(device, &sign_in(anna.phone, "0000", &code)), "400 PHONE_CODE_EXPIRED");
    assert_eq!(world.err(device, &sign_in(anna.phone, &hash, "")), "400 PHONE_CODE_EMPTY");
    world.pass_s(301);
    assert_eq!(world.err(device, &sign_in(anna.phone, &hash, &code)), "400 PHONE_CODE_EXPIRED");
}
