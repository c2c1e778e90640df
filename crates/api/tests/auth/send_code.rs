//! auth.sendCode.

use api::Effect;

use crate::world::{World, send_code};

#[test]
fn a_code_of_five_digits_goes_to_the_number_and_nowhere_else() {
    let mut world = World::new();
    let device = world.device();
    let (hash, code) = world.code(device, "+999 66 12-345");
    assert_eq!(code.len(), 5);
    assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
    assert!(hash.len() >= 16 && !hash.contains(&code));
    assert!(matches!(&world.effects[..], [Effect::SendCode { phone, .. }] if phone.digits() == "9996612345"));
}

#[test]
fn a2_known_and_unknown_numbers_are_answered_alike() {
    let mut world = World::new();
    world.person("9996600001", "Anna");
    world.pass_s(3600);
    let device = world.device();
    let shape = |sent: tl::auth::SentCode| {
        let tl::auth::SentCode::SentCode(sent) = sent else { panic!("no sentCode") };
        let sms = matches!(sent.r#type, tl::auth::SentCodeType::SentCodeTypeSms { length: 5 });
        (sms, sent.phone_code_hash.len(), sent.next_type.is_some(), sent.timeout)
    };
    let known = shape(world.ok(device, &send_code("9996600001")));
    let unknown = shape(world.ok(device, &send_code("9996600002")));
    assert_eq!(known, unknown);
    assert!(known.0);
}

#[test]
fn what_is_not_a_number_is_refused() {
    let mut world = World::new();
    let device = world.device();
    for phone in ["", "123456", "1234567890123456", "12345x7", "+"] {
        assert_eq!(world.err(device, &send_code(phone)), "400 PHONE_NUMBER_INVALID", "{phone}");
    }
    assert!(world.effects.is_empty());
}

#[test]
fn an_application_must_name_itself() {
    let mut world = World::new();
    let device = world.device();
    let nameless = tl::auth::SendCode { api_id: 0, ..send_code("9996600001") };
    assert_eq!(world.err(device, &nameless), "400 API_ID_INVALID");
    let hashless = tl::auth::SendCode { api_hash: String::new(), ..send_code("9996600001") };
    assert_eq!(world.err(device, &hashless), "400 API_ID_INVALID");
}

#[test]
fn a_server_that_cannot_deliver_codes_says_so() {
    let mut world = World::with(|env| env.codes_delivered = false);
    let device = world.device();
    assert_eq!(world.err(device, &send_code("9996600001")), "400 SMS_CODE_CREATE_FAILED");
}

#[test]
fn a1_five_codes_a_day_for_a_number_then_a_wait_that_is_exact() {
    let mut world = World::new();
    for _ in 0..5 {
        let device = world.device();
        world.ok(device, &send_code("9996600001"));
    }
    let device = world.device();
    let error = world.err(device, &send_code("9996600001"));
    let wait = error.strip_prefix("420 FLOOD_WAIT_").and_then(|s| s.parse::<u64>().ok()).unwrap();
    world.pass_s(wait - 1);
    assert!(world.err(device, &send_code("9996600001")).starts_with("420 FLOOD_WAIT_"));
    world.pass_s(1);
    world.ok(device, &send_code("9996600001"));
}
