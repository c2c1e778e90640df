//! T13: somebody wants to know what listens here, or to follow a device by its key.
//!
//! Noise is answered by silence, and so is the beginning of a stream that was somebody else's; temporary keys may change
//! every hour, so nothing at the place of the key id is common to two captures. Red without
//! `!self.node.openings.is_new(fingerprint)` in the server's `connection/link.rs` (`Link::input`); when
//! `mtproto::server::Conn::begin` answers instead of closing (`self.end(CloseReason::Message)` turned into
//! `self.refuse(..)`), or `Conn::end_transport` does and a broken transport keeps its framing (no `self.state =
//! State::Broken(error)` in `Transport::broken`): without a framing it has nothing to answer in.
use std::collections::HashSet;
use std::io::{Read, Write};

use client::{Client, Identity, Options, OsRng, Probe};
use crypto::Rng;
use ids::SessionId;
use ids::limits::FRAME_BYTES_MAX;
use mtproto::handshake::KeyKind;
use mtproto::plain;
use mtproto::transport::{Kind, Obfuscation, Transport};
use tl::{Encode, mt};

use crate::blocking::{connect, to_the_end};
use crate::ground::{Ground, address, random, runs};
use crate::probing::{acquaint, identity, settled, text_to};
use crate::support::within;

/// Random bytes that are not by chance the beginning of something: what obfuscating clients avoid, and the three tags
/// that a stream of noise has once in 2^30.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    loop {
        OsRng.fill(&mut bytes);
        let first = bytes.first_chunk::<4>();
        let is_word = first.is_some_and(|first| {
            [*b"POST", *b"GET ", *b"HEAD", *b"OPTI", [0xee; 4], [0xdd; 4]].contains(first)
        });
        if bytes.first() != Some(&0xef) && !is_word && bytes.get(4..8) != Some(&[0; 4]) {
            return bytes;
        }
    }
}

/// Who says nothing useful is closed after a second here, so that silence has an end.
const IMPATIENT: [&str; 4] = ["--set", "limits.first_frame_s=1", "--set", "limits.partial_frame_s=1"];

/// Sends each on a connection of its own, and returns what each was answered until the server closed it.
fn answers(ground: &Ground, from: u16, streams: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut answers = Vec::new();
    for streams in streams.chunks(100) {
        let open = streams.iter().map(|bytes| {
            let mut stream = connect(address(from), ground.ready().mtproto);
            // A server that has heard enough may close before all is sent.
            let _ = stream.write_all(bytes);
            stream
        });
        let open: Vec<_> = open.collect();
        answers.extend(open.into_iter().map(|mut stream| to_the_end(&mut stream)));
    }
    answers
}

#[tokio::test]
async fn t13_noise_gets_silence() {
    let ground = Ground::open(&IMPATIENT).await;
    let lengths = [1, 8, 63, 64, 65, 72, 128, 500, 4_000, 100_000];
    let streams: Vec<_> = (0..runs(300, 100_000)).map(|run| noise(lengths[run % lengths.len()])).collect();
    for (answer, sent) in answers(&ground, 13, &streams).iter().zip(&streams) {
        assert!(answer.is_empty(), "{} bytes are answered", sent.len());
    }
}

/// Whether the noise behind an obfuscated header happens to be the head of a frame that can hold an encrypted message:
/// then it names a key, and is told that there is none.
fn names_a_key(kind: Kind, stream: &[u8]) -> bool {
    let mut bytes = stream.to_vec();
    let key = stream[8..40].try_into().expect("32 bytes");
    let iv = stream[40..56].try_into().expect("16 bytes");
    crypto::Ctr::new(key, iv).apply(&mut bytes);
    let (length, payload) = match (kind, &bytes[64..]) {
        (Kind::Abridged, [first, rest @ ..]) if first & 0x7f != 0x7f => (4 * u32::from(first & 0x7f), rest),
        (Kind::Abridged, [_, a, b, c, rest @ ..]) => (4 * u32::from_le_bytes([*a, *b, *c, 0]), rest),
        (Kind::Intermediate | Kind::Padded, [a, b, c, d, rest @ ..]) => {
            (u32::from_le_bytes([*a, *b, *c, *d]) & 0x7fff_ffff, rest)
        }
        _ => return false,
    };
    let is_whole = kind == Kind::Padded || length % 16 == 24 % 16;
    payload.len() >= 8 && (72..=FRAME_BYTES_MAX as u32).contains(&length) && is_whole
}

