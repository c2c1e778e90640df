//! The small service calls, and the states of messages.

use ids::{SessionId, WireMsgId};
use tl::codec::Encode;
use tl::mt::{
    DestroyAuthKey, FutureSalt, FutureSalts, GetFutureSalts, MsgResendReq, MsgsStateInfo, MsgsStateReq,
    PingDelayDisconnect, Pong,
};

use super::{A, B, C1, C2, World, containing, id_of, ping, query, result_of};
use crate::server::{KeyDestroyed, KeyEvent};

fn states(world: &mut World, msg_ids: &[WireMsgId]) -> Vec<u8> {
    let msg_ids = msg_ids.iter().map(|msg_id| msg_id.0 as i64).collect();
    let request = world.send(A, 0, &MsgsStateReq::MsgsStateReq { msg_ids }.to_bytes());
    let messages = world.messages(A);
    let info = messages.iter().find_map(|message| match tl::Decode::from_bytes(&message.body) {
        Ok(MsgsStateInfo::MsgsStateInfo { req_msg_id, info }) => {
            assert_eq!((req_msg_id as u64, message.seqno % 2), (request.0, 0));
            Some(info)
        }
        Err(_) => None,
    });
    info.unwrap()
}

#[test]
fn ping_is_answered_on_its_connection_and_not_as_content() {
    let mut world = World::with_session();
    let msg_id = world.id();
    world.feed(C2, A, msg_id, 0, &ping(77));
    let [got] = &world.out()[..] else { panic!("one packet") };
    assert_eq!((got.conn, got.outer_seqno % 2, got.outer.0 % 4), (C2, 0, 1));
    let Ok(Pong::Pong { msg_id: pinged, ping_id }) = tl::Decode::from_bytes(&got.messages[0].body) else {
        panic!("pong")
    };
    assert_eq!((pinged as u64, ping_id), (msg_id.0, 77));
}

#[test]
fn an_odd_ping_is_acknowledged_with_its_pong_or_later() {
    let mut world = World::with_session();
    world.send(A, 1, &ping(1));
    let ids: Vec<u32> = world.messages(A).iter().map(id_of).collect();
    assert_eq!(ids, [0x62d6_b459, 0x3477_73c5]);
}

#[test]
fn ping_delay_disconnect_is_the_connections() {
    let mut world = World::with_session();
    let table = [(75, 75_000), (0, 0), (-5, 0), (i32::MAX, 3_600_000)];
    for (delay, expected_ms) in table {
        world.send(A, 0, &PingDelayDisconnect { ping_id: 1, disconnect_delay: delay }.to_bytes());
        let [KeyEvent::DisconnectAfter { conn, delay_ms }] = world.events()[..] else { panic!("one event") };
        assert_eq!((conn, delay_ms), (C1, expected_ms));
        assert_eq!(world.messages(A).len(), 1);
    }
}

#[test]
fn future_salts_are_bare_and_as_many_as_asked_for() {
    let mut world = World::with_session();
    for (asked, given) in [(1, 1), (30, 30), (64, 64), (1000, 64)] {
        let request = world.send(A, 0, &GetFutureSalts { num: asked }.to_bytes());
        let messages = world.messages(A);
        let body = &messages[0].body;
        // id, req_msg_id, now, count, then 16 bytes for each salt and nothing else.
        assert_eq!(body.len(), 20 + 16 * given);
        assert_eq!(body[16..20], (given as u32).to_le_bytes());
        let Ok(FutureSalts::FutureSalts { req_msg_id, now, salts }) = tl::Decode::from_bytes(body) else {
            panic!("future_salts")
        };
        assert_eq!((req_msg_id as u64, i64::from(now)), (request.0, world.now.unix().0));
        let FutureSalt::FutureSalt { valid_since, valid_until, salt } = salts[0];
        assert_eq!(salt as u64, world.salt());
        assert!(valid_since <= now && now < valid_until);
    }
}

#[test]
fn states_are_exact() {
    let mut world = World::with_session();
    let (missing, later) = (world.id(), world.id());
    world.feed(C1, A, later, 0, &ping(1));
    let running = world.send(A, 1, &query(1));
    let answered = world.send(A, 3, &query(2));
    let settled = world.send(A, 5, &query(3));
    let content = world.send(A, 7, &ping(2));
    world.succeed(A, settled, b"done");
    let answers = world.messages(A);
    let answer = answers.iter().find(|message| result_of(message).is_some()).unwrap().msg_id;
    world.ack(A, &[answer]);
    world.succeed(A, answered, b"done");
    world.out();
    let future = WireMsgId(world.id().0 + (10 << 32));
    let asked = [WireMsgId(4), missing, future, later, content, running, answered, settled];
    let expected = [1, 2, 3, 4 | 16, 4 | 8, 4 | 32, 4 | 32 | 64, 4 | 8 | 32 | 64];
    assert_eq!(states(&mut world, &asked), expected);
    assert_eq!(states(&mut world, &[]), []);
}

