//! A call runs once, whatever is repeated, and its answer comes until it is acknowledged.

use ids::WireMsgId;
use ids::limits::{SESSION_CALLS_MAX, SESSION_UNACKED_MAX};
use tl::codec::Encode;
use tl::mt::{MsgsAck, RpcDropAnswer};

use super::{A, C1, C2, World, containing, error_of, id_of, query, result_of};

const MSGS_ACK: u32 = 0x62d6_b459;

fn acked(message: &super::Message) -> Vec<WireMsgId> {
    let Ok(MsgsAck::MsgsAck { msg_ids }) = tl::Decode::from_bytes(&message.body) else { panic!("msgs_ack") };
    msg_ids.into_iter().map(|msg_id| WireMsgId(msg_id as u64)).collect()
}

#[test]
fn t6_a_repeated_call_does_not_run_again_at_any_stage() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    assert_eq!(world.called(), [call]);

    world.feed(C1, A, call, 1, &query(1));
    let [ack] = &world.messages(A)[..] else { panic!("running: acknowledged") };
    assert_eq!(acked(ack), [call]);

    world.succeed(A, call, b"done");
    let [answer] = &world.messages(A)[..] else { panic!("one answer") };
    assert_eq!(result_of(answer), Some((call, &b"done"[..])));
    assert_eq!((answer.msg_id.0 % 4, answer.seqno % 2), (1, 1));
    let (msg_id, seqno) = (answer.msg_id, answer.seqno);

    world.feed(C1, A, call, 1, &query(1));
    let [got] = &world.out()[..] else { panic!("answered: the answer again") };
    assert!(got.is_container && got.outer > msg_id, "T2: inside a new container");
    assert_eq!((got.messages[0].msg_id, got.messages[0].seqno), (msg_id, seqno));
    assert_eq!(result_of(&got.messages[0]), Some((call, &b"done"[..])));

    world.ack(A, &[msg_id]);
    world.feed(C1, A, call, 1, &query(1));
    let [ack] = &world.messages(A)[..] else { panic!("settled: acknowledged") };
    assert_eq!(acked(ack), [call]);
    assert!(world.called().is_empty());
}

#[test]
fn a_call_has_one_answer() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    world.succeed(A, call, b"one.");
    world.succeed(A, call, b"two.");
    world.fail(A, call);
    world.succeed(A, WireMsgId(call.0 + 4), b"none");
    world.succeed(super::B, call, b"none");
    let messages = world.messages(A);
    assert_eq!(messages.iter().filter_map(result_of).collect::<Vec<_>>(), [(call, &b"one."[..])]);
}

#[test]
fn an_error_is_an_answer() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    world.fail(A, call);
    let messages = world.messages(A);
    let (answered, result) = result_of(&messages[0]).unwrap();
    assert_eq!((answered, error_of(result)), (call, Some((400, "TEST_FAILED".to_owned()))));
}

#[test]
fn a_late_answer_is_preceded_by_an_acknowledgement_and_a_quick_one_is_not() {
    let mut world = World::with_session();
    let quick = world.send(A, 1, &query(1));
    world.succeed(A, quick, b"done");
    assert_eq!(world.messages(A).iter().map(id_of).collect::<Vec<_>>(), [crate::session::RPC_RESULT]);
    let slow = world.send(A, 3, &query(2));
    world.pass(999);
    assert!(world.out().is_empty());
    assert!(world.state.poll_timeout().is_some_and(|due_ms| due_ms <= world.now.mono_ms + 1));
    world.pass(1);
    let [ack] = &world.messages(A)[..] else { panic!("one acknowledgement") };
    assert_eq!((id_of(ack), ack.seqno % 2), (MSGS_ACK, 0));
    assert_eq!(acked(ack), [slow]);
    world.succeed(A, slow, b"done");
    assert_eq!(world.messages(A).len(), 1);
    world.pass(5000);
    assert!(world.out().is_empty(), "acknowledged once");
}

#[test]
fn an_answer_goes_where_its_call_came_from_while_that_lives() {
    let mut world = World::with_session();
    let (first, second) = (world.send(A, 1, &query(1)), world.send(A, 3, &query(2)));
    let other = world.id();
    world.feed(C2, A, other, 5, &query(3));
    world.out();
    world.succeed(A, first, b"one.");
    assert_eq!(world.out().iter().map(|got| got.conn).collect::<Vec<_>>(), [C1]);
    world.state.handle_closed(C1, world.now);
    world.succeed(A, second, b"two.");
    let got = world.out();
    assert!(got.iter().all(|got| got.conn == C2), "both go the other way");
    let calls: Vec<WireMsgId> =
        got.iter().flat_map(|got| &got.messages).filter_map(result_of).map(|(call, _)| call).collect();
    assert_eq!(calls, [first, second]);
}

