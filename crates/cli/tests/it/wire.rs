//! MTProto from outside: every transport, WebSocket, keys that are not there, noise.
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use mtproto::handshake::KeyKind;
use mtproto::handshake::client::{FirstRequest, RsaPadding, Wanted};
use mtproto::transport::Kind;

use crate::peer::{HERE, PERMANENT, Peer, connect_from};
use crate::process::{Server, wait_for};

#[test]
fn a_key_is_made_and_used_over_every_transport() {
    let server = Server::start();
    let ways = [
        (Kind::Abridged, false),
        (Kind::Intermediate, false),
        (Kind::Padded, false),
        (Kind::Full, false),
        (Kind::Abridged, true),
        (Kind::Intermediate, true),
        (Kind::Padded, true),
    ];
    for (kind, obfuscated) in ways {
        let mut peer = Peer::connect(&server, HERE, kind, obfuscated);
        let key = peer.make_key(PERMANENT).expect("a key");
        peer.begin(&key);
        assert!(peer.call(&tl::help::GetConfig {}).is_ok(), "{kind:?} {obfuscated}");
    }
}

#[test]
fn every_kind_of_key_is_made() {
    let server = Server::start();
    for first in [FirstRequest::ReqPq, FirstRequest::ReqPqMulti] {
        for padding in [RsaPadding::RsaPad, RsaPadding::Sha1] {
            for dc in [None, Some(2), Some(-2)] {
                for kind in [KeyKind::Permanent, KeyKind::Temporary { expires_in_s: 3600 }] {
                    // The address of each is its own, since an address may make only so many.
                    let mut peer = Peer::simple(&server, Ipv4Addr::new(127, 0, 1, next()));
                    assert!(peer.make_key(Wanted { kind, dc, first, padding }).is_some());
                }
            }
        }
    }
}

fn next() -> u8 {
    use std::sync::atomic::{AtomicU8, Ordering};
    static NEXT: AtomicU8 = AtomicU8::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[test]
fn t13_noise_gets_silence() {
    let server = Server::start();
    let mut stream = connect_from(HERE, server.mtproto).expect("the server is reached");
    stream.write_all(&[0x5a; 200]).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    assert!(answer.is_empty());
}

#[test]
fn a7_an_unknown_key_is_told_404_before_the_rest_is_read() {
    let server = Server::start();
    for round in 0..2 {
        let mut stream = connect_from(HERE, server.mtproto).expect("the server is reached");
        // An intermediate frame of almost 1 MiB is announced, of which only the key id is sent.
        stream.write_all(&[0xee, 0xee, 0xee, 0xee, 0xf8, 0xff, 0x0f, 0]).expect("sent");
        stream.write_all(&0x0123_4567_89ab_cdef_u64.to_le_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok();
        let told = [4_i32.to_le_bytes(), (-404_i32).to_le_bytes()].concat();
        assert_eq!(answer, told, "round {round}: from the store, then from memory");
    }
}

#[test]
fn a_key_works_on_the_next_connection_and_after_a_restart() {
    let server = Server::start();
    let mut peer = Peer::simple(&server, HERE);
    let key = peer.make_key(PERMANENT).expect("a key");
    drop(peer);
    let mut peer = Peer::simple(&server, HERE);
    peer.begin(&key);
    assert!(peer.call(&tl::help::GetConfig {}).is_ok());
    let mut server = server;
    for signal in ["TERM", "KILL"] {
        server = Server::in_folder(server.stopped_by(signal).folder, &["--dev"]);
        let mut peer = Peer::simple(&server, HERE);
        peer.begin(&key);
        assert!(peer.call(&tl::help::GetConfig {}).is_ok(), "after {signal}");
    }
}

#[test]
fn websockets_carry_the_same() {
    let server = Server::start();
    for path in ["/apiws", "/apiws_test", "/apiws_premium", "/apiws_test_premium"] {
        let mut stream = connect_from(HERE, server.http).expect("HTTP is reached");
        let head = upgrade(&mut stream, path, &server);
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let head = head.to_lowercase();
        assert!(head.contains("sec-websocket-protocol: binary"), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        let mut peer = Peer::over_websocket(stream, &server);
        let key = peer.make_key(PERMANENT).expect("a key");
        peer.begin(&key);
        assert!(peer.call(&tl::help::GetConfig {}).is_ok());
    }
    assert!(server.metrics().contains(r#"carrier="websocket"} 4"#));
}

/// Sends the opening handshake of RFC 6455's own example; the head of the answer.
fn upgrade(stream: &mut TcpStream, path: &str, server: &Server) -> String {
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        server.http
    )
    .expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("the answer's head");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("text")
}

#[test]
fn connections_are_counted_and_forgotten() {
    let server = Server::start();
    let peers: Vec<_> = (0..5).map(|_| Peer::introduced(&server, HERE)).collect();
    wait_for("five connections", || server.metrics().contains("heliograph_connections 5").then_some(()));
    drop(peers);
    // What is asked for the metrics comes over another socket.
    wait_for("no connection", || server.metrics().contains("heliograph_connections 0").then_some(()));
}
