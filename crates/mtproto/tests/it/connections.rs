//! One server connection: what it lets through, what it asks its driver, when it loses patience, what it weighs.

use std::sync::Arc;

use crypto::Rng as _;
use ids::limits::{
    FIRST_FRAME_MS_MAX, FRAME_BYTES_PER_S_MIN, HANDSHAKE_LIFE_MS, KEY_UNUSED_MS_MAX, PARTIAL_FRAME_MS_MAX,
};
use ids::{AuthKeyId, Now};
use mtproto::server::{CloseReason, Config, Conn, Dcs, KeyAnswer, Output, Patience, Stored};
use mtproto::transport::{Kind, Obfuscation, Secret, Transport, TransportError};
use tl::{Encode as _, mt};

use crate::packets::{Packet, key, under};
use crate::raw_client::{RawClient, plain};
use crate::support::NOON;
use crate::world::{Accepted, SERVER};
use crypto::testing::Seeded;

const KINDS: [Kind; 4] = [Kind::Abridged, Kind::Intermediate, Kind::Padded, Kind::Full];

/// A connection whose driver knows the key of the vectors, and the client's transport.
struct Link {
    server: Accepted,
    client: Transport,
    bytes: Vec<u8>,
    rng: Seeded,
    now: Now,
}

impl Link {
    fn new(kind: Kind, obfuscation: Option<Obfuscation>, seed: u64) -> Self {
        let mut rng = Seeded::new(seed);
        let (client, bytes) = Transport::client(kind, obfuscation, &mut rng).unwrap();
        let mut server = Accepted::new(NOON);
        server.table.insert(key(0).id(), key(0));
        Self { server, client, bytes, rng, now: NOON }
    }

    fn send(&mut self, payload: &[u8]) {
        self.client.send(payload, &mut self.rng, &mut self.bytes);
        self.flush();
    }

    fn flush(&mut self) {
        self.server.input(&std::mem::take(&mut self.bytes), self.now, &mut self.rng);
    }

    /// Waits, calling the connection when it asked for it; returns how long it stayed open, up to `ms`.
    fn wait(&mut self, ms: u64) -> u64 {
        let end_ms = self.now.mono_ms + ms;
        let start_ms = self.now.mono_ms;
        while self.server.closed.is_none() {
            let Some(due_ms) = self.server.conn.poll_timeout().filter(|due_ms| *due_ms <= end_ms) else {
                self.now = self.now.plus_ms(end_ms - self.now.mono_ms);
                break;
            };
            self.now = self.now.plus_ms(due_ms.saturating_sub(self.now.mono_ms));
            self.server.conn.handle_timeout(self.now);
            self.server.work(self.now, &mut self.rng);
        }
        self.now.mono_ms - start_ms
    }
}

/// A message under a known key comes out of every transport, once for each time it was sent; its key is asked for
/// each time.
#[test]
fn messages_come_out() {
    for (kind, obfuscated) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        if kind == Kind::Full && obfuscated {
            continue;
        }
        let mut link = Link::new(kind, obfuscated.then(Obfuscation::default), 1);
        for count in 1..=3 {
            let packet = Packet::new(count << 32);
            link.send(&packet.seal(&key(0)).0);
            let message = link.server.messages.pop().expect("a message");
            assert_eq!((message.key, message.salt), (key(0).id(), packet.salt));
            assert_eq!((message.session.get(), message.msg_id.get()), (packet.session, packet.msg_id));
            assert!(message.seqno == packet.seqno && message.body == packet.body);
            assert_eq!(link.server.asked.len(), count as usize);
        }
        assert_eq!((link.server.sent.len(), link.server.closed), (0, None));
    }
}

