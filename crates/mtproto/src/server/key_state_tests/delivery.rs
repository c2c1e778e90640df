//! Updates and answers reach a client that loses connections, and nothing is encrypted twice alike (T2).

use std::collections::BTreeSet;

use ids::limits::{ACK_DELAY_MS, RESEND_AGE_MS_MAX};
use ids::{ConnId, WireMsgId};

use super::{A, C1, C2, World, containing, id_of, ping, query, result_of};
use crate::server::Transmit;

const TOO_LONG: u32 = 0xe317_af7e;

fn update(number: u32) -> Vec<u8> {
    [0x78d4_dec1_u32.to_le_bytes(), number.to_le_bytes()].concat()
}

/// The numbers of the updates among messages.
fn updates(messages: &[crate::message::Message]) -> Vec<u32> {
    let updates = messages.iter().filter(|message| id_of(message) == 0x78d4_dec1);
    updates.map(|message| u32::from_le_bytes(message.body[4..8].try_into().unwrap())).collect()
}

#[test]
fn an_update_goes_where_the_client_spoke_last_and_is_content() {
    let mut world = World::with_session();
    let msg_id = world.id();
    world.feed(C2, A, msg_id, 0, &ping(1));
    world.out();
    assert!(world.state.push(A, update(1)));
    let [got] = &world.out()[..] else { panic!("one packet") };
    assert_eq!((got.conn, got.is_container, got.outer.0 % 4, got.outer_seqno % 2), (C2, false, 3, 1));
    assert!(!world.state.push(super::B, update(2)), "there is no such session");
}

#[test]
fn server_ids_and_content_numbers_only_grow() {
    let mut world = World::with_session();
    let (mut last_id, mut content) = (WireMsgId(0), None);
    for round in 0..50_u32 {
        for n in 0..round % 4 {
            world.state.push(A, update(n));
        }
        let call = world.send(A, 1 + 2 * round, &query(1));
        world.succeed(A, call, b"done");
        for got in world.out() {
            for message in &got.messages {
                assert!(message.msg_id > last_id);
                last_id = message.msg_id;
                if message.is_content() {
                    assert!(content.is_none_or(|content| message.seqno == content + 2));
                    content = Some(message.seqno);
                }
            }
            assert!(!got.is_container || got.outer > last_id);
            last_id = last_id.max(got.outer);
        }
    }
}

#[test]
fn what_is_not_acknowledged_comes_again_after_a_reconnect_and_only_then() {
    let mut world = World::with_session();
    for n in 1..=3 {
        world.state.push(A, update(n));
    }
    let first = world.messages(A);
    assert_eq!(updates(&first), [1, 2, 3]);
    let ids: Vec<(WireMsgId, u32)> = first.iter().map(|message| (message.msg_id, message.seqno)).collect();
    world.ack(A, &[ids[1].0]);
    let msg_id = world.id();
    world.feed(C2, A, msg_id, 0, &ping(1));
    assert!(updates(&world.messages(A)).is_empty(), "the other connection lives");
    world.state.handle_closed(C1, world.now);
    let [got] = &world.out()[..] else { panic!("one packet") };
    assert!(got.conn == C2 && got.is_container);
    let again: Vec<(WireMsgId, u32)> =
        got.messages.iter().map(|message| (message.msg_id, message.seqno)).collect();
    assert_eq!(again, [ids[0], ids[2]]);
    world.state.handle_closed(C2, world.now);
    world.state.push(A, update(4));
    assert!(world.out().is_empty(), "nobody is there");
    let msg_id = world.id();
    world.feed(ConnId(3), A, msg_id, 0, &ping(1));
    assert_eq!(updates(&world.messages(A)), [1, 3, 4]);
}

