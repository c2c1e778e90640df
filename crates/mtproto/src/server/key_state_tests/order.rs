//! Order: gaps in sequence numbers (T1), batches, and invokeAfterMsg.

use crypto::testing::Seeded;
use ids::limits::{AFTER_BYTES_MAX, AFTER_IDS_MAX, AFTER_NAMED_MAX};
use ids::{SessionId, WireMsgId};
use tl::codec::Encode;
use tl::mt::RpcDropAnswer;

use super::{A, C1, C2, World, containing, error_of, gzipped, ping, query, result_of};

fn after(named: WireMsgId, inner: &[u8]) -> Vec<u8> {
    [&0xcb9f_372d_u32.to_le_bytes()[..], &named.0.to_le_bytes(), inner].concat()
}

fn after_all(named: &[WireMsgId], inner: &[u8]) -> Vec<u8> {
    let ids: Vec<i64> = named.iter().map(|msg_id| msg_id.0 as i64).collect();
    [&0x3dc4_b4f0_u32.to_le_bytes()[..], &ids.to_bytes(), inner].concat()
}

fn failures(world: &mut World) -> Vec<(WireMsgId, String)> {
    let messages = world.messages(A);
    let results = messages.iter().filter_map(result_of);
    results.filter_map(|(call, result)| error_of(result).map(|(_, name)| (call, name))).collect()
}

#[test]
fn t1_order_of_calls_is_that_of_their_ids_whenever_the_gap_is_short() {
    let mut rng = Seeded::new(11);
    let mut draw = |below: u64| crypto::Rng::u64(&mut rng) % below;
    let mut world = World::with_session();
    let mut seqno = 1;
    for round in 0..2_000 {
        // The middleman holds back up to 16 packets and lets them go in another order within 50 ms.
        let count = 2 + draw(15) as usize;
        let mut packets: Vec<(WireMsgId, u32)> =
            (0..count).map(|n| (world.id(), seqno + 2 * n as u32)).collect();
        seqno += 2 * count as u32;
        let sent: Vec<WireMsgId> = packets.iter().map(|(msg_id, _)| *msg_id).collect();
        for at in (1..count).rev() {
            packets.swap(at, draw(at as u64 + 1) as usize);
        }
        let mut calls = Vec::new();
        let mut left_ms = 49;
        for (msg_id, seqno) in packets {
            let step_ms = draw(4).min(left_ms);
            left_ms -= step_ms;
            world.pass(step_ms);
            world.feed(C1, A, msg_id, seqno, &query(1));
            calls.extend(world.called());
        }
        assert_eq!(calls, sent, "round {round}");
        for call in calls {
            world.succeed(A, call, b"done");
        }
        let answers: Vec<WireMsgId> = world.messages(A).iter().map(|message| message.msg_id).collect();
        world.ack(A, &answers);
    }
}

#[test]
fn t1_a_missing_message_holds_the_others_50_ms() {
    let mut world = World::with_session();
    let (first, second, third) = (world.id(), world.id(), world.id());
    world.feed(C1, A, second, 3, &query(2));
    world.feed(C1, A, third, 5, &query(3));
    assert!(world.called().is_empty());
    assert_eq!(world.state.poll_timeout(), Some(world.now.mono_ms + 50));
    world.pass(49);
    assert!(world.called().is_empty());
    world.pass(1);
    assert_eq!(world.called(), [second, third]);
    world.feed(C2, A, first, 1, &query(1));
    assert_eq!(world.called(), [first], "a late one runs at once");
}

#[test]
fn t1_what_is_held_is_not_run_twice_and_what_is_no_content_is_not_held() {
    let mut world = World::with_session();
    let held = world.send(A, 5, &query(1));
    world.feed(C1, A, held, 5, &query(1));
    world.send(A, 6, &ping(1));
    assert!(world.out().iter().flat_map(|got| &got.messages).any(|m| super::id_of(m) == 0x3477_73c5));
    world.pass(50);
    assert_eq!(world.called(), [held]);
}

#[test]
fn a_batch_runs_in_the_order_of_ids_not_of_places() {
    let mut world = World::with_session();
    let ids: Vec<WireMsgId> = (0..4).map(|_| world.id()).collect();
    let body = query(1);
    let shuffled =
        containing(&[(ids[2], 5, &body), (ids[0], 1, &body), (ids[3], 7, &body), (ids[1], 3, &body)]);
    world.send(A, 8, &shuffled);
    assert_eq!(world.called(), ids);
}

#[test]
fn invoke_after_waits_for_success() {
    let mut world = World::with_session();
    let first = world.send(A, 1, &query(1));
    let second = world.send(A, 3, &after(first, &query(2)));
    let third = world.send(A, 5, &after_all(&[first, second], &query(3)));
    let free = world.send(A, 7, &query(4));
    assert_eq!(world.called(), [first, free]);
    world.succeed(A, first, b"done");
    assert_eq!(world.called(), [second]);
    world.succeed(A, second, b"done");
    let call = world.calls().remove(0);
    assert_eq!((call.msg_id, call.body), (third, query(3)));
    let late = world.send(A, 9, &after(first, &query(5)));
    assert_eq!(world.called(), [late], "answered long ago: at once");
}

#[test]
fn invoke_after_a_failure_fails_and_so_do_those_behind_it() {
    let mut world = World::with_session();
    let first = world.send(A, 1, &query(1));
    let second = world.send(A, 3, &after(first, &query(2)));
    let third = world.send(A, 5, &after(second, &query(3)));
    assert_eq!(world.called(), [first]);
    world.out();
    world.fail(A, first);
    let expected = [
        (first, "TEST_FAILED".to_owned()),
        (second, "MSG_WAIT_FAILED".to_owned()),
        (third, "MSG_WAIT_FAILED".to_owned()),
    ];
    assert_eq!(failures(&mut world), expected);
    let fourth = world.send(A, 7, &after(first, &query(4)));
    assert_eq!(failures(&mut world), [(fourth, "MSG_WAIT_FAILED".to_owned())]);
    assert!(world.called().is_empty());
}

