//! Peeling, wrapper by wrapper.

use ids::WireMsgId;
use tl::codec::Encode;
use tl::{InputClientProxy, JSONValue};

use super::peel;

const QUERY: [u8; 8] = *b"query!!!";

fn peeled(call: &[u8]) -> (super::Wrapped, Vec<u8>) {
    peel(call.to_vec(), false, &mut 1024).ok().unwrap()
}

#[test]
fn a_bare_query_is_left_alone() {
    let (wrapped, query) = peeled(&QUERY);
    assert_eq!(query, QUERY);
    assert!(wrapped.layer.is_none() && wrapped.init.is_none() && wrapped.after.is_empty());
}

#[test]
fn init_connection_is_read_with_proxy_and_parameters() {
    let json = |key: &str, value: JSONValue| {
        tl::JSONObjectValue::JsonObjectValue(Box::new(tl::fields::JsonObjectValue {
            key: key.to_owned(),
            value,
        }))
    };
    let call = tl::InitConnection {
        api_id: 17,
        device_model: "ä".repeat(200),
        system_version: "v".to_owned(),
        app_version: "a".to_owned(),
        system_lang_code: "s".to_owned(),
        lang_pack: "p".to_owned(),
        lang_code: "l".to_owned(),
        proxy: Some(InputClientProxy::InputClientProxy { address: "127.0.0.1".to_owned(), port: 1 }),
        params: Some(JSONValue::JsonObject {
            value: vec![
                json("other", JSONValue::JsonNull),
                json("tz_offset", JSONValue::JsonNumber { value: 7200.0 }),
            ],
        }),
        query: tl::Raw(QUERY.to_vec()),
    };
    let (wrapped, query) = peeled(&call.to_bytes());
    let init = wrapped.init.unwrap();
    assert_eq!((init.api_id, init.tz_offset_s, init.lang_code.as_str()), (17, Some(7200), "l"));
    assert_eq!(init.device_model, "ä".repeat(128), "cut at 256 bytes");
    assert_eq!(query, QUERY);
}

#[test]
fn init_connection_is_not_refused_for_bytes_that_are_no_text() {
    let mut call = 0xc1cd_5ea9_u32.to_bytes();
    call.extend_from_slice(&[0, 4, 0, 0, 9, 0, 0, 0]); // flag 10, an emulator; api_id 9
    for _ in 0..6 {
        call.extend_from_slice(&[3, 0xff, b'x', 0xfe]);
    }
    call.extend_from_slice(&QUERY);
    let init = peeled(&call).0.init.unwrap();
    assert_eq!((init.api_id, init.device_model.as_str()), (9, "\u{fffd}x\u{fffd}"));
}

#[test]
fn an_absurd_time_zone_is_none() {
    for value in [f64::NAN, f64::INFINITY, 1e9, -86_401.0] {
        let params = JSONValue::JsonNumber { value };
        let member = tl::fields::JsonObjectValue { key: "tz_offset".to_owned(), value: params };
        let object =
            JSONValue::JsonObject { value: vec![tl::JSONObjectValue::JsonObjectValue(Box::new(member))] };
        let mut call = 0xc1cd_5ea9_u32.to_bytes();
        call.extend_from_slice(&[2, 0, 0, 0, 9, 0, 0, 0]);
        call.extend_from_slice(&[0; 24]);
        object.encode(&mut call);
        call.extend_from_slice(&QUERY);
        assert_eq!(peeled(&call).0.init.unwrap().tz_offset_s, None);
    }
}

#[test]
fn the_wrappers_that_change_nothing_are_peeled() {
    let string = [3, b'a', b'b', b'c'];
    let two = [&string[..], &string].concat();
    for (id, fields) in [(0x0dae_54f8_u32, &two[..]), (0x1df9_2984, &two), (0xadbb_0f94, &string)] {
        let (_, query) = peeled(&[&id.to_le_bytes()[..], fields, &QUERY].concat());
        assert_eq!(query, QUERY);
    }
}

#[test]
fn invoke_after_adds_up() {
    let one = |id: u64| [&0xcb9f_372d_u32.to_le_bytes()[..], &id.to_le_bytes()].concat();
    let several = [&0x3dc4_b4f0_u32.to_le_bytes()[..], &vec![8_i64, 12].to_bytes()].concat();
    let (wrapped, query) = peeled(&[one(4), several, one(16), QUERY.to_vec()].concat());
    assert_eq!(wrapped.after, [4, 8, 12, 16].map(WireMsgId));
    assert_eq!(query, QUERY);
    let many = [&0x3dc4_b4f0_u32.to_le_bytes()[..], &vec![0_i64; 1025].to_bytes(), &QUERY].concat();
    assert!(peel(many, false, &mut 0).is_err());
}

#[test]
fn a_call_that_ends_in_a_wrapper_is_refused() {
    for id in super::ALL.map(|(id, _)| id) {
        for length in 4..16 {
            let mut call = id.to_bytes();
            call.resize(length, 0);
            drop(peel(call, false, &mut 1024));
        }
        assert!(peel(id.to_bytes(), false, &mut 1024).is_err());
    }
    assert!(peel(Vec::new(), false, &mut 0).is_err());
}