#[test]
fn t2_no_outer_id_and_no_msg_key_is_ever_repeated() {
    let mut world = World::with_session();
    let (mut outer_ids, mut msg_keys) = (BTreeSet::new(), BTreeSet::new());
    let mut packets = 0;
    for round in 0..60 {
        // The middleman drops all acknowledgements, cuts the connection and repeats what the client said.
        let conn = ConnId(100 + round);
        world.state.push(A, update(round as u32));
        let msg_id = world.id();
        world.feed(conn, A, msg_id, 1 + 2 * round as u32, &query(1));
        world.succeed(A, msg_id, b"done");
        world.feed(conn, A, msg_id, 1 + 2 * round as u32, &query(1));
        world.pass(1000);
        while let Some(Transmit { packet, .. }) = world.state.poll_transmit(world.now, &mut world.rng) {
            let opened =
                crate::cipher::decrypt(&world.key, crate::cipher::Sender::Server, &packet).ok().unwrap();
            assert!(outer_ids.insert(opened.message.msg_id), "an outer id came twice");
            assert!(msg_keys.insert(packet[8..24].to_vec()), "a msg_key came twice");
            packets += 1;
        }
        world.state.handle_closed(conn, world.now);
    }
    assert!(packets >= 60);
}

#[test]
fn too_many_updates_become_one_too_long() {
    let mut world = World::with_session();
    world.state.handle_closed(C1, world.now);
    for n in 0..100 {
        world.state.push(A, update(n));
    }
    let call = world.id();
    assert_eq!(world.state.sessions[0].unsent_bytes(), 800);
    for n in 100..500 {
        world.state.push(A, update(n));
    }
    assert_eq!(world.state.sessions[0].unsent_bytes(), 4);
    world.feed(C2, A, call, 1, &query(1));
    world.succeed(A, call, b"done");
    let messages = world.messages(A);
    assert_eq!(messages.iter().map(id_of).collect::<Vec<_>>(), [TOO_LONG, crate::session::RPC_RESULT]);
    world.state.push(A, update(7));
    assert_eq!(updates(&world.messages(A)), [7], "then they flow again");
}

#[test]
fn too_many_bytes_of_updates_become_one_too_long() {
    let mut world = World::with_session();
    world.state.handle_closed(C1, world.now);
    for _ in 0..3 {
        world.state.push(A, vec![0; 400_000]);
    }
    let msg_id = world.id();
    world.feed(C2, A, msg_id, 0, &ping(1));
    let ids: Vec<u32> = world.messages(A).iter().map(id_of).collect();
    assert_eq!(ids, [TOO_LONG, 0x3477_73c5]);
}

#[test]
fn updates_that_were_not_kept_are_made_up_for_only_if_their_connection_breaks() {
    for acknowledges in [false, true] {
        let mut world = World::with_session();
        let mut last = WireMsgId(0);
        for n in 0..150 {
            world.state.push(A, update(n));
            for message in world.messages(A) {
                assert_ne!(id_of(&message), TOO_LONG, "the connection is fine");
                last = message.msg_id;
            }
        }
        if acknowledges {
            world.ack(A, &[last]);
        }
        world.state.handle_closed(C1, world.now);
        let msg_id = world.id();
        world.feed(C2, A, msg_id, 0, &ping(1));
        let messages = world.messages(A);
        let too_long = messages.iter().filter(|message| id_of(message) == TOO_LONG).count();
        let expected = if acknowledges { (0, 99) } else { (1, 0) };
        assert_eq!((too_long, updates(&messages).len()), expected);
    }
}

#[test]
fn nothing_old_is_sent_again_as_it_was() {
    let mut world = World::with_session();
    let call = world.send(A, 1, &query(1));
    world.succeed(A, call, b"done");
    world.state.push(A, update(1));
    let before = world.messages(A);
    let keep = world.id();
    world.feed(C2, A, keep, 0, &ping(1));
    world.out();
    world.pass(RESEND_AGE_MS_MAX);
    world.out();
    world.state.handle_closed(C1, world.now);
    world.state.handle_closed(C2, world.now);
    let msg_id = world.id();
    world.feed(ConnId(3), A, msg_id, 0, &ping(1));
    let after = world.messages(A);
    assert!(updates(&after).is_empty() && after.iter().any(|message| id_of(message) == TOO_LONG));
    let answer = after.iter().find(|message| result_of(message).is_some()).unwrap();
    assert_eq!(result_of(answer), Some((call, &b"done"[..])));
    let newest = before.iter().map(|message| message.msg_id).max().unwrap();
    assert!(after.iter().all(|message| message.msg_id > newest), "every id is a new one");
}