#[test]
fn rpc_drop_answer_of_a_running_call() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    let drop_id = world.send(A, 3, &RpcDropAnswer { req_msg_id: call.0 as i64 }.to_bytes());
    let messages = world.messages(A);
    let results: Vec<(WireMsgId, &[u8])> = messages.iter().filter_map(result_of).collect();
    let dropped_running = 0xcd78_e586_u32.to_le_bytes();
    assert_eq!(results, [(call, &dropped_running[..]), (drop_id, &dropped_running[..])]);
    assert_eq!(world.called(), [call], "the work goes on");
    world.succeed(A, call, b"done");
    assert!(world.messages(A).is_empty(), "and its answer is not wanted");
}

#[test]
fn rpc_drop_answer_of_an_answered_and_of_an_unknown_call() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    world.succeed(A, call, b"done");
    let answer = world.messages(A).remove(0);
    assert_eq!(world.called(), [call]);
    for (call, expected) in [(call.0, 0xa43a_d8b7_u32), (call.0, 0x5e2a_d36e), (4, 0x5e2a_d36e)] {
        let drop_id = world.send(A, 0, &RpcDropAnswer { req_msg_id: call as i64 }.to_bytes());
        let messages = world.messages(A);
        let (asked, result) = result_of(&messages[0]).unwrap();
        assert_eq!(asked, drop_id);
        assert_eq!(result[..4], expected.to_le_bytes());
        if expected == 0xa43a_d8b7 {
            assert_eq!(result[4..12], answer.msg_id.0.to_le_bytes());
            assert_eq!(result[12..16], answer.seqno.to_le_bytes());
            assert_eq!(result[16..20], 4_u32.to_le_bytes());
        }
    }
    world.feed(C1, A, call, 1, &query(1));
    world.pass(2000);
    assert!(world.called().is_empty());
    assert!(world.messages(A).iter().all(|message| result_of(message).is_none()));
}

#[test]
fn too_many_calls_are_told_to_come_back() {
    let mut world = World::with_session();
    let mut seqno = 1;
    for _ in 0..2 {
        let ids: Vec<WireMsgId> = (0..SESSION_CALLS_MAX / 2).map(|_| world.id()).collect();
        let body = query(1);
        let mut calls: Vec<(WireMsgId, u32, &[u8])> = Vec::new();
        for id in ids {
            calls.push((id, seqno, &body));
            seqno += 2;
        }
        world.send(A, seqno, &containing(&calls));
    }
    assert_eq!(world.calls().len(), SESSION_CALLS_MAX);
    world.out();
    let over = world.send(A, seqno, &query(2));
    assert!(world.calls().is_empty());
    let messages = world.messages(A);
    let (call, result) = messages.iter().find_map(result_of).unwrap();
    assert_eq!((call, error_of(result)), (over, Some((420, "FLOOD_WAIT_1".to_owned()))));
}

#[test]
fn an_answer_that_was_given_up_is_asked_for_anew_and_not_run_again() {
    let mut world = World::with_session();
    let mut calls = Vec::new();
    for n in 0..20_u32 {
        let call = world.send(A, 1 + 2 * n, &query(n));
        calls.push(call);
        // The first is the smallest.
        world.succeed(A, call, &vec![0; if n == 0 { 4 } else { 1 << 19 }]);
        world.out();
    }
    world.called();
    world.feed(C1, A, calls[0], 1, &query(0));
    assert!(world.messages(A).iter().any(|message| result_of(message).is_some()), "small ones stay");
    world.feed(C1, A, calls[1], 3, &query(1));
    assert_eq!(world.refusals(), [(calls[1], 3, 20)]);
    assert!(world.called().is_empty());
}

#[test]
fn a_client_that_acknowledges_nothing_has_its_largest_answer_given_up() {
    let mut world = World::with_session();
    let mut calls = Vec::new();
    for n in 0..=SESSION_UNACKED_MAX {
        let call = world.send(A, 1 + 2 * n as u32, &query(n as u32));
        calls.push(call);
        world.succeed(A, call, &vec![0; if n == 500 { 8 } else { 4 }]);
        world.out();
    }
    world.called();
    world.feed(C1, A, calls[501], 1003, &query(501));
    assert!(world.messages(A).iter().any(|message| result_of(message).is_some()), "the others stay");
    world.feed(C1, A, calls[500], 1001, &query(500));
    assert_eq!(world.refusals(), [(calls[500], 1001, 20)]);
}
