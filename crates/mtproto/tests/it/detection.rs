//! The first bytes of a stream: each rule, the order of the rules, and silence for what no rule knows (T13).

use mtproto::transport::{Kind, Obfuscation, Secret, Transport, TransportError};

use crypto::Rng as _;
use crypto::testing::{Scripted, Seeded};

type Decision = Result<Option<Kind>, TransportError>;

/// What a server thinks after each prefix of `bytes`: the length at which it decided, and how.
fn decided(bytes: &[u8], mut server: Transport) -> (usize, Decision) {
    for (count, byte) in bytes.iter().enumerate() {
        match server.receive(&[*byte]) {
            Err(error) => return (count + 1, Err(error)),
            Ok(()) if server.kind().is_some() => return (count + 1, Ok(server.kind())),
            Ok(()) => {}
        }
    }
    (bytes.len(), Ok(None))
}

#[test]
fn every_rule_fires_at_its_byte() {
    let cases: [(&[u8], usize, Decision); 14] = [
        (b"\xef\x01", 1, Ok(Some(Kind::Abridged))),
        (b"\xee\xee\xee\xee\x10", 4, Ok(Some(Kind::Intermediate))),
        (b"\xdd\xdd\xdd\xdd\x10", 4, Ok(Some(Kind::Padded))),
        (b"POST /api HTTP/1.1", 4, Err(TransportError::Http)),
        (b"GET /apiws HTTP/1.1", 4, Err(TransportError::Http)),
        (b"HEAD / HTTP/1.1", 4, Err(TransportError::Http)),
        (b"OPTIONS * HTTP/1.1", 4, Err(TransportError::Http)),
        (b"\x16\x03\x01\x02\x00", 3, Err(TransportError::Tls)),
        (b"\x34\x00\x00\x00\x00\x00\x00\x00", 8, Ok(Some(Kind::Full))),
        // Words that are almost one of the above.
        (b"\xee\xee\xee\x00\x00\x00\x00\x00", 8, Ok(Some(Kind::Full))),
        (b"\xdd\xdd\xdd\xde\x00\x00\x00\x00", 8, Ok(Some(Kind::Full))),
        (b"GETX\x00\x00\x00\x00", 8, Ok(Some(Kind::Full))),
        (b"\x16\x03\x00\x01\x00\x00\x00\x00", 8, Ok(Some(Kind::Full))),
        (b"\x10\x00\x00\x00\x00\x00\x00\x01", 8, Ok(None)),
    ];
    for (bytes, count, expected) in cases {
        assert_eq!(decided(bytes, Transport::server(None)), (count, expected), "{bytes:x?}");
    }
}

/// T13: 64 bytes that are no header are refused; a websocket and a server with an obligatory secret know no other rule.
#[test]
fn unknown_streams_are_refused_after_64_bytes() {
    let mut noise = [0; 80];
    Seeded::new(1).fill(&mut noise);
    let required = || Some(Secret { key: [1; 16], required: true });
    assert_eq!(decided(&noise, Transport::server(None)), (64, Err(TransportError::Unrecognised)));
    let plain_streams: [&[u8]; 5] = [&[0xef; 80], &[0xee; 80], &[0xdd; 80], &[b'G'; 80], &[0; 80]];
    for stream in plain_streams.into_iter().chain([&noise[..]]) {
        for server in [Transport::server_websocket(None), Transport::server(required())] {
            assert_eq!(decided(stream, server), (64, Err(TransportError::Unrecognised)));
        }
    }
}

/// A client never opens with what a server could take for another framing, whatever its generator says first.
#[test]
fn clients_draw_until_unmistakable() {
    let taboo: [&[u8]; 9] = [
        b"\xef",
        b"\xee\xee\xee\xee",
        b"\xdd\xdd\xdd\xdd",
        b"POST",
        b"GET ",
        b"HEAD",
        b"OPTI",
        b"\x16\x03\x01\x02",
        b"\x01\x02\x03\x04\x00\x00\x00\x00",
    ];
    let mut script = Vec::new();
    for prefix in taboo {
        let mut header = [7; 64];
        header[..prefix.len()].copy_from_slice(prefix);
        script.extend_from_slice(&header);
    }
    script.extend_from_slice(&[9; 64]);
    let mut rng = Scripted(script);
    let (_, header) = Transport::client(Kind::Abridged, Some(Obfuscation::default()), &mut rng).unwrap();
    assert!(rng.0.is_empty());
    assert_eq!(header[..56], [9; 56]);
}

/// The secret decides only where it must: with it, without it, with a wrong one.
#[test]
fn secrets_are_told_apart() {
    let open = |secret: Option<[u8; 16]>| {
        Transport::client(Kind::Padded, Some(Obfuscation { secret, dc: 5 }), &mut Seeded::new(5)).unwrap().1
    };
    let ours = [4; 16];
    let server = |required| Transport::server(Some(Secret { key: ours, required }));
    assert_eq!(decided(&open(Some(ours)), server(true)), (64, Ok(Some(Kind::Padded))));
    assert_eq!(decided(&open(Some(ours)), server(false)), (64, Ok(Some(Kind::Padded))));
    assert_eq!(decided(&open(None), server(false)), (64, Ok(Some(Kind::Padded))));
    assert_eq!(decided(&open(None), server(true)), (64, Err(TransportError::Unrecognised)));
    assert_eq!(decided(&open(Some([5; 16])), server(false)), (64, Err(TransportError::Unrecognised)));
    assert_eq!(decided(&open(Some(ours)), Transport::server(None)), (64, Err(TransportError::Unrecognised)));
}

/// What an HTTP client said so far is handed on whole.
#[test]
fn http_is_handed_on() {
    let mut server = Transport::server(None);
    assert_eq!(server.receive(b"GE"), Ok(()));
    assert_eq!(server.receive(b"T /apiws HTTP/1.1\r\n"), Err(TransportError::Http));
    assert_eq!(server.into_unread(), b"GET /apiws HTTP/1.1\r\n");
}