#[test]
fn a_blocked_connection_gets_nothing_and_holds_nobody_up() {
    let mut world = World::with_session();
    let first = world.send(A, 1, &query(1));
    let second = world.id();
    world.feed(C2, A, second, 3, &query(2));
    world.state.handle_blocked(C1);
    world.succeed(A, first, b"one.");
    world.succeed(A, second, b"two.");
    let got = world.out();
    assert!(got.iter().all(|got| got.conn == C2));
    let calls: Vec<WireMsgId> =
        got.iter().flat_map(|got| &got.messages).filter_map(result_of).map(|(call, _)| call).collect();
    assert_eq!(calls, [second]);
    world.state.handle_writable(C1);
    let messages = world.messages(A);
    assert_eq!(messages.iter().filter_map(result_of).count(), 1);
}

/// Found by F5: the acknowledgement could not be sent and stayed due, so its timer fired for ever.
#[test]
fn what_is_due_to_a_blocked_connection_sets_no_timer() {
    let mut world = World::with_session();
    world.send(A, 1, &query(1));
    world.state.handle_blocked(C1);
    world.pass(ACK_DELAY_MS);
    assert!(world.out().is_empty());
    assert!(world.state.poll_timeout().is_some_and(|due_ms| due_ms > world.now.mono_ms));
    world.state.handle_writable(C1);
    assert_eq!(world.out().len(), 1);
}

#[test]
fn a_client_that_takes_nothing_is_closed_and_then_forgotten() {
    let mut world = World::with_session();
    world.state.handle_blocked(C1);
    let ids: Vec<WireMsgId> = (0..20).map(|_| world.id()).collect();
    for (n, id) in ids.iter().enumerate() {
        world.feed(C1, A, *id, 1 + 2 * n as u32, &query(1));
    }
    world.events();
    for id in &ids[..17] {
        world.succeed(A, *id, &vec![0; 1 << 20]);
    }
    let events = world.events();
    assert!(matches!(events[..], [crate::server::KeyEvent::CloseConn { conn: C1 }]));
    world.state.handle_closed(C1, world.now);
    world.succeed(A, ids[17], &vec![0; 1 << 20]);
    assert!(matches!(world.events()[..], [crate::server::KeyEvent::SessionEnded(A)]));
}

#[test]
fn a7_a_stranger_makes_nobody_keep_much_for_him() {
    let mut world = World::with_session();
    world.state.keep_unacked(100_000);
    let ids: Vec<WireMsgId> = (0..20).map(|_| world.id()).collect();
    for (n, id) in ids.iter().enumerate() {
        world.feed(C1, A, *id, 1 + 2 * n as u32, &query(1));
    }
    for id in &ids {
        world.succeed(A, *id, &[0; 40_000]);
        world.out();
    }
    let kept: usize = world.state.sessions.iter().map(|session| session.unacked_bytes()).sum();
    assert!((60_000..=140_000).contains(&kept), "{kept}: two answers, and the one that was sent last");
}

#[test]
fn large_answers_get_packets_of_their_own() {
    let mut world = World::with_session();
    let ids: Vec<WireMsgId> = (0..6).map(|_| world.id()).collect();
    let body = query(1);
    let calls: Vec<(WireMsgId, u32, &[u8])> =
        ids.iter().enumerate().map(|(n, id)| (*id, 1 + 2 * n as u32, &body[..])).collect();
    world.send(A, 12, &containing(&calls));
    for id in &ids {
        world.succeed(A, *id, &vec![7; 40_000]);
    }
    let got = world.out();
    assert_eq!(got.iter().map(|got| got.messages.len()).collect::<Vec<_>>(), [2, 2, 2]);
}
