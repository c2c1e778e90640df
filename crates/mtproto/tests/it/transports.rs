//! Every framing, plain and obfuscated, in both directions and in pieces of any size.

use crypto::Rng;
use mtproto::transport::{
    Frame, FullHasNoTag, Incoming, Kind, Obfuscation, Secret, Transport, TransportError,
};
use proptest::prelude::*;

use crypto::testing::Seeded;

const KINDS: [Kind; 4] = [Kind::Abridged, Kind::Intermediate, Kind::Padded, Kind::Full];
const SECRET: [u8; 16] = [0x5a; 16];

/// How a stream is wrapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Veil {
    None,
    Obfuscated,
    Secret,
    Websocket,
}

const VEILS: [Veil; 4] = [Veil::None, Veil::Obfuscated, Veil::Secret, Veil::Websocket];

/// A client and the server it is about to speak to, with the client's first bytes.
fn pair(kind: Kind, veil: Veil, rng: &mut dyn Rng) -> Option<(Transport, Vec<u8>, Transport)> {
    let secret = Secret { key: SECRET, required: false };
    let (obfuscation, server) = match veil {
        Veil::None => (None, Transport::server(Some(secret))),
        Veil::Obfuscated => (Some(Obfuscation { secret: None, dc: 2 }), Transport::server(Some(secret))),
        Veil::Secret => (Some(Obfuscation { secret: Some(SECRET), dc: -3 }), Transport::server(Some(secret))),
        Veil::Websocket => (Some(Obfuscation { secret: None, dc: 2 }), Transport::server_websocket(None)),
    };
    match Transport::client(kind, obfuscation, rng) {
        Ok((client, opening)) => Some((client, opening, server)),
        Err(FullHasNoTag) => {
            assert!(kind == Kind::Full && veil != Veil::None);
            None
        }
    }
}

/// A payload as it may be sent: plain and encrypted ones keep their length through every framing.
fn payload(blocks: usize, encrypted: bool, rng: &mut dyn Rng) -> Vec<u8> {
    let mut payload = vec![0; 24 + 16 * blocks];
    rng.fill(&mut payload[8..]);
    if encrypted {
        payload[..8].copy_from_slice(b"an auth ");
    }
    payload
}

/// Feeds `bytes` to the server in random pieces and returns the frames.
fn receive(server: &mut Transport, bytes: &[u8], rng: &mut Seeded) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(1 + rng.index(rest.len().min(97)));
        server.receive(piece).expect("the server understands its client");
        rest = later;
        while let Some(head) = server.head().expect("a head") {
            let Some(frame) = server.frame().expect("a frame") else { break };
            assert_eq!(frame.payload[..8], head.first8);
            assert!(head.len - frame.payload.len() < 16);
            frames.push(frame);
        }
    }
    frames
}

