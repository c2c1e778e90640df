//! T3: what a server does with a broken packet must not tell what was broken.
//!
//! All of a packet is decrypted and hashed, the msg_key compared, and only then a field looked at; every failure is the
//! same silent close. Red without `if !crypto::ct_eq(&msg_key(&large), claimed)` in `mtproto::cipher::decrypt` (a packet
//! with a wrong msg_key is answered); the measurement is red when the length is looked at before the hash is computed:
//! move the statement that begins `let large =` and the comparison behind the checks of `length`.
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use client::Clock;
use mtproto::AuthKey;
use mtproto::handshake::KeyKind;

use crate::blocking::{connect, to_the_end};
use crate::ground::{Ground, address, random, runs};
use crate::packet::{Plaintext, msg_key, seal};
use crate::raw::Raw;
use crate::statistics::welch_t;

/// Bytes of the plaintext of all packets that are compared: the hash of so many takes a time that shows.
const PLAINTEXT_BYTES: usize = 960 << 10;

/// A way to be broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Class {
    /// What the length field says.
    length: u32,
    right_session: bool,
    right_msg_key: bool,
}

const IN_RANGE: u32 = PLAINTEXT_BYTES as u32 - 32 - 16;
const NEGATIVE: u32 = -8_i32 as u32;
const HUGE: u32 = i32::MAX as u32 - 3;
const ODD: u32 = IN_RANGE + 1;
const NO_PADDING: u32 = PLAINTEXT_BYTES as u32 - 32;

/// Every class, the one that all others are compared with first.
fn classes() -> Vec<Class> {
    let mut classes = Vec::new();
    for length in [IN_RANGE, NEGATIVE, HUGE, ODD] {
        for right_session in [true, false] {
            classes.push(Class { length, right_session, right_msg_key: false });
        }
    }
    for length in [NEGATIVE, HUGE, ODD, 0, 2, NO_PADDING, 1024] {
        classes.push(Class { length, right_session: true, right_msg_key: true });
    }
    classes
}

/// Whose packets are broken.
struct Victim<'a> {
    server: SocketAddr,
    key: &'a AuthKey,
    salt: u64,
    session: u64,
    msg_id: u64,
}

impl Victim<'_> {
    /// One frame with the opening of the stream.
    fn frame(&self, class: Class) -> Vec<u8> {
        let plaintext = Plaintext {
            salt: self.salt,
            session: if class.right_session { self.session } else { u64::from_le_bytes(random()) },
            msg_id: self.msg_id,
            seqno: 0,
            length: class.length,
            body: vec![0x77; IN_RANGE as usize],
            padding: random::<16>().to_vec(),
        };
        let plaintext = plaintext.bytes();
        let msg_key = if class.right_msg_key { msg_key(self.key, 0, &plaintext) } else { random() };
        let packet = seal(self.key, msg_key, &plaintext);
        let length = (packet.len() as u32).to_le_bytes();
        [&[0xee; 4][..], &length, &packet].concat()
    }

    /// Sends a frame; what comes back, and how long it takes until the connection is closed.
    fn break_in(&self, frame: &[u8]) -> (Vec<u8>, Duration) {
        let mut stream = connect(address(3), self.server);
        let clock = Clock::start();
        stream.write_all(frame).expect("the frame is sent");
        let answer = to_the_end(&mut stream);
        (answer, clock.elapsed())
    }

    /// The largest t between the first class and any other, over `samples` of each in random order.
    fn measure(&self, classes: &[Class], samples: usize) -> (f64, Class) {
        // Made before, a few of each, so that nothing but the server's work is between two looks at the clock.
        let frames: Vec<[Vec<u8>; 2]> =
            classes.iter().map(|class| [self.frame(*class), self.frame(*class)]).collect();
        let mut times = vec![Vec::new(); classes.len()];
        while times.iter().any(|times| times.len() < samples) {
            let at = usize::from(random::<1>()[0]) % classes.len();
            let (answer, took) = self.break_in(&frames[at][times[at].len() % 2]);
            assert!(answer.is_empty(), "{:?} is answered", classes[at]);
            times[at].push(took.as_secs_f64());
        }
        let others = times[1..].iter().zip(&classes[1..]);
        let ts = others.map(|(other, class)| (welch_t(&times[0], other), *class));
        ts.max_by(|(a, _), (b, _)| a.total_cmp(b)).expect("classes")
    }
}

#[tokio::test]
async fn t3_no_broken_packet_can_be_told_from_another() {
    let ground = Ground::alone(&[]).await;
    let (wire, identity) = ground.key(KeyKind::Permanent).await;
    let now = wire.clock().now();
    let victim = Victim {
        server: ground.ready().mtproto,
        key: &identity.key,
        salt: identity.salt,
        session: u64::from_le_bytes(random()),
        msg_id: mtproto::plain::request_id(now).get(),
    };
    let classes = classes();
    let samples = runs(60, 1_000_000);
    // What a busy machine shows once it need not show again; what the server shows it shows each time.
    let mut seen = Vec::new();
    let is_quiet = (0..3).any(|_| {
        let (t, class) = victim.measure(&classes, samples);
        seen.push((t, class));
        t < 4.5
    });
    assert!(is_quiet, "told apart, each time: {seen:?}");
}

/// Frames that cannot be encrypted messages at all, and broken ones of each framing: silence as well.
#[tokio::test]
async fn t3_nothing_broken_is_answered_whatever_the_framing() {
    use mtproto::transport::Kind;
    let ground = Ground::open(&[]).await;
    let (_, identity) = ground.key(KeyKind::Permanent).await;
    let id = identity.key.id().get().to_le_bytes();
    for kind in [Kind::Abridged, Kind::Intermediate, Kind::Padded, Kind::Full] {
        for bytes in [8, 12, 24, 40, 56, 68, 72, 76, 88, 104] {
            let options = client::Options { framing: kind, ..ground.plain() };
            let mut raw = Raw::connect(&options).await;
            let payload: Vec<u8> = id.into_iter().chain(random::<128>()).take(bytes).collect();
            raw.send(&payload);
            assert!(raw.rest().await.is_empty(), "{kind:?}, {bytes} bytes");
        }
    }
}
