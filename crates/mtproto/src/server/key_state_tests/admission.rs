//! Which packets are looked at, and what those hear that are not (T6, T10, T16).

use ids::{ConnId, WireMsgId};
use tl::mt::BadMsgNotification;

use super::{A, C1, World, containing, id_of, ping, query};

const SECOND: u64 = 1 << 32;

#[test]
fn t10_a_wrong_salt_is_told_the_right_one_and_nothing_runs() {
    let mut world = World::new();
    let right = world.salt();
    let msg_id = world.id();
    world.feed_salted(right ^ 1, C1, A, msg_id, 1, &query(1));
    assert!(world.events().is_empty());
    let [got] = &world.out()[..] else { panic!("one packet") };
    assert_eq!((got.session, got.outer_seqno, got.is_container, got.salt), (A, 0, false, right));
    let told = tl::Decode::from_bytes(&got.messages[0].body);
    let Ok(BadMsgNotification::BadServerSalt { bad_msg_id, bad_msg_seqno, error_code, new_server_salt }) =
        told
    else {
        panic!("bad_server_salt")
    };
    assert_eq!((bad_msg_id as u64, bad_msg_seqno, error_code), (msg_id.0, 1, 48));
    assert_eq!(new_server_salt as u64, right);
    world.feed(C1, A, msg_id, 1, &query(1));
    assert_eq!(world.called(), [msg_id], "the same message with the right salt runs");
}

#[test]
fn t10_a_salt_expires() {
    let mut world = World::with_session();
    let salt = world.salt();
    world.pass(3_601_000);
    let msg_id = world.id();
    world.feed_salted(salt, C1, A, msg_id, 1, &query(1));
    assert!(world.called().is_empty());
    assert_eq!(id_of(&world.out()[0].messages[0]), 0xedab_447b);
}

#[test]
fn the_salt_comes_before_the_time() {
    let mut world = World::with_session();
    let old = WireMsgId(world.id().0 - 1000 * SECOND);
    world.feed_salted(1, C1, A, old, 1, &query(1));
    assert_eq!(id_of(&world.out()[0].messages[0]), 0xedab_447b);
    world.feed(C1, A, old, 1, &query(1));
    assert_eq!(world.refusals(), [(old, 1, 16)]);
}

#[test]
fn t6_ids_are_refused_with_their_code_and_run_nothing() {
    let mut world = World::with_session();
    let now = world.id().0;
    let table = [
        (now - 301 * SECOND, 16),
        (now - 300 * SECOND - SECOND, 16),
        (now + 31 * SECOND, 17),
        (now + 1, 18),
        (now + 2, 18),
        (now + 3, 18),
        (now & !(SECOND - 1), 16),
    ];
    for (msg_id, code) in table {
        for body in [query(1), containing(&[]), ping(1)] {
            world.feed(C1, A, WireMsgId(msg_id), 1, &body);
            assert_eq!(world.refusals(), [(WireMsgId(msg_id), 1, code)]);
        }
    }
    assert!(world.events().is_empty());
    for accepted in [now - 299 * SECOND, now + 29 * SECOND] {
        world.feed(C1, A, WireMsgId(accepted), 1, &query(1));
        assert_eq!(world.called(), [WireMsgId(accepted)]);
    }
}

#[test]
fn a_refusal_carries_the_servers_time() {
    let mut world = World::new();
    world.feed(C1, A, WireMsgId(4), 1, &query(1));
    let [got] = &world.out()[..] else { panic!("one packet") };
    assert_eq!(got.outer.unix_seconds(), world.now.unix().0);
}