#[test]
fn invoke_after_an_unknown_call_waits_half_a_second() {
    let mut world = World::with_session();
    let (unknown, late) = (world.id(), world.id());
    let first = world.send(A, 1, &after(unknown, &query(1)));
    let second = world.send(A, 3, &after(late, &query(2)));
    world.pass(499);
    assert!(failures(&mut world).is_empty());
    world.feed(C2, A, late, 5, &query(3));
    assert_eq!(world.state.poll_timeout(), Some(world.now.mono_ms + 1));
    world.pass(1);
    assert_eq!(failures(&mut world), [(first, "MSG_WAIT_FAILED".to_owned())]);
    assert_eq!(world.called(), [late]);
    world.succeed(A, late, b"done");
    assert_eq!(world.called(), [second]);
}

#[test]
fn invoke_after_a_call_that_does_not_end_times_out() {
    let mut world = World::with_session();
    let first = world.send(A, 1, &query(1));
    let second = world.send(A, 3, &after(first, &query(2)));
    assert_eq!(world.called(), [first]);
    world.pass(19_999);
    world.out();
    world.pass(1);
    assert_eq!(failures(&mut world), [(second, "MSG_WAIT_TIMEOUT".to_owned())]);
    world.succeed(A, first, b"done");
    assert!(world.called().is_empty());
}

#[test]
fn invoke_after_itself_and_in_circles_ends() {
    let mut world = World::with_session();
    let own = world.id();
    world.feed(C1, A, own, 1, &after(own, &query(1)));
    assert_eq!(failures(&mut world), [(own, "MSG_WAIT_FAILED".to_owned())]);
    let (x, y) = (world.id(), world.id());
    world.feed(C1, A, x, 3, &after(y, &query(1)));
    world.feed(C1, A, y, 5, &after(x, &query(1)));
    world.pass(20_000);
    let ended: Vec<WireMsgId> = failures(&mut world).into_iter().map(|(call, _)| call).collect();
    assert_eq!(ended, [x, y]);
    assert!(world.called().is_empty());
}

#[test]
fn all_waiting_calls_together_name_a_bounded_number_of_calls() {
    let mut world = World::with_session();
    let named: Vec<WireMsgId> = (0..AFTER_IDS_MAX).map(|_| world.id()).collect();
    for n in 0..(AFTER_NAMED_MAX / AFTER_IDS_MAX) as u32 {
        world.send(A, 1 + 2 * n, &after_all(&named, &query(n)));
    }
    assert!(failures(&mut world).is_empty());
    let one_more = world.send(A, 9, &after(named[0], &query(99)));
    assert_eq!(failures(&mut world), [(one_more, "FLOOD_WAIT_1".to_owned())]);
    assert!(world.called().is_empty());
}

/// Calls in circles wait for their full time. In all sessions of a key together they hold no more than a little memory,
/// though packed they cost their sender next to nothing.
#[test]
fn a7_calls_that_wait_for_each_other_hold_little_memory() {
    let mut world = World::with_session();
    let body = [query(1), vec![0; 300_000]].concat();
    for session in (1000..1060).map(SessionId) {
        let (x, y) = (world.id(), world.id());
        world.feed(C1, session, x, 1, &gzipped(&after(y, &body)));
        world.feed(C1, session, y, 3, &gzipped(&after(x, &body)));
        let waiting: usize = world.state.sessions.iter().map(|session| session.waiting_bytes()).sum();
        assert!(waiting <= AFTER_BYTES_MAX, "{waiting}");
    }
    world.pass(20_000);
    assert_eq!(world.state.sessions.iter().map(|session| session.waiting_bytes()).sum::<usize>(), 0);
}

#[test]
fn invoke_after_a_dropped_call_waits_for_its_real_end() {
    let mut world = World::with_session();
    let first = world.send(A, 1, &query(1));
    let second = world.send(A, 3, &after(first, &query(2)));
    world.send(A, 5, &RpcDropAnswer { req_msg_id: first.0 as i64 }.to_bytes());
    assert_eq!(world.called(), [first]);
    world.succeed(A, first, b"done");
    assert_eq!(world.called(), [second]);
}

#[test]
fn t1_invoke_after_is_never_violated_whatever_the_gap() {
    let mut rng = Seeded::new(5);
    let mut world = World::with_session();
    let mut seqno = 1;
    for _ in 0..200 {
        let ids: Vec<WireMsgId> = (0..5).map(|_| world.id()).collect();
        let mut packets: Vec<(usize, u32)> = (0..5).map(|n| (n, seqno + 2 * n as u32)).collect();
        seqno += 10;
        for at in (1..5).rev() {
            packets.swap(at, (crypto::Rng::u64(&mut rng) % (at as u64 + 1)) as usize);
        }
        let mut done = Vec::new();
        for (n, seqno) in packets {
            let body = if n == 0 { query(0) } else { after(ids[n - 1], &query(n as u32)) };
            world.feed(C1, A, ids[n], seqno, &body);
            world.pass(90);
            loop {
                let called = world.called();
                if called.is_empty() {
                    break;
                }
                for call in called {
                    world.succeed(A, call, b"done");
                    done.push(call);
                }
            }
        }
        assert_eq!(done, ids);
        let answers: Vec<WireMsgId> = world.messages(A).iter().map(|message| message.msg_id).collect();
        world.ack(A, &answers);
    }
}