/// A plain payload may keep the padding of its transport, 0 to 15 bytes; it says itself how long it is.
fn is_same(kind: Kind, got: &[u8], sent: &[u8]) -> bool {
    if kind == Kind::Padded && sent[..8] == [0; 8] {
        got.starts_with(sent) && got.len() - sent.len() < 16
    } else {
        got == sent
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is sent arrives, whichever way the network cuts it, in both directions at once.
    #[test]
    fn any_chunking_carries_any_payload(
        seed: u64,
        sizes in proptest::collection::vec((0_usize..300, any::<bool>(), any::<bool>()), 1..12),
    ) {
        let mut rng = Seeded::new(seed);
        for (kind, veil) in KINDS.into_iter().flat_map(|kind| VEILS.map(|veil| (kind, veil))) {
            let Some((mut client, mut up, mut server)) = pair(kind, veil, &mut rng) else { continue };
            if veil == Veil::None || kind != Kind::Full {
                let sent: Vec<_> =
                    sizes.iter().map(|&(blocks, encrypted, _)| payload(blocks, encrypted, &mut rng)).collect();
                for (payload, &(_, _, quick)) in sent.iter().zip(&sizes) {
                    if quick {
                        client.send_asking_quick_ack(payload, &mut rng, &mut up);
                    } else {
                        client.send(payload, &mut rng, &mut up);
                    }
                }
                let frames = receive(&mut server, &up, &mut rng);
                prop_assert_eq!(frames.len(), sent.len());
                prop_assert_eq!(server.kind(), Some(kind));
                prop_assert_eq!(server.unread_bytes(), 0);
                for ((frame, payload), &(_, _, quick)) in frames.iter().zip(&sent).zip(&sizes) {
                    prop_assert!(is_same(kind, &frame.payload, payload));
                    prop_assert_eq!(frame.quick_ack, quick && kind != Kind::Full);
                }
                answers_arrive(kind, &mut server, &mut client, &sent, &mut rng)?;
            }
        }
    }

    /// T13: bytes that are no client's never bring a transport to give out a frame of its own making or to panic.
    #[test]
    fn garbage_breaks_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600), seed: u64) {
        let mut rng = Seeded::new(seed);
        for mut server in [Transport::server(None), Transport::server_websocket(None)] {
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(1 + rng.index(rest.len()));
                rest = later;
                if server.receive(piece).is_err() || server.frame().is_err() {
                    break;
                }
            }
            prop_assert!(server.heap_bytes() <= 2 * bytes.len().max(600) + 1200);
        }
    }
}

/// Quick acks, transport errors and payloads from the server, in pieces.
fn answers_arrive(
    kind: Kind,
    server: &mut Transport,
    client: &mut Transport,
    payloads: &[Vec<u8>],
    rng: &mut Seeded,
) -> Result<(), TestCaseError> {
    let mut down = Vec::new();
    for (token, payload) in (0x8000_1234_u32..).zip(payloads) {
        server.send_quick_ack(token, &mut down);
        server.send(payload, rng, &mut down);
        server.send_error(-429, &mut down);
    }
    let mut expected = (0x8000_1234_u32..).zip(payloads).flat_map(|(token, payload)| {
        let error = (-429_i32).to_le_bytes().to_vec();
        let parts = [Part::Token(token), Part::Payload(payload.clone()), Part::Payload(error)];
        parts.into_iter().filter(|part| kind != Kind::Full || matches!(part, Part::Payload(_)))
    });
    let mut rest = down.as_slice();
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(1 + rng.index(rest.len().min(61)));
        client.receive(piece).expect("the client understands its server");
        rest = later;
        while let Some(incoming) = client.incoming().expect("a frame") {
            match (incoming, expected.next()) {
                (Incoming::QuickAck(got), Some(Part::Token(sent))) => prop_assert_eq!(got, sent),
                (Incoming::Payload(got), Some(Part::Payload(sent))) => {
                    let same = got == sent || sent.len() > 4 && is_same(kind, &got, &sent);
                    prop_assert!(same);
                }
                _ => prop_assert!(false, "an answer of another sort was due"),
            }
        }
    }
    prop_assert!(expected.next().is_none());
    Ok(())
}

enum Part {
    Token(u32),
    Payload(Vec<u8>),
}

/// A7: between frames a transport owns no buffer, only the two keystreams if it is obfuscated.
#[test]
fn idle_transport_holds_no_buffer() {
    let mut rng = Seeded::new(7);
    for (kind, veil) in KINDS.into_iter().flat_map(|kind| VEILS.map(|veil| (kind, veil))) {
        let Some((mut client, mut up, mut server)) = pair(kind, veil, &mut rng) else { continue };
        let before = server.heap_bytes();
        client.send(&payload(4000, true, &mut rng), &mut rng, &mut up);
        assert_eq!(receive(&mut server, &up, &mut rng).len(), 1);
        println!(
            "{kind:?} {veil:?}: {} bytes and {} on the heap",
            size_of::<Transport>(),
            server.heap_bytes()
        );
        assert!(server.heap_bytes() <= if veil == Veil::None { 0 } else { 640 });
        assert!(before <= 32 && client.heap_bytes() <= 640);
    }
}