/// A quick ack leaves when it was asked for, in front of the message it is for, and is the token of the documents.
#[test]
fn quick_acks_answer_who_asks() {
    for kind in [Kind::Abridged, Kind::Intermediate, Kind::Padded] {
        let mut link = Link::new(kind, None, 2);
        let (packet, token) = Packet::new(4).seal(&key(0));
        link.client.send_asking_quick_ack(&packet, &mut link.rng, &mut link.bytes);
        link.server.conn.handle_input(&link.bytes, NOON, &mut link.rng);
        assert!(matches!(link.server.conn.poll_output(), Some(Output::NeedAuthKey(_))));
        link.server.conn.handle_key(key(0).id(), KeyAnswer::Known(key(0)), NOON, &mut link.rng);
        let Some(Output::Transmit(ack)) = link.server.conn.poll_output() else { panic!("an ack was due") };
        let expected = if kind == Kind::Abridged { token.to_be_bytes() } else { token.to_le_bytes() };
        assert_eq!(ack, expected);
        assert!(matches!(link.server.conn.poll_output(), Some(Output::Message(_))));
        let mut link = Link::new(kind, None, 2);
        let (mut packet, _) = Packet::new(4).seal(&key(0));
        packet[30] ^= 1;
        link.client.send_asking_quick_ack(&packet, &mut link.rng, &mut link.bytes);
        link.flush();
        assert_eq!((link.server.sent.len(), link.server.closed), (0, Some(CloseReason::Message)));
    }
}

/// T15: the borders of body and padding; T3: everything beyond them ends in the same silence.
#[test]
fn length_and_padding_have_borders() {
    let of = |bytes: usize, padding: usize| Packet { padding, ..Packet::new(4).with_body(bytes, 0) };
    let claiming = |length: u32| Packet { length: Some(length), ..Packet::new(4) };
    let cases = [
        (of(4, 12), true),
        (of(8, 24), true),
        (of(4, 1020), true),
        (of(16, 1024), true),
        (of(20, 12), true),
        (of(20, 1036), false),
        (of(16, 1040), false),
        (claiming(20), true),
        (claiming(24), false),
        (claiming(21), false),
        (claiming(19), false),
        (claiming(0), false),
        (claiming(16 + 16), false),
        (claiming(u32::MAX), false),
        (claiming(0x8000_0000), false),
        (claiming(1 << 20), false),
        // 11, 12, 1024 and 1025 bytes of padding, where four divides no length but its own.
        (Packet { length: Some(5), ..of(4, 12) }, false),
        (Packet { length: Some(3), ..of(4, 1020) }, false),
        (Packet { length: Some(12), ..of(16, 1024) }, false),
    ];
    for (index, (packet, good)) in cases.into_iter().enumerate() {
        let mut link = Link::new(Kind::Intermediate, None, 3);
        link.send(&packet.seal(&key(0)).0);
        assert_eq!(link.server.messages.len(), usize::from(good), "{index}");
        assert_eq!(link.server.closed, (!good).then_some(CloseReason::Message), "{index}");
        assert!(link.server.sent.is_empty());
    }
}

/// T3: each flipped bit of msg_key or ciphertext ends the connection in the same way, without a byte.
#[test]
fn flipped_bits_end_in_silence() {
    let (packet, _) = Packet::new(4).seal(&key(0));
    for bit in 64..packet.len() * 8 {
        let mut link = Link::new(Kind::Abridged, None, 4);
        let mut bent = packet.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        link.send(&bent);
        assert_eq!((link.server.sent.len(), link.server.closed), (0, Some(CloseReason::Message)));
        assert!(link.server.messages.is_empty());
    }
}

/// T15: only a padded transport may leave a tail of up to 15 bytes; elsewhere the length gives noise away before any
/// key is looked up.
#[test]
fn tails_belong_to_padded_transports() {
    let (packet, _) = Packet::new(4).seal(&key(0));
    for tail in 0..=15 {
        let mut link = Link::new(Kind::Padded, None, 5);
        let mut bytes = vec![0xdd; 4];
        bytes.extend_from_slice(&((packet.len() + tail) as u32).to_le_bytes());
        bytes.extend_from_slice(&packet);
        bytes.resize(bytes.len() + tail, 0x77);
        link.bytes = bytes;
        link.flush();
        assert_eq!(link.server.messages.len(), 1, "{tail}");
    }
    for kind in [Kind::Abridged, Kind::Intermediate, Kind::Full] {
        for length in (8..72).step_by(4).chain([76, 80, 84]) {
            let mut link = Link::new(kind, None, 5);
            link.send(&under(key(0).id(), &vec![1; length - 8]));
            assert_eq!((link.server.asked.len(), link.server.sent.len()), (0, 0), "{kind:?} {length}");
            assert_eq!(link.server.closed, Some(CloseReason::Message));
        }
    }
}

