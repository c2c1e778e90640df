//! What one address may do: rows A5 and A6, from outside.
//!
//! Red without the comparisons in `Admission::admit`, `may_exchange_keys` in `Link::start`, `reserve_call` and the
//! length of the lane in `KeyEntry::enqueue`.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use mtproto::client::{CallError, Output};
use tl::mt::DestroyAuthKeyRes;

use crate::peer::{End, PERMANENT, Peer, Person, connect_from};
use crate::process::{Server, now, wait_for};

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 9);
const USER: Ipv4Addr = Ipv4Addr::new(127, 9, 9, 10);

/// Whether the server keeps the connection open: it answers a probe.
fn is_open(stream: &mut TcpStream) -> bool {
    // An intermediate frame with req_pq_multi in a plain message.
    let mut probe = vec![0xee, 0xee, 0xee, 0xee, 40, 0, 0, 0];
    probe.extend_from_slice(&[0; 16]);
    probe.extend_from_slice(&20_u32.to_le_bytes());
    probe.extend_from_slice(&0xbe7e_8ef1_u32.to_le_bytes());
    probe.extend_from_slice(&[7; 16]);
    let mut answer = [0; 4];
    stream.write_all(&probe).is_ok() && stream.read_exact(&mut answer).is_ok()
}

#[test]
fn a6_an_address_has_only_so_many_connections_that_did_not_log_in() {
    let server = Server::with(&["--dev", "--set", "limits.unauthenticated_per_address=5"]);
    let mut open: Vec<_> =
        (0..5).map(|_| connect_from(ATTACKER, server.mtproto).expect("a connection")).collect();
    assert!(open.iter_mut().all(is_open));
    let mut refused = connect_from(ATTACKER, server.mtproto).expect("a connection that is closed at once");
    assert!(!is_open(&mut refused));
    let mut user = Peer::simple(&server, USER);
    assert!(user.make_key(PERMANENT).is_some(), "others are not concerned");
    drop(open);
    wait_for("room for the address", || {
        let mut again = connect_from(ATTACKER, server.mtproto).ok()?;
        is_open(&mut again).then_some(())
    });
}

#[test]
fn a6_connections_of_users_do_not_count() {
    let server = Server::with(&["--dev", "--set", "limits.unauthenticated_per_address=2"]);
    let mut peers = Vec::new();
    for n in 0..6 {
        let mut peer = Peer::introduced(&server, USER);
        let phone = format!("999667200{n}");
        peer.sign_up(&server, &Person { phone: &phone, first_name: "A", last_name: "" });
        peer.call(&tl::updates::GetState {}).expect("an answer");
        peers.push(peer);
    }
}

/// Everybody can make a key, and with it open connections until there is none left for others, if having a key were
/// enough. Red without the question for the key's user in `Link::receive`.
#[test]
fn a6_a_key_without_a_user_makes_no_room() {
    let server = Server::with(&["--dev", "--set", "limits.unauthenticated_per_address=5"]);
    let mut first = Peer::simple(&server, ATTACKER);
    let key = first.make_key(PERMANENT).expect("a key");
    first.begin(&key);
    first.call(&tl::help::GetConfig {}).expect("an answer");
    let mut peers = vec![first];
    for _ in 1..5 {
        let mut peer = Peer::simple(&server, ATTACKER);
        peer.begin(&key);
        peer.call(&tl::help::GetConfig {}).expect("an answer");
        peers.push(peer);
    }
    let mut refused = connect_from(ATTACKER, server.mtproto).expect("a connection that is closed at once");
    assert!(!is_open(&mut refused));
}

/// Red without `Inner::make_room` of `crates/server/src/keys/entry.rs`.
#[test]
fn a6_a_key_has_only_so_many_connections() {
    let server = Server::start();
    let mut first = Peer::simple(&server, ATTACKER);
    let key = first.make_key(PERMANENT).expect("a key");
    first.begin(&key);
    first.call(&tl::help::GetConfig {}).expect("an answer");
    let mut others = Vec::new();
    for _ in 0..ids::limits::CONNS_PER_KEY_MAX {
        let mut peer = Peer::simple(&server, ATTACKER);
        peer.begin(&key);
        peer.call(&tl::help::GetConfig {}).expect("an answer");
        others.push(peer);
    }
    assert!(matches!(first.next(), Err(End::Closed)), "the oldest made room");
    for peer in &mut others {
        peer.call(&tl::help::GetNearestDc {}).expect("an answer");
    }
}