#[test]
fn t16_containers_against_the_rules_run_nothing() {
    let mut world = World::with_session();
    let (low, inner) = (world.id(), query(1));
    let nested = containing(&[(low, 1, &inner)]);
    let table: [(&str, Vec<u8>, i32); 6] = [
        ("container in it", containing(&[(low, 1, &nested)]), 64),
        ("inner id above", containing(&[(low, 1, &inner), (WireMsgId(low.0 + 4000), 3, &inner)]), 64),
        ("inner seqno above", containing(&[(low, 99, &inner)]), 64),
        ("inner id of a server", containing(&[(WireMsgId(low.0 + 1), 1, &inner)]), 18),
        ("cut", containing(&[(low, 1, &inner)])[..20].to_vec(), 64),
        ("1025 messages", containing(&vec![(low, 1, &inner[..]); 1025]), 64),
    ];
    for (name, body, code) in table {
        let msg_id = world.send(A, 10, &body);
        assert_eq!(world.refusals(), [(msg_id, 10, code)], "{name}");
        assert!(world.events().is_empty(), "{name}");
    }
    world.send(A, 10, &containing(&[]));
    assert!(world.refusals().is_empty(), "an empty one is legal");
}

#[test]
fn t16_a_container_id_is_taken_once() {
    let mut world = World::with_session();
    let (first, second) = (world.id(), world.id());
    let container = containing(&[(first, 1, &query(1))]);
    let msg_id = world.send(A, 10, &container);
    assert_eq!(world.called(), [first]);
    world.feed(C1, A, msg_id, 10, &container);
    let ids: Vec<u32> = world.messages(A).iter().map(id_of).collect();
    assert_eq!(ids, [0x62d6_b459], "the same once more is acknowledged");
    world.feed(C1, A, msg_id, 10, &containing(&[(second, 3, &query(2))]));
    assert_eq!(world.refusals(), [(msg_id, 10, 19)]);
    world.feed(C1, A, first, 1, &containing(&[(WireMsgId(first.0 - 4_000_000), 1, &query(2))]));
    assert_eq!(world.refusals(), [(first, 1, 19)]);
    assert!(world.events().is_empty());
}

#[test]
fn t6_ids_below_the_window_are_refused_with_20() {
    let mut world = World::with_session();
    let low = world.id();
    let spare = world.id();
    world.feed(C1, A, low, 1, &query(1));
    let mut seqno = 3;
    for _ in 0..3 {
        let ids: Vec<WireMsgId> = (0..400).map(|_| world.id()).collect();
        let ping = ping(1);
        let pings: Vec<(WireMsgId, u32, &[u8])> = ids.iter().map(|id| (*id, 2, &ping[..])).collect();
        world.send(A, 2, &containing(&pings));
        world.out();
        seqno += 2;
    }
    world.events();
    for (msg_id, number) in [(low, 1), (spare, seqno)] {
        world.feed(C1, A, msg_id, number, &query(1));
        assert_eq!(world.refusals(), [(msg_id, number, 20)]);
    }
    let outer = world.send(A, 20, &containing(&[(spare, seqno, &query(1))]));
    assert_eq!(world.refusals(), [(spare, seqno, 20)], "inside of {outer:?} as well");
    assert!(world.events().is_empty());
}

#[test]
fn a_call_with_an_even_seqno_is_refused_with_35_and_its_neighbours_run() {
    let mut world = World::with_session();
    let (bad, good) = (world.id(), world.id());
    world.send(A, 10, &containing(&[(bad, 2, &query(1)), (good, 1, &query(2))]));
    assert_eq!(world.called(), [good]);
    assert_eq!(world.refusals(), [(bad, 2, 35)]);
}

#[test]
fn refusals_to_unknown_sessions_are_bounded_and_die_with_their_connection() {
    let mut world = World::new();
    for n in 0..1000 {
        world.feed(C1, ids::SessionId(n), WireMsgId(4), 1, &query(1));
    }
    world.feed(ConnId(9), A, WireMsgId(4), 1, &query(1));
    assert_eq!(world.out().len(), 64);
    world.feed(C1, A, WireMsgId(4), 1, &query(1));
    world.state.handle_closed(C1, world.now);
    assert!(world.out().is_empty());
}

#[test]
fn a_refused_first_packet_leaves_no_gap() {
    let mut world = World::new();
    let bad = world.id();
    world.feed_salted(1, C1, A, bad, 1, &query(1));
    let good = world.send(A, 3, &query(1));
    assert_eq!(world.called(), [good], "seqno 1 was used up: 3 waits for nothing");
    let told = world.messages(A).iter().map(id_of).collect::<Vec<_>>();
    assert_eq!(told, [0xedab_447b, 0x9ec2_0908]);
}
