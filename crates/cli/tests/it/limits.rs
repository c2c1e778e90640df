//! What one address may do: rows A5 and A6, from outside.
//!
//! Red without the comparisons in `Admission::admit`, `may_exchange_keys` in `Link::start`, `reserve_call` and the
//! length of the lane in `KeyEntry::enqueue`.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use mtproto::client::{CallError, Output};

use crate::peer::{End, PERMANENT, Peer, Person, connect_from};
use crate::process::{Server, now};

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
    crate::process::wait_for("room for the address", || {
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