#[test]
fn a5_an_address_may_start_only_so_many_key_exchanges() {
    let server = Server::with(&["--dev", "--set", "limits.handshakes_per_address_burst=3"]);
    let made = (0..6).filter(|_| Peer::simple(&server, ATTACKER).make_key(PERMANENT).is_some()).count();
    assert_eq!(made, 3);
    assert!(Peer::simple(&server, USER).make_key(PERMANENT).is_some(), "others are not concerned");
    let mut probe = connect_from(ATTACKER, server.mtproto).expect("a connection");
    assert!(is_open(&mut probe), "the first step costs nothing and is answered");
}

#[test]
fn calls_beyond_the_queue_are_told_to_come_again_and_the_session_goes_on() {
    let server = Server::with(&["--dev", "--set", "limits.calls_waiting_per_session=3"]);
    let mut peer = Peer::introduced(&server, USER);
    peer.call(&tl::help::GetConfig {}).expect("an answer");
    // All of them in one packet, so that none is answered before all are there.
    let answers = peer.calls(&vec![tl::help::GetNearestDc {}; 40]);
    let refused = answers.iter().filter(|answer| match answer {
        Err(CallError::Rpc { code, name }) => *code == 500 && name == "WORKER_BUSY_TOO_LONG_RETRY",
        _ => false,
    });
    assert_eq!((refused.count(), answers.iter().filter(|answer| answer.is_ok()).count()), (37, 3));
    assert!(peer.call(&tl::help::GetConfig {}).is_ok());
    let metrics = server.metrics();
    assert!(metrics.contains("heliograph_calls_refused 37"), "{metrics}");
}

/// A kilobyte that unpacks to a mebibyte costs its sender nothing and the thread that reads it a millisecond; thirty of
/// them fit into one read. Red without the question for the time in `Connection::pump`.
#[test]
fn a8_packed_messages_of_one_connection_do_not_keep_others_waiting() {
    let server = Server::with(&["--dev", "--set", "threads.network=1"]);
    let (mut attacker, mut user) = (Peer::introduced(&server, ATTACKER), Peer::introduced(&server, USER));
    for peer in [&mut attacker, &mut user] {
        peer.call(&tl::help::GetConfig {}).expect("an answer");
    }
    let packed = mtproto::gzip::Packer::new().pack(vec![0; 1_000_000]);
    let rounds = (0..20).map(|_| {
        let packets: Vec<_> = (0..25).map(|_| attacker.sealed_message(packed.clone())).collect();
        attacker.send_at_once(&packets);
        let started = now();
        user.call(&tl::help::GetNearestDc {}).expect("an answer");
        let waited = started.elapsed();
        for _ in &packets {
            while !matches!(attacker.next(), Ok(Output::Packet(_))) {}
        }
        (waited, started.elapsed())
    });
    // Who is read first is luck, half of the times for either, and a busy machine has its hiccups.
    let kept = rounds.filter(|(waited, all)| *waited > *all / 2).count();
    assert!(kept <= 4, "the user waits for all that the attacker sent, {kept} times of 20");
}

#[test]
fn the_sum_of_connections_is_limited() {
    let server = Server::with(&["--dev", "--set", "limits.connections=3"]);
    let mut open: Vec<_> =
        (0..3).map(|_| connect_from(USER, server.mtproto).expect("a connection")).collect();
    assert!(open.iter_mut().all(is_open));
    let mut refused = connect_from(ATTACKER, server.mtproto).expect("a connection that is closed at once");
    assert!(!is_open(&mut refused));
}

