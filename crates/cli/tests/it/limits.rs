//! What one address may do: rows A5 and A6, from outside.
//!
//! Red without the comparisons in `Admission::admit`, `may_exchange_keys` in `Link::start`, `reserve_call` and the
//! length of the lane in `KeyEntry::enqueue`.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use mtproto::client::CallError;

use crate::peer::{PERMANENT, Peer, connect_from};
use crate::process::Server;

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
fn a6_connections_that_use_a_key_do_not_count() {
    let server = Server::with(&["--dev", "--set", "limits.unauthenticated_per_address=2"]);
    let mut peers = Vec::new();
    for _ in 0..6 {
        let mut peer = Peer::introduced(&server, USER);
        peer.call(&tl::help::GetConfig {}).expect("an answer");
        peers.push(peer);
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

#[test]
fn the_sum_of_connections_is_limited() {
    let server = Server::with(&["--dev", "--set", "limits.connections=3"]);
    let mut open: Vec<_> =
        (0..3).map(|_| connect_from(USER, server.mtproto).expect("a connection")).collect();
    assert!(open.iter_mut().all(is_open));
    let mut refused = connect_from(ATTACKER, server.mtproto).expect("a connection that is closed at once");
    assert!(!is_open(&mut refused));
}
