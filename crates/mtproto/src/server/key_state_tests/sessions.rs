//! How sessions begin, end, are told apart (T11), and what they cost when nothing happens.

use ids::limits::{ENDED_SESSION_MEMORY_MS, SESSION_IDLE_MS, SESSIONS_PER_KEY_MAX};
use ids::{SessionId, WireMsgId};
use tl::mt::NewSession;

use super::{A, B, C1, C2, World, containing, id_of, ping, query};
use crate::server::KeyEvent;

fn created(message: &crate::message::Message) -> Option<(WireMsgId, i64, u64)> {
    let NewSession::NewSessionCreated { first_msg_id, unique_id, server_salt } =
        tl::Decode::from_bytes(&message.body).ok()?;
    assert_eq!((message.seqno % 2, message.msg_id.0 % 4), (1, 3));
    Some((WireMsgId(first_msg_id as u64), unique_id, server_salt as u64))
}

#[test]
fn a_new_session_is_announced_before_anything_else_with_its_lowest_id() {
    let mut world = World::new();
    let (low, high) = (world.id(), world.id());
    world.send(A, 4, &containing(&[(high, 2, &ping(1)), (low, 1, &query(1))]));
    assert!(matches!(world.events()[..], [KeyEvent::SessionCreated(A), KeyEvent::Call(_)]));
    world.succeed(A, low, b"done");
    let salt = world.salt();
    let messages = world.messages(A);
    let (first, unique, told_salt) = created(&messages[0]).unwrap();
    assert_eq!((first, told_salt), (low, salt));
    assert_eq!(messages.iter().filter(|message| created(message).is_some()).count(), 1);

    world.send(A, 2, &query(2));
    assert!(world.messages(A).iter().all(|message| created(message).is_none()), "once is enough");
    let lower = WireMsgId(low.0 - 4);
    world.feed(C1, A, lower, 3, &query(3));
    let messages = world.messages(A);
    assert_eq!(messages.iter().find_map(created), Some((lower, unique, salt)), "a lower id is told of");
}

#[test]
fn an_empty_container_begins_a_session_with_its_own_id() {
    let mut world = World::new();
    let msg_id = world.send(A, 0, &containing(&[]));
    assert_eq!(world.messages(A).iter().find_map(created).unwrap().0, msg_id);
}

#[test]
fn a_session_outlives_its_last_connection_by_five_minutes() {
    let mut world = World::with_session();
    world.pass(10 * SESSION_IDLE_MS);
    assert!(world.events().is_empty(), "with a connection it lives");
    let msg_id = world.id();
    world.feed(C2, A, msg_id, 0, &ping(1));
    world.state.handle_closed(C1, world.now);
    world.pass(SESSION_IDLE_MS);
    world.state.handle_closed(C2, world.now);
    world.pass(SESSION_IDLE_MS - 1);
    assert!(world.events().is_empty());
    assert_eq!(world.state.poll_timeout(), Some(world.now.mono_ms + 1));
    world.pass(1);
    assert!(matches!(world.events()[..], [KeyEvent::SessionEnded(A)]));
    assert!(!world.state.is_forgettable(), "replays are still possible");
    world.pass(ENDED_SESSION_MEMORY_MS);
    assert!(world.state.is_forgettable());
    assert_eq!(world.state.poll_timeout(), None);
}

#[test]
fn t6_a_packet_of_an_ended_session_does_not_begin_it_anew() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    assert_eq!(world.called(), [call]);
    world.state.end_sessions(None, world.now);
    world.events();
    for _ in 0..3 {
        world.feed(C1, A, call, 1, &query(1));
        assert_eq!(world.refusals(), [(call, 1, 16)]);
        world.pass(100_000);
    }
    assert!(world.events().is_empty());
    let fresh = world.send(A, 1, &query(1));
    assert_eq!(world.called(), [fresh], "a client that goes on with the session may");
}