/// Red without `Ctx::charge`.
#[test]
fn a4_who_asks_too_much_waits_as_long_as_he_is_told_and_nobody_else_does() {
    const ALICE: Person<'_> = Person { phone: "9996672101", first_name: "A", last_name: "" };
    const BOB: Person<'_> = Person { phone: "9996672102", first_name: "B", last_name: "" };
    // A tenth: sixty messages at once, three in a second.
    let server = Server::with(&["--dev", "--set", "limits.calls_percent=10"]);
    let mut alice = Peer::introduced(&server, USER);
    alice.sign_up(&server, &ALICE);
    let mut bob = Peer::introduced(&server, USER);
    bob.sign_up(&server, &BOB);
    let to_bob = alice.import(BOB.phone);
    let to_alice = bob.import(ALICE.phone);
    let text = |peer: &tl::InputPeer, random_id: i64| tl::messages::SendMessage {
        peer: peer.clone(),
        message: "hello".into(),
        random_id,
        ..Default::default()
    };
    let answers = alice.calls(&(1..=100).map(|n| text(&to_bob, n)).collect::<Vec<_>>());
    let refused = now();
    let waits: Vec<u64> = answers.iter().filter_map(|answer| flood_wait_s(answer.as_ref().err()?)).collect();
    assert_eq!(waits.len() + answers.iter().filter(|answer| answer.is_ok()).count(), 100);
    assert!(waits.len() >= 20 && waits.is_sorted(), "{waits:?}");
    bob.call(&text(&to_alice, 1)).expect("others are not concerned");
    let (first, longest) = (waits[0], waits[waits.len() - 1]);
    assert!(longest.abs_diff(waits.len() as u64 / 3) <= 2, "{longest} s for {} tokens", waits.len());
    wait_for("the time that was told", || (refused.elapsed() >= Duration::from_secs(first)).then_some(()));
    alice.call(&text(&to_bob, 101)).expect("whoever waits as he was told is not refused again");
}

/// Each of the later rounds is read only when the rest that the one before earned is over. Red without `told_to_wait`.
#[test]
fn a4_who_goes_on_asking_is_read_from_more_slowly_and_others_are_not() {
    const ALICE: Person<'_> = Person { phone: "9996672103", first_name: "A", last_name: "" };
    const ROUNDS: u64 = 4;
    let server = Server::with(&["--dev", "--set", "limits.calls_percent=5"]);
    let mut alice = Peer::introduced(&server, USER);
    alice.sign_up(&server, &ALICE);
    let started = now();
    let mut refused = 0;
    for _ in 0..ROUNDS {
        let answers = alice.calls(&vec![tl::help::GetNearestDc {}; 200]);
        refused += answers
            .iter()
            .filter(|answer| matches!(answer, Err(error) if flood_wait_s(error).is_some()))
            .count();
    }
    let took_ms = u64::try_from(started.elapsed().as_millis()).expect("little");
    assert!(refused >= 600, "{refused}");
    // The last one is answered before its own, and the first told a short time only.
    let rests_ms = (ROUNDS - 2) * ids::limits::REST_MS_MAX;
    assert!(took_ms >= rests_ms, "{took_ms} ms for {refused} refusals");
    let mut bob = Peer::introduced(&server, USER);
    bob.call(&tl::help::GetNearestDc {}).expect("others are not concerned");
}

/// A packet has room for a thousand requests that look like one another. Red without `Inner::destroying`, when those after
/// the first find neither key nor session.
#[test]
fn a4_of_many_requests_to_destroy_a_key_one_is_work() {
    let server = Server::start();
    let mut peer = Peer::introduced(&server, ATTACKER);
    peer.call(&tl::help::GetConfig {}).expect("an answer");
    let answers = peer.ask_to_destroy_key(100);
    let done = answers.iter().filter(|answer| matches!(answer, DestroyAuthKeyRes::DestroyAuthKeyOk)).count();
    let failed =
        answers.iter().filter(|answer| matches!(answer, DestroyAuthKeyRes::DestroyAuthKeyFail)).count();
    assert_eq!((done, failed), (1, 99));
}

fn flood_wait_s(error: &CallError) -> Option<u64> {
    let CallError::Rpc { code: 420, name } = error else { return None };
    name.strip_prefix("FLOOD_WAIT_")?.parse().ok()
}