/// A7: an unknown key is refused as soon as its id is there; a table that cannot be read says nothing to the peer.
#[test]
fn unknown_keys_are_refused_at_once() {
    let mut link = Link::new(Kind::Intermediate, None, 6);
    link.bytes.extend_from_slice(&(24 + 0x8_0000_u32).to_le_bytes());
    link.bytes.extend_from_slice(&0x1234_5678_9abc_def0_u64.to_le_bytes());
    link.flush();
    assert_eq!(link.server.asked, [AuthKeyId(0x1234_5678_9abc_def0)]);
    assert_eq!(link.server.sent, [b"\x04\x00\x00\x00\x6c\xfe\xff\xff"]);
    assert_eq!(link.server.closed, Some(CloseReason::UnknownKey));

    let mut conn = Conn::new(Arc::clone(&SERVER.config), NOON);
    let mut rng = Seeded::new(6);
    conn.handle_input(&[0xef, 18, 1, 2, 3, 4, 5, 6, 7, 8], NOON, &mut rng);
    let Some(Output::NeedAuthKey(id)) = conn.poll_output() else { panic!("the key was due") };
    conn.handle_key(AuthKeyId(1), KeyAnswer::Unknown, NOON, &mut rng);
    assert!(conn.poll_output().is_none(), "an answer to another question");
    conn.handle_key(id, KeyAnswer::Unavailable, NOON, &mut rng);
    assert!(matches!(conn.poll_output(), Some(Output::Close(CloseReason::StoreUnavailable))));
    assert!(conn.poll_output().is_none() && !conn.wants_input() && conn.poll_timeout().is_none());
}

/// A7: 1,024 bytes for whoever has no key, 1 MiB for whoever has; nothing is kept of what is too long.
#[test]
fn frames_have_limits() {
    let request = mt::ReqPq { nonce: [1; 16] }.to_bytes();
    for (length, good) in [(1024, true), (1028, false), (0x10_0000, false)] {
        let mut payload = plain(&request);
        payload.resize(length, 0);
        payload[16..20].copy_from_slice(&(length as u32 - 20).to_le_bytes());
        let mut link = Link::new(Kind::Intermediate, None, 7);
        link.send(&payload);
        assert_eq!(link.server.sent.len(), usize::from(good));
        assert_eq!(link.server.closed, (!good).then_some(CloseReason::Oversized));
    }
    for (body, good) in [(0x10_0000 - 76, true), (0x10_0000 - 72, false)] {
        let mut link = Link::new(Kind::Abridged, None, 7);
        link.send(&Packet::new(4).with_body(body, 12).seal(&key(0)).0);
        assert_eq!(link.server.messages.len(), usize::from(good));
        let oversized = CloseReason::Transport(TransportError::Oversized);
        assert_eq!(link.server.closed, (!good).then_some(oversized));
    }
}

/// Bytes that arrive while the driver thinks are kept, in order, and are worked through when it has answered.
#[test]
fn input_waits_for_the_driver() {
    let mut link = Link::new(Kind::Full, None, 8);
    for count in 1..=5_u64 {
        let (packet, _) = Packet::new(count << 32).seal(&key(0));
        link.client.send(&packet, &mut link.rng, &mut link.bytes);
    }
    let conn = &mut link.server.conn;
    let (half, rest) = link.bytes.split_at(link.bytes.len() / 2 + 3);
    conn.handle_input(half, NOON, &mut link.rng);
    assert!(!conn.wants_input());
    conn.handle_input(rest, NOON, &mut link.rng);
    conn.handle_stored(key(0).id(), Stored::Kept, NOON, &mut link.rng);
    link.server.work(NOON, &mut link.rng);
    let ids: Vec<u64> = link.server.messages.iter().map(|message| message.msg_id.get() >> 32).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    assert!(link.server.conn.wants_input());
}