/// Found by F5: once the session had begun anew, nothing remembered what it had received before.
#[test]
fn t6_a_session_that_begins_anew_takes_nothing_from_before() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    assert_eq!(world.called(), [call]);
    world.state.end_sessions(None, world.now);
    world.out();
    let fresh = world.send(A, 1, &query(2));
    assert_eq!(world.called(), [fresh]);
    world.out();
    world.feed(C1, A, call, 1, &query(1));
    assert_eq!(world.refusals(), [(call, 1, 20)]);
    let outer = world.id();
    world.feed(C1, A, outer, 2, &containing(&[(call, 1, &query(1))]));
    assert_eq!(world.refusals(), [(call, 1, 20)], "its client asks again under another id");
    assert!(world.called().is_empty());
}

#[test]
fn the_longest_unused_of_too_many_sessions_is_forgotten() {
    let mut world = World::new();
    for n in 0..SESSIONS_PER_KEY_MAX as u64 {
        world.send(SessionId(n), 0, &ping(1));
        world.pass(1);
    }
    world.send(SessionId(0), 0, &ping(1));
    world.events();
    world.send(SessionId(999), 0, &ping(1));
    let [KeyEvent::SessionEnded(ended), KeyEvent::SessionCreated(begun)] = world.events()[..] else {
        panic!("one for the other")
    };
    assert_eq!((ended, begun), (SessionId(1), SessionId(999)));
}

#[test]
fn a_clock_that_was_set_back_ends_sessions_and_salts_and_not_the_service() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    let (salt, before) = (world.salt(), world.now);
    world.called();
    world.now.wall_ns -= 3_600_000_000_000;
    world.last_id = 0;
    let early = world.id();
    world.feed_salted(salt, C1, A, early, 1, &query(2));
    let told = world.out();
    assert!(told[0].outer.unix_seconds() <= world.now.unix().0, "ids follow the clock");
    assert_eq!(id_of(&told[0].messages[0]), 0xedab_447b);
    let again = world.send(A, 1, &query(2));
    assert_eq!(world.called(), [again]);
    world.now.wall_ns = before.wall_ns;
    world.feed_salted(salt, C1, A, call, 1, &query(1));
    assert!(world.called().is_empty(), "a replay from the time that came twice");
    let seconds = 10_u64;
    world.now.wall_ns -= seconds * 1_000_000_000;
    world.last_id = 0;
    world.send(A, 3, &query(3));
    assert!(
        !world.events().iter().any(|event| matches!(event, KeyEvent::SessionEnded(_))),
        "a little is borne"
    );
}

/// T6: what ended is remembered by the monotonic clock, and what is captured ages by the wall clock.
#[test]
fn t6_a_packet_does_not_outlive_the_memory_of_its_session_when_the_clock_is_set_back() {
    for (set_back_s, passes_ms) in
        [(0, 335_000), (29, 335_000), (29, 355_000), (144, 340_000), (300, 340_000)]
    {
        for is_at_once in [true, false] {
            let mut world = World::with_session();
            let (salt, seconds) = (world.salt(), 28_u64 << 32);
            let call = WireMsgId(world.id().0 + seconds);
            world.feed(C1, A, call, 1, &query(1));
            assert_eq!(world.called(), [call]);
            world.state.end_sessions(None, world.now);
            let set_back = |world: &mut World| world.now.wall_ns -= set_back_s * 1_000_000_000;
            if is_at_once {
                set_back(&mut world);
            }
            world.pass(passes_ms);
            if !is_at_once {
                set_back(&mut world);
            }
            world.feed_salted(salt, C1, A, call, 1, &query(1));
            assert!(world.called().is_empty(), "{set_back_s} s back, {passes_ms} ms, {is_at_once}");
        }
    }
}

#[test]
fn login_ends_all_other_sessions() {
    let mut world = World::with_session();
    world.send(B, 0, &ping(1));
    world.events();
    world.state.end_sessions(Some(B), world.now);
    assert!(matches!(world.events()[..], [KeyEvent::SessionEnded(A)]));
    assert!(world.state.push(B, b"update!!".to_vec()));
    assert!(!world.state.push(A, b"update!!".to_vec()));
}