/// Behind a right beginning, which anybody can make, noise gets silence as well, whatever the framing.
#[tokio::test]
async fn t13_noise_in_frames_gets_silence() {
    let ground = Ground::open(&IMPATIENT).await;
    let kinds = [Kind::Abridged, Kind::Intermediate, Kind::Padded];
    let lengths = [4, 8, 24, 64, 200, 1_000, 70_000];
    let stream = |run: usize| {
        let (_, mut bytes) =
            Transport::client(kinds[run % 3], Some(Obfuscation::default()), &mut OsRng).expect("a framing");
        // What is noise to us is noise to the server once it is decrypted.
        bytes.extend(noise(lengths[run % lengths.len()]));
        bytes
    };
    let streams: Vec<_> = (0..runs(300, 100_000)).map(stream).collect();
    for (run, (answer, sent)) in answers(&ground, 14, &streams).iter().zip(&streams).enumerate() {
        let kind = kinds[run % 3];
        assert!(answer.is_empty() || names_a_key(kind, sent), "{kind:?}: {answer:?}");
    }
}

/// The bytes of a client's stream: an obfuscated header and a first request.
fn stream_of(kind: Kind, request: &[u8]) -> Vec<u8> {
    let (mut transport, mut bytes) =
        Transport::client(kind, Some(Obfuscation { secret: None, dc: 2 }), &mut OsRng).expect("a framing");
    transport.send(request, &mut OsRng, &mut bytes);
    bytes
}

#[tokio::test]
async fn t13_a_replayed_beginning_gets_silence() {
    let ground = Ground::open(&IMPATIENT).await;
    let server = ground.ready().mtproto;
    let alice = ground.user().await;
    let mut probe = ground.probe(&identity(&alice).await).await;
    let kinds = [Kind::Abridged, Kind::Intermediate, Kind::Padded];
    let mut replays = Vec::new();
    for run in 0..runs(40, 4_000) {
        // What a new client says first, and one that has a key.
        let request = if run % 2 == 0 {
            plain::wrap(ids::WireMsgId(0), &mt::ReqPqMulti { nonce: random() }.to_bytes())
        } else {
            let ping = probe.craft(mt::Ping { ping_id: 1 }.to_bytes(), false);
            probe.seal(&ping)
        };
        let bytes = stream_of(kinds[run % 3], &request);
        let mut client = connect(address(15), server);
        client.write_all(&bytes).expect("the stream is sent");
        client.read_exact(&mut [0]).expect("the client is answered");
        // The whole stream, its beginning alone, with something else behind it, with its fields bent that are no key.
        let mut bent = bytes.clone();
        bent[..8].copy_from_slice(&noise(8));
        bent[60] ^= 1;
        let other = [&bytes[..64], &noise(200)].concat();
        replays.extend([bytes[..64].to_vec(), bytes, other, bent]);
    }
    assert!(answers(&ground, 16, &replays).iter().all(Vec::is_empty), "a replay is answered");
}

/// An address of its own for each, so that no client is answered like a thief.
#[tokio::test]
async fn t13_all_clients_are_answered() {
    let ground = Ground::open(&[]).await;
    for framing in [Kind::Abridged, Kind::Intermediate, Kind::Padded] {
        for _ in 0..3 {
            let client = Client::connect(Options { framing, ..ground.options() });
            let client = within(client).await.expect("a client");
            within(client.ping()).await.expect("a pong");
            within(client.cut()).await.expect("a broken connection");
            within(client.ping()).await.expect("a pong over another connection");
        }
    }
}

/// Two captures of one device, each with temporary keys that live an hour: nothing at the place of the key id is common
/// to both.
#[tokio::test]
async fn t13_a_device_that_changes_its_keys_cannot_be_followed() {
    let ground = Ground::open(&[]).await;
    let (alice, bob) = (ground.user().await, ground.user().await);
    let to_bob = acquaint(&alice, &bob).await;
    let permanent = alice.client.permanent().clone();
    let mut captures = Vec::new();
    for capture in 0..2 {
        let mut ids = HashSet::new();
        for hour in 0..runs(3, 25) {
            // In clear, as a capture would be behind a naive transport.
            let options = Options { pfs_s: Some(3600), obfuscated: false, ..ground.options() };
            let client = within(Client::resume(options, permanent.clone())).await.expect("a bound key");
            let number = 1 + capture * 100 + hour as i64;
            within(client.call(&text_to(to_bob.clone(), "hourly", number))).await.expect("an answer");
            let used = within(client.identity()).await.expect("a key").key.id();
            assert_ne!(used, permanent.key.id());
            assert!(ids.insert(used), "a temporary key came again");
        }
        captures.push(ids);
    }
    assert!(captures[0].is_disjoint(&captures[1]));
}

/// The shortest life that is promised, and a shorter one, are accepted.
#[tokio::test]
async fn t13_temporary_keys_of_an_hour_are_accepted() {
    let ground = Ground::open(&[]).await;
    for expires_in_s in [3600, 60, 86_400] {
        let (wire, identity): (_, Identity) = ground.key(KeyKind::Temporary { expires_in_s }).await;
        settled(&mut Probe::new(wire, &identity, SessionId(1))).await;
    }
}