/// A7: an announced length reserves nothing.
#[test]
fn announced_length_reserves_nothing() {
    let mut server = Transport::server(None);
    server.receive(&[0xee, 0xee, 0xee, 0xee, 0x00, 0x00, 0x0f, 0x00, 1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    let head = server.head().unwrap().unwrap();
    assert_eq!((head.len, head.first8), (0xf_0000, [1, 2, 3, 4, 5, 6, 7, 8]));
    assert!(server.frame().unwrap().is_none());
    assert!(server.heap_bytes() <= 64);
}

/// The border of the largest frame, and lengths that no frame can have.
#[test]
fn impossible_lengths_are_refused() {
    let cases: [(&[u8], Option<TransportError>); 12] = [
        (&[0xef, 0x7f, 0x00, 0x00, 0x04], None),
        (&[0xef, 0x7f, 0x01, 0x00, 0x04], Some(TransportError::Oversized)),
        (&[0xef, 0x00], Some(TransportError::Length)),
        (&[0xef, 0x80], Some(TransportError::Length)),
        (&[0xee, 0xee, 0xee, 0xee, 0x00, 0x00, 0x10, 0x00], None),
        (&[0xee, 0xee, 0xee, 0xee, 0x01, 0x00, 0x10, 0x00], Some(TransportError::Oversized)),
        (&[0xee, 0xee, 0xee, 0xee, 0xff, 0xff, 0xff, 0xff], Some(TransportError::Oversized)),
        (&[0xee, 0xee, 0xee, 0xee, 0x03, 0x00, 0x00, 0x00], Some(TransportError::Length)),
        (&[0xdd, 0xdd, 0xdd, 0xdd, 0x00, 0x00, 0x00, 0x80], Some(TransportError::Length)),
        (&[0x0b, 0x00, 0x00, 0x00, 0, 0, 0, 0], Some(TransportError::Length)),
        (&[0x0c, 0x00, 0x10, 0x00, 0, 0, 0, 0], None),
        (&[0x0d, 0x00, 0x10, 0x00, 0, 0, 0, 0], Some(TransportError::Oversized)),
    ];
    for (bytes, error) in cases {
        let mut server = Transport::server(None);
        server.receive(bytes).unwrap();
        assert_eq!(server.head().err(), error, "{bytes:x?}");
        assert_eq!(server.frame().err(), error, "an error is final");
        assert_eq!(server.receive(&[0; 100]).err(), error, "an error is final");
    }
}

/// Full framing: the counter and the sum are checked, and the counters of both directions are independent.
#[test]
fn full_framing_checks_sequence_and_checksum() {
    let mut rng = Seeded::new(3);
    let (mut client, _) = Transport::client(Kind::Full, None, &mut rng).unwrap();
    let mut frames = Vec::new();
    for _ in 0..3 {
        let mut frame = Vec::new();
        client.send(&payload(2, true, &mut rng), &mut rng, &mut frame);
        frames.push(frame);
    }
    for bit in 0..frames[1].len() * 8 {
        let mut server = Transport::server(None);
        server.receive(&frames[0]).unwrap();
        assert!(server.frame().unwrap().is_some());
        let mut bent = frames[1].clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        server.receive(&bent).unwrap();
        let expected = match bit / 8 {
            0..4 => continue,
            4..8 => TransportError::Sequence,
            _ => TransportError::Checksum,
        };
        assert_eq!(server.frame().err(), Some(expected));
    }
    let mut server = Transport::server(None);
    server.receive(&frames[0]).unwrap();
    assert!(server.frame().unwrap().is_some());
    server.receive(&frames[2]).unwrap();
    assert_eq!(server.frame().err(), Some(TransportError::Sequence));
}