/// A6: a peer that says nothing, or never a whole frame, or never uses a key.
#[test]
fn patience_ends() {
    let mut silent = Link::new(Kind::Abridged, None, 9);
    assert_eq!(silent.wait(1_000_000), FIRST_FRAME_MS_MAX);
    assert_eq!(silent.server.closed, Some(CloseReason::FirstFrameLate));

    let mut dripping = Link::new(Kind::Intermediate, None, 9);
    let (packet, _) = Packet::new(4).with_body(4000, 12).seal(&key(0));
    dripping.client.send(&packet, &mut dripping.rng, &mut dripping.bytes);
    for byte in std::mem::take(&mut dripping.bytes) {
        dripping.bytes = vec![byte];
        dripping.flush();
        if dripping.wait(1000) < 1000 {
            break;
        }
    }
    assert_eq!(dripping.now.mono_ms, NOON.mono_ms + FIRST_FRAME_MS_MAX);
    assert_eq!(dripping.server.closed, Some(CloseReason::FirstFrameLate));

    let mut probing = Link::new(Kind::Abridged, None, 9);
    probing.wait(20_000);
    probing.send(&plain(&mt::ReqPq { nonce: [1; 16] }.to_bytes()));
    assert_eq!(probing.wait(1_000_000), KEY_UNUSED_MS_MAX - 20_000);
    assert_eq!(probing.server.closed, Some(CloseReason::KeyUnused));

    let mut broken_off = Link::new(Kind::Abridged, None, 9);
    broken_off.send(&plain(&mt::ReqPq { nonce: [1; 16] }.to_bytes()));
    broken_off.wait(5000);
    broken_off.bytes = vec![18, 1];
    broken_off.flush();
    assert_eq!(broken_off.wait(1_000_000), PARTIAL_FRAME_MS_MAX);
    assert_eq!(broken_off.server.closed, Some(CloseReason::FrameLate));

    let mut used = Link::new(Kind::Abridged, None, 9);
    used.send(&Packet::new(4).seal(&key(0)).0);
    assert_eq!(used.wait(10_000_000), 10_000_000);
    assert_eq!(used.server.closed, None, "an idle session is the session's business");
}

/// A6: once a key was used, a large frame over a slow line is not cut off while its bytes come; one that stalls is.
#[test]
fn bytes_buy_time_for_large_frames() {
    let frame = |link: &mut Link| {
        link.send(&Packet::new(4).seal(&key(0)).0);
        let (packet, _) = Packet::new(8).with_body(512 << 10, 12).seal(&key(0));
        link.client.send(&packet, &mut link.rng, &mut link.bytes);
        std::mem::take(&mut link.bytes)
    };
    let mut slow = Link::new(Kind::Intermediate, None, 10);
    for piece in frame(&mut slow).chunks(FRAME_BYTES_PER_S_MIN as usize) {
        slow.bytes = piece.to_vec();
        slow.flush();
        assert_eq!(slow.wait(1000), 1000);
    }
    assert_eq!(slow.server.messages.len(), 2);

    let mut stalled = Link::new(Kind::Intermediate, None, 10);
    stalled.bytes = frame(&mut stalled)[..8192].to_vec();
    stalled.flush();
    assert_eq!(stalled.wait(1_000_000), PARTIAL_FRAME_MS_MAX + 2000);
    assert_eq!(stalled.server.closed, Some(CloseReason::FrameLate));

    let mut stranger = Link::new(Kind::Intermediate, None, 10);
    stranger.send(&plain(&mt::ReqPq { nonce: [1; 16] }.to_bytes()));
    let (packet, _) = Packet::new(8).with_body(512 << 10, 12).seal(&key(0));
    stranger.client.send(&packet, &mut stranger.rng, &mut stranger.bytes);
    stranger.bytes.truncate(400_000);
    stranger.flush();
    assert_eq!(stranger.wait(1_000_000), PARTIAL_FRAME_MS_MAX, "an id alone buys nothing");
}