#[test]
fn an_answer_asked_for_on_another_connection_comes_there() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    world.succeed(A, call, b"done");
    world.out();
    assert_eq!(states(&mut world, &[call]), [4 | 32 | 64]);
    let request = world.id();
    let body = MsgsStateReq::MsgsStateReq { msg_ids: vec![call.0 as i64] }.to_bytes();
    world.feed(C1, A, request, 0, &body);
    assert!(world.messages(A).iter().all(|message| result_of(message).is_none()), "it is under way there");
    let request = world.id();
    world.feed(C2, A, request, 0, &body);
    let got = world.out();
    assert!(got.iter().all(|got| got.conn == C2));
    assert!(got.iter().flat_map(|got| &got.messages).any(|message| result_of(message).is_some()));
}

#[test]
fn a_forgotten_session_knows_nothing() {
    let mut world = World::with_session();
    let calls: Vec<WireMsgId> = (0..3).map(|n| world.send(A, 1 + 2 * n, &query(n))).collect();
    world.state.end_sessions(None, world.now);
    world.events();
    assert_eq!(states(&mut world, &calls), [1, 1, 1]);
}

#[test]
fn msg_resend_req_sends_again_in_a_container_or_says_how_things_stand() {
    let mut world = World::with_session();
    world.state.push(A, b"update!!".to_vec());
    let update = world.messages(A).remove(0).msg_id;
    let request = |ids: &[u64]| {
        MsgResendReq::MsgResendReq { msg_ids: ids.iter().map(|id| *id as i64).collect() }.to_bytes()
    };
    let msg_id = world.id();
    world.feed(C2, A, msg_id, 0, &request(&[update.0]));
    let [got] = &world.out()[..] else { panic!("one packet") };
    assert!(got.is_container && got.conn == C2 && got.outer > update);
    assert_eq!(got.messages.iter().map(|message| message.msg_id).collect::<Vec<_>>(), [update]);
    world.send(A, 0, &request(&[update.0, 5]));
    let messages = world.messages(A);
    let info = messages.iter().find(|message| id_of(message) == 0x04de_b57d).unwrap();
    let Ok(MsgsStateInfo::MsgsStateInfo { info, .. }) = tl::Decode::from_bytes(&info.body) else { panic!() };
    assert_eq!(info, [4, 1]);
}

#[test]
fn destroy_session_ends_another_one_of_this_key_only() {
    let mut world = World::with_session();
    world.send(B, 0, &ping(1));
    world.out();
    world.events();
    for (target, ok) in [(A, false), (SessionId(99), false), (B, true), (B, false)] {
        world.send(A, 0, &tl::mt::DestroySession { session_id: target.0 as i64 }.to_bytes());
        let messages = world.messages(A);
        let expected: u32 = if ok { 0xe220_45fc } else { 0x62d3_50c9 };
        assert_eq!(messages[0].body, [&expected.to_le_bytes()[..], &target.0.to_le_bytes()].concat());
        let ended = world.events().iter().any(|event| matches!(event, KeyEvent::SessionEnded(B)));
        assert_eq!(ended, ok);
    }
}

#[test]
fn destroy_auth_key_is_answered_as_it_was_asked() {
    for (seqno, is_call) in [(0, false), (1, true)] {
        let mut world = World::with_session();
        let request = world.send(A, seqno, &DestroyAuthKey {}.to_bytes());
        let [KeyEvent::DestroyKey { session: A, msg_id }] = world.events()[..] else { panic!("one event") };
        assert_eq!(msg_id, request);
        assert!(world.out().is_empty());
        world.state.handle_key_destroyed(A, msg_id, KeyDestroyed::Done);
        let messages = world.messages(A);
        let ok = 0xf660_e1d4_u32.to_le_bytes();
        if is_call {
            assert_eq!(result_of(&messages[0]), Some((request, &ok[..])));
        } else {
            assert_eq!((&messages[0].body[..], messages[0].seqno % 2), (&ok[..], 0));
        }
    }
}

#[test]
fn what_only_servers_say_is_ignored() {
    let mut world = World::with_session();
    let http_wait = [0x9299_359f_u32, 1, 2, 3].map(u32::to_le_bytes).concat();
    let info = MsgsStateInfo::MsgsStateInfo { req_msg_id: 1, info: vec![1] }.to_bytes();
    world.send(A, 0, &http_wait);
    world.send(A, 0, &info);
    assert!(world.events().is_empty());
    assert!(world.out().is_empty());
}

#[test]
fn unreadable_service_messages_harm_nobody() {
    let mut world = World::with_session();
    let cut_ack = &[0x62d6_b459_u32, 0x1cb5_c415, 1000].map(u32::to_le_bytes).concat();
    let even = world.send(A, 0, cut_ack);
    assert_eq!(world.refusals(), [(even, 0, 64)]);
    let (odd, call) = (world.id(), world.id());
    world.send(A, 9, &containing(&[(odd, 1, cut_ack), (call, 3, &query(1))]));
    assert_eq!(world.called(), [call]);
    let messages = world.messages(A);
    let (answered, result) = messages.iter().find_map(result_of).unwrap();
    assert_eq!((answered, super::error_of(result).unwrap().0), (odd, 400));
}
