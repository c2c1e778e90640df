//! What happens before a method: layers, logins, bodies that cannot be read.

use api::Export;
use ids::{Layer, limits};
use mtproto::server::RpcResult;
use tl::Encode;

use crate::world::{Device, World};

fn error(result: RpcResult) -> String {
    match result {
        RpcResult::Answer(_) => "an answer".to_owned(),
        RpcResult::Error(failure) => format!("{} {}", failure.code, failure.name),
    }
}

#[test]
fn a_body_that_is_no_call_is_an_error_of_that_call_alone() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    for body in [&b""[..], b"abc", &[0; 4], &[0xff; 64], &7_i32.to_bytes()] {
        assert_eq!(error(world.run(anna.device, body)), "400 INPUT_METHOD_INVALID", "{body:?}");
    }
    world.ok(anna.device, &tl::updates::GetState {});
}

#[test]
fn arguments_that_cannot_be_read_are_told_only_to_who_may_call() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let mut body = tl::messages::GetHistory::default().to_bytes();
    body.truncate(12);
    let device = world.device();
    assert_eq!(error(world.run(device, &body)), "401 AUTH_KEY_UNREGISTERED");
    assert_eq!(error(world.run(anna.device, &body)), "400 INPUT_FETCH_ERROR");
    body = tl::updates::GetState {}.to_bytes();
    body.extend([0; 4]);
    assert_eq!(error(world.run(anna.device, &body)), "400 INPUT_FETCH_ERROR");
}

#[test]
fn a_layer_too_old_is_refused_and_one_too_new_gets_the_newest() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let old = Device { layer: Some(Layer(limits::LAYER_MIN - 1)), ..anna.device };
    assert_eq!(world.err(old, &tl::updates::GetState {}), "400 CONNECTION_LAYER_INVALID");
    let new = Device { layer: Some(Layer(limits::LAYER_CANONICAL + 5)), ..anna.device };
    world.ok(new, &tl::updates::GetState {});
}

#[test]
fn no_call_pretends_to_be_part_of_an_export() {
    let mut world = World::new();
    let anna = world.person("9996600001", "Anna");
    let state = tl::updates::GetState {};
    for (export, error) in
        [(Export::Takeout, "400 TAKEOUT_INVALID"), (Export::Range, "400 INPUT_METHOD_INVALID")]
    {
        let wrapped = Device { export: Some(export), ..anna.device };
        assert_eq!(world.err(wrapped, &state), error);
        let stranger = Device { export: Some(export), ..world.device() };
        assert_eq!(world.err(stranger, &state), "401 AUTH_KEY_UNREGISTERED");
    }
}