/// T13: random bytes are answered by silence. Streams that begin like the abridged framing may happen to look like a
/// message under a key nobody has, and that is answered as the protocol wants; nothing else is.
#[test]
fn random_bytes_get_silence() {
    let mut rng = Seeded::new(11);
    let (mut answered, mut abridged) = (0, 0);
    for round in 0..20_000 {
        let mut noise = [0; 300];
        rng.fill(&mut noise);
        if round % 4 == 0 {
            noise[0] = 0xef;
            abridged += 1;
        }
        let mut server = Accepted::new(NOON);
        server.input(&noise[..1 + rng.index(300)], NOON, &mut rng);
        server.conn.handle_timeout(NOON.plus_ms(HANDSHAKE_LIFE_MS));
        server.work(NOON, &mut rng);
        assert!(server.closed.is_some() && server.messages.is_empty() && server.jobs == 0);
        if !server.sent.is_empty() {
            assert!(noise[0] == 0xef && server.closed == Some(CloseReason::UnknownKey));
            answered += 1;
        }
    }
    println!("{answered} of {abridged} random abridged streams were answered -404");
    assert!(answered * 3 < abridged);
}

/// T13: with an obligatory secret nothing but a stream made with it is ever answered.
#[test]
fn obligatory_secret_silences_the_rest() {
    let secret = Secret { key: [9; 16], required: true };
    let dcs = Dcs { ids: 2..=2, test: false };
    let fingerprints = SERVER.config.fingerprints.clone();
    let config = Arc::new(Config { fingerprints, dcs, secret: Some(secret), patience: Patience::default() });
    let probes = [
        (Kind::Abridged, None),
        (Kind::Full, None),
        (Kind::Padded, Some(Obfuscation { secret: None, dc: 2 })),
        (Kind::Padded, Some(Obfuscation { secret: Some([8; 16]), dc: 2 })),
        (Kind::Padded, Some(Obfuscation { secret: Some([9; 16]), dc: 2 })),
    ];
    for (index, (kind, obfuscation)) in probes.into_iter().enumerate() {
        let mut rng = Seeded::new(12);
        let (mut client, mut bytes) = Transport::client(kind, obfuscation, &mut rng).unwrap();
        client.send(&plain(&mt::ReqPq { nonce: [1; 16] }.to_bytes()), &mut rng, &mut bytes);
        client.send(&plain(&mt::ReqPq { nonce: [1; 16] }.to_bytes()), &mut rng, &mut bytes);
        let mut server = Accepted::of(Conn::new(Arc::clone(&config), NOON));
        server.input(&bytes, NOON, &mut rng);
        assert_eq!(server.sent.len(), if index == 4 { 2 } else { 0 });
        assert_eq!(server.closed.is_none(), index == 4);
    }
}

/// HTTP goes to whom it concerns, TLS is closed; a websocket's stream is obfuscated or nothing.
#[test]
fn other_protocols_are_handed_on_or_closed() {
    let mut rng = Seeded::new(13);
    let mut server = Accepted::new(NOON);
    server.input(b"GET /api HTTP/1.1\r\n\r\n", NOON, &mut rng);
    assert_eq!(server.http.as_deref(), Some(&b"GET /api HTTP/1.1\r\n\r\n"[..]));
    assert_eq!(server.closed, Some(CloseReason::Transport(TransportError::Http)));

    let mut server = Accepted::new(NOON);
    server.input(&[0x16, 3, 1, 2, 0, 1, 0], NOON, &mut rng);
    assert_eq!((server.sent.len(), server.closed), (0, Some(CloseReason::Transport(TransportError::Tls))));

    let mut server = Accepted::of(Conn::websocket(Arc::clone(&SERVER.config), NOON));
    server.input(&[0xef; 100], NOON, &mut rng);
    let unrecognised = CloseReason::Transport(TransportError::Unrecognised);
    assert_eq!((server.sent.len(), server.closed), (0, Some(unrecognised)));
}

/// Each packet is one transport frame in an output of its own; before the framing is known there is none.
#[test]
fn every_packet_is_one_transmit() {
    let mut link = Link::new(Kind::Padded, Some(Obfuscation::default()), 14);
    link.server.conn.send(&[1; 40], &mut link.rng);
    link.server.work(NOON, &mut link.rng);
    assert!(link.server.sent.is_empty());
    link.send(&Packet::new(4).seal(&key(0)).0);
    for length in [40, 56, 1 << 20] {
        link.server.conn.send(&vec![1; length], &mut link.rng);
    }
    link.server.work(NOON, &mut link.rng);
    assert_eq!(link.server.sent.len(), 3);
    for (frame, length) in std::mem::take(&mut link.server.sent).into_iter().zip([40, 56, 1 << 20]) {
        link.client.receive(&frame).unwrap();
        assert!(link.client.incoming().unwrap().is_some());
        // Telethon cuts off no more than three bytes.
        assert!((4 + length..4 + length + 4).contains(&frame.len()) && link.client.unread_bytes() == 0);
    }
}

