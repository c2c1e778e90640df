//! What wrappers say is in force from their call on.

use std::sync::Arc;

use ids::Layer;
use tl::codec::Encode;

use super::{A, B, World, error_of, gzipped, query, result_of};
use crate::server::MessagesRange;

fn layer(number: i32, inner: &[u8]) -> Vec<u8> {
    [&0xda9b_0d0d_u32.to_le_bytes()[..], &number.to_le_bytes(), inner].concat()
}

fn init(model: &str, inner: &[u8]) -> Vec<u8> {
    tl::InitConnection {
        api_id: 5,
        device_model: model.to_owned(),
        system_version: "1".to_owned(),
        app_version: "2".to_owned(),
        system_lang_code: "en".to_owned(),
        lang_pack: String::new(),
        lang_code: "de".to_owned(),
        proxy: None,
        params: None,
        query: tl::Raw(inner.to_vec()),
    }
    .to_bytes()
}

#[test]
fn a_layer_is_in_force_for_its_session_and_for_those_that_say_none() {
    let mut world = World::with_session();
    world.send(A, 1, &query(1));
    assert_eq!(world.calls()[0].layer, None);
    world.send(A, 3, &layer(158, &query(1)));
    let call = world.calls().remove(0);
    assert_eq!((call.layer, call.body), (Some(Layer(158)), query(1)));
    world.send(A, 5, &query(2));
    assert_eq!(world.calls()[0].layer, Some(Layer(158)));
    world.send(B, 1, &query(1));
    assert_eq!(world.calls()[0].layer, Some(Layer(158)), "another session of the key");
    world.send(B, 3, &layer(229, &query(1)));
    assert_eq!(world.calls()[0].layer, Some(Layer(229)));
    assert_eq!((world.state.layer(A), world.state.layer(B)), (Some(Layer(158)), Some(Layer(229))));
    world.state.set_layer(Layer(200));
    assert_eq!(world.state.layer(A), Some(Layer(158)));
}

#[test]
fn init_connection_is_remembered_and_new_only_when_it_differs() {
    let mut world = World::with_session();
    world.send(A, 1, &query(1));
    assert!(world.calls()[0].init.is_none());
    let mut seqno = 3;
    for (model, is_new) in [("one", true), ("one", false), ("two", true), ("one", true)] {
        world.send(A, seqno, &layer(158, &init(model, &gzipped(&query(7)))));
        seqno += 2;
        let call = world.calls().remove(0);
        assert_eq!((call.init_is_new, call.body), (is_new, query(7)));
        assert_eq!(call.init.unwrap().device_model, model);
    }
    world.send(B, 1, &query(1));
    let call = world.calls().remove(0);
    assert!(!call.init_is_new);
    assert_eq!(Arc::unwrap_or_clone(call.init.unwrap()).lang_code, "de");
}

#[test]
fn the_other_wrappers_are_told_to_the_answerer() {
    let mut world = World::with_session();
    let takeout = [&0xaca9_fd2e_u32.to_le_bytes()[..], &77_u64.to_le_bytes()].concat();
    let range = [0x3652_75f2_u32, 0x0ae3_0253, 3, 9].map(u32::to_le_bytes).concat();
    let without = 0xbf94_59b7_u32.to_le_bytes().to_vec();
    world.send(A, 1, &[takeout, range, without, query(1)].concat());
    let call = world.calls().remove(0);
    assert_eq!(call.takeout_id, Some(77));
    assert_eq!(call.range, Some(MessagesRange { min_id: 3, max_id: 9 }));
    assert!(call.without_updates);
    assert_eq!(call.body, query(1));
    world.send(A, 3, &query(1));
    assert!(!world.calls()[0].without_updates);
}

#[test]
fn a_bad_wrapper_costs_only_its_call() {
    let mut world = World::with_session();
    let deep = (0..9).fold(query(1), |inner, _| layer(158, &inner));
    let twice = gzipped(&gzipped(&query(1)));
    let bomb = gzipped(&vec![0; (1 << 20) + 1]);
    let table = [
        (layer(-1, &query(1)), "CONNECTION_LAYER_INVALID"),
        (layer(70_000, &query(1)), "CONNECTION_LAYER_INVALID"),
        (deep, "INPUT_FETCH_ERROR"),
        (layer(158, &twice), "INPUT_FETCH_ERROR"),
        (twice, "INPUT_FETCH_ERROR"),
        (layer(158, &bomb), "INPUT_REQUEST_TOO_LONG"),
        (bomb, "INPUT_REQUEST_TOO_LONG"),
        (gzipped(&super::containing(&[])), "INPUT_FETCH_ERROR"),
        (0xda9b_0d0d_u32.to_le_bytes().to_vec(), "INPUT_FETCH_ERROR"),
        ([&0xdd28_9f8e_u32.to_le_bytes()[..], &[0; 4], &query(1)].concat(), "BUSINESS_CONNECTION_INVALID"),
    ];
    for (n, (body, name)) in table.into_iter().enumerate() {
        let call = world.send(A, 1 + 2 * n as u32, &body);
        let messages = world.messages(A);
        let (answered, result) = result_of(&messages[0]).unwrap();
        assert_eq!((answered, error_of(result)), (call, Some((400, name.to_owned()))));
    }
    assert!(world.calls().is_empty());
    let eight = (0..8).fold(query(1), |inner, _| layer(158, &inner));
    world.send(A, 101, &eight);
    world.pass(50);
    assert_eq!(world.calls()[0].body, query(1), "eight are allowed");
}

#[test]
fn a8_the_messages_of_a_packet_share_one_budget() {
    let mut world = World::with_session();
    let big = gzipped(&[query(1), vec![0; 600_000]].concat());
    let (first, second, third) = (world.id(), world.id(), world.id());
    let small = gzipped(&query(3));
    world.send(A, 6, &super::containing(&[(first, 1, &big), (second, 3, &big), (third, 5, &small)]));
    assert_eq!(world.called(), [first]);
    let messages = world.messages(A);
    let refused: Vec<_> = messages
        .iter()
        .filter_map(result_of)
        .map(|(call, result)| (call, error_of(result).unwrap().1))
        .collect();
    // What did not fit was unpacked up to the border and paid for, so nothing is left for what follows.
    let too_long = || "INPUT_REQUEST_TOO_LONG".to_owned();
    assert_eq!(refused, [(second, too_long()), (third, too_long())]);
}
