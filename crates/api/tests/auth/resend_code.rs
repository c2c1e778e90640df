//! auth.resendCode.

use crate::world::{Device, World, sign_in};

const PHONE: &str = "9996600001";

fn again(hash: &str) -> tl::auth::ResendCode {
    let phone_number = PHONE.to_owned();
    tl::auth::ResendCode { phone_number, phone_code_hash: hash.to_owned(), reason: None }
}

fn try_code(world: &mut World, device: Device, hash: &str, code: &str) -> Result<(), String> {
    world.call(device, &sign_in(PHONE, hash, code)).map(drop)
}

#[test]
fn the_new_code_is_right_and_the_old_one_dead() {
    let mut world = World::new();
    let device = world.device();
    let (hash, old) = world.code(device, PHONE);
    assert!(world.err(device, &again(&hash)).starts_with("420 FLOOD_WAIT_"), "not at once");
    world.pass_s(61);
    let tl::auth::SentCode::SentCode(sent) = world.ok(device, &again(&hash)) else { panic!("no sentCode") };
    assert_eq!((sent.phone_code_hash.as_str(), sent.timeout), (hash.as_str(), Some(60)));
    assert!(matches!(sent.next_type, Some(tl::auth::CodeType::CodeTypeSms)));
    let new = world.delivered(PHONE);
    if new != old {
        assert_eq!(try_code(&mut world, device, &hash, &old), Err("400 PHONE_CODE_INVALID".to_owned()));
    }
    assert_eq!(try_code(&mut world, device, &hash, &new), Ok(()));
}

#[test]
fn without_a_code_that_is_alive_there_is_none_to_send_again() {
    let mut world = World::new();
    let device = world.device();
    let (hash, _) = world.code(device, PHONE);
    world.pass_s(61);
    let other = world.device();
    assert_eq!(world.err(other, &again(&hash)), "400 PHONE_CODE_EXPIRED");
    assert_eq!(world.err(device, &again("0123")), "400 PHONE_CODE_EXPIRED");
    world.pass_s(300);
    assert_eq!(world.err(device, &again(&hash)), "400 PHONE_CODE_EXPIRED");
    let bad = tl::auth::ResendCode { phone_number: "x".to_owned(), ..again(&hash) };
    assert_eq!(world.err(device, &bad), "400 PHONE_NUMBER_INVALID");
}