/// Telegram Desktop's habit: a probe that is never continued, then messages under an old key. Using a new key ends its
/// exchange.
#[test]
fn exchange_is_forgotten_when_its_key_is_used() {
    let mut client = RawClient::new(15);
    client.server.table.insert(key(0).id(), key(0));
    client.step_1();
    assert!(client.exchange(&Packet::new(4).seal(&key(0)).0).is_empty());
    assert_eq!((client.server.messages.len(), client.server.conn.open_exchanges()), (1, 1));
    let run = client.step_1();
    client.step_2(&run);
    let (_, g_b) = client.draw();
    client.ask(&run.step_3(g_b.as_bytes(), 0));
    assert_eq!(client.server.conn.open_exchanges(), 2);
    let new = Arc::clone(&client.server.created[0].key);
    assert!(client.exchange(&Packet::new(8).seal(&new).0).is_empty());
    assert_eq!((client.server.messages.len(), client.server.conn.open_exchanges()), (2, 1));
    client.server.conn.forget_exchanges();
    assert_eq!(client.server.conn.open_exchanges(), 0);
}

/// A key that could not be stored: the client is told nothing, so that it tries again elsewhere.
#[test]
fn failed_store_is_not_the_clients_fault() {
    let mut client = RawClient::new(16);
    let run = client.step_1();
    client.step_2(&run);
    let (_, g_b) = client.draw();
    let mut bytes = Vec::new();
    client.transport.send(&plain(&run.step_3(g_b.as_bytes(), 0)), &mut client.rng, &mut bytes);
    let conn = &mut client.server.conn;
    conn.handle_input(&bytes, NOON, &mut client.rng);
    let Some(Output::Job(job)) = conn.poll_output() else { panic!("a job was due") };
    conn.handle_job(job.run(&SERVER.keys), NOON, &mut client.rng);
    let Some(Output::KeyCreated(new)) = conn.poll_output() else { panic!("a key was due") };
    conn.handle_stored(new.key.id(), Stored::Failed, NOON, &mut client.rng);
    assert!(matches!(conn.poll_output(), Some(Output::Close(CloseReason::StoreUnavailable))));
}

/// The idle connection: what it is, and what it holds, after a handshake and some traffic. The budget for all of one
/// idle connection, sockets and tasks and session included, is 6 to 10 KiB.
#[test]
fn idle_connection_weighs_little() {
    for (kind, obfuscated) in KINDS.into_iter().flat_map(|kind| [(kind, false), (kind, true)]) {
        if kind == Kind::Full && obfuscated {
            continue;
        }
        let mut link = Link::new(kind, obfuscated.then(Obfuscation::default), 17);
        let fresh = link.server.conn.heap_bytes();
        for count in 1..=20_u64 {
            link.send(&Packet::new(count << 32).with_body(3000, 12).seal(&key(0)).0);
            link.server.conn.send(&[5; 4000], &mut link.rng);
            link.server.work(NOON, &mut link.rng);
        }
        let (own, heap) = (size_of::<Conn>(), link.server.conn.heap_bytes());
        println!("{kind:?}, obfuscated {obfuscated}: {own} bytes and {heap} on the heap (fresh: {fresh})");
        assert!(own <= 256 && fresh == 0 && heap <= if obfuscated { 640 } else { 0 });
    }
    let mut client = RawClient::new(18);
    client.step_1();
    println!("with a probe: {} on the heap", client.server.conn.heap_bytes());
    assert!(client.server.conn.heap_bytes() <= 128);
    let run = client.step_1();
    client.step_2(&run);
    println!("and an exchange after step 2: {} on the heap", client.server.conn.heap_bytes());
    assert!(client.server.conn.heap_bytes() <= 2048);
}