#[test]
fn t11_what_is_meant_for_one_session_goes_to_no_other() {
    let mut world = World::new();
    for n in 0..64_u64 {
        world.send(SessionId(n), 0, &ping(1));
    }
    world.out();
    world.events();
    let mut calls = Vec::new();
    for round in 0..4_u32 {
        for n in 0..64_u64 {
            let tag = [0x7a67_u32 + (n as u32) * 65_536, round].map(u32::to_le_bytes).concat();
            world.state.push(SessionId(n), tag.clone());
            let call = world.send(SessionId(n), 1 + 2 * round, &query(n as u32));
            calls.push((SessionId(n), call, tag));
        }
    }
    for (session, call, tag) in calls.iter().rev() {
        world.succeed(*session, *call, tag);
    }
    let mut delivered = 0;
    for got in world.out() {
        for message in &got.messages {
            let body = super::result_of(message).map_or(&message.body[..], |(_, result)| result);
            let id = u32::from_le_bytes(body[..4].try_into().unwrap());
            if id & 0xffff == 0x7a67 {
                assert_eq!(u64::from(id >> 16), got.session.0);
                delivered += 1;
            }
        }
    }
    assert_eq!(delivered, 2 * 4 * 64);
}

#[test]
fn an_idle_session_rests() {
    let mut world = World::with_session();
    for n in 0..600 {
        let call = world.send(A, 1 + 2 * n, &query(n));
        world.succeed(A, call, b"done");
        let ids: Vec<WireMsgId> = world.messages(A).iter().map(|message| message.msg_id).collect();
        world.ack(A, &ids);
        world.pass(1000);
    }
    world.events();
    world.pass(60_000);
    world.pass(900_000);
    world.pass(900_000);
    assert_eq!(world.state.poll_timeout(), None, "an idle session wants nothing");
    let heap_bytes = world.state.heap_bytes();
    assert!(heap_bytes < 600, "{heap_bytes} bytes");
    let msg_id = world.send(A, 1201, &query(1));
    assert_eq!(world.called(), [msg_id]);
}

#[test]
fn a_session_is_small_after_a_login_and_five_minutes() {
    let mut world = World::with_session();
    for n in 0..25 {
        let call = world.send(A, 1 + 2 * n, &query(n));
        world.succeed(A, call, &[0; 400]);
        let ids: Vec<WireMsgId> = world.messages(A).iter().map(|message| message.msg_id).collect();
        world.ack(A, &ids);
        world.pass(100);
    }
    world.events();
    world.pass(60_000);
    world.pass(240_000);
    let heap_bytes = world.state.heap_bytes();
    assert!(heap_bytes < 1024, "{heap_bytes} bytes");
}

#[test]
fn a_session_that_only_pings_stays_small() {
    let mut world = World::with_session();
    for n in 0..1000 {
        world.send(A, 0, &ping(n));
        world.out();
        world.pass(30_000);
    }
    let heap_bytes = world.state.heap_bytes();
    assert!(heap_bytes < 1024, "{heap_bytes} bytes");
}

#[test]
fn t6_a_replay_on_another_connection_moves_nothing() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    world.succeed(A, call, b"done");
    let answer = world.messages(A).remove(0).msg_id;
    world.feed(C2, A, call, 1, &query(1));
    let [got] = &world.out()[..] else { panic!("an acknowledgement") };
    assert_eq!((got.conn, id_of(&got.messages[0]), got.messages.len()), (C2, 0x62d6_b459, 1));
    world.state.push(A, b"update!!".to_vec());
    assert_eq!(world.out()[0].conn, C1);
    world.state.handle_closed(C1, world.now);
    assert!(world.out().is_empty(), "nothing goes to the other connection");
    let next = world.id();
    world.feed(C2, A, next, 0, &ping(1));
    assert!(world.messages(A).iter().any(|message| message.msg_id == answer));
}
