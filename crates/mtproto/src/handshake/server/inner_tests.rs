//! What `judge` takes and refuses, and that the time it takes does not say why it refuses (T4).

use std::hint::black_box;
use std::time::Instant;

use crypto::padding::{Decoded, decode};
use crypto::testing::{Seeded, welch_t};
use crypto::{Rng, ige, sha1, sha256};
use tl::codec::put_bytes;

use super::super::Nonces;
use super::super::pq_sent::PqSent;
use super::{INNER, INNER_DC, INNER_TEMP, INNER_TEMP_DC, judge};
use crate::handshake::KeyKind;

const RUN: PqSent = PqSent {
    nonces: Nonces { client: [1; 16], server: [2; 16] },
    pq: crypto::pq::Pq { p: 0x494c_553b, q: 0x5391_1073 },
};

/// An object under construction.
#[derive(Clone)]
struct Sketch {
    id: u32,
    numbers: [Vec<u8>; 3],
    nonces: [[u8; 16]; 2],
    tail: Vec<i32>,
}

impl Sketch {
    fn right(id: u32, tail: &[i32]) -> Self {
        let numbers = [
            RUN.pq.product().to_be_bytes().to_vec(),
            RUN.pq.p.to_be_bytes().to_vec(),
            RUN.pq.q.to_be_bytes().to_vec(),
        ];
        Self { id, numbers, nonces: [RUN.nonces.client, RUN.nonces.server], tail: tail.to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut object = self.id.to_le_bytes().to_vec();
        self.numbers.iter().for_each(|number| put_bytes(&mut object, number));
        self.nonces.iter().for_each(|nonce| object.extend_from_slice(nonce));
        object.extend_from_slice(&[7; 32]);
        self.tail.iter().for_each(|number| object.extend_from_slice(&number.to_le_bytes()));
        object
    }
}

fn rsa_pad(object: &[u8], rng: &mut dyn Rng) -> [u8; 256] {
    let mut number = [0; 256];
    let mut data: [u8; 192] = rng.array();
    data[..object.len()].copy_from_slice(object);
    let temp_key: [u8; 32] = rng.array();
    number[224..].copy_from_slice(&sha256(&[&temp_key, &data]));
    data.reverse();
    number[32..224].copy_from_slice(&data);
    ige::encrypt(&temp_key, &[0; 32], &mut number[32..]).unwrap();
    let mask = sha256(&[&number[32..]]);
    number.iter_mut().zip(temp_key).zip(mask).for_each(|((byte, key), mask)| *byte = key ^ mask);
    number
}

fn legacy(object: &[u8], rng: &mut dyn Rng) -> [u8; 256] {
    let mut number: [u8; 256] = rng.array();
    number[0] = 0;
    number[1..21].copy_from_slice(&sha1(&[object]));
    number[21..21 + object.len()].copy_from_slice(object);
    number
}

fn judged(sketch: &Sketch) -> [Option<(KeyKind, i32)>; 2] {
    let mut rng = Seeded::new(0);
    let object = sketch.bytes();
    [rsa_pad(&object, &mut rng), legacy(&object, &mut rng)]
        .map(|number| judge(&decode(&number), &RUN).map(|inner| (inner.kind, inner.dc)))
}

#[test]
fn the_four_constructors_are_read() {
    let temporary = KeyKind::Temporary { expires_in_s: 3600 };
    let cases: [(u32, &[i32], KeyKind, i32); 4] = [
        (INNER, &[], KeyKind::Permanent, 0),
        (INNER_DC, &[-2], KeyKind::Permanent, -2),
        (INNER_TEMP, &[3600], temporary, 0),
        (INNER_TEMP_DC, &[i32::MIN, 3600], temporary, i32::MIN),
    ];
    for (id, tail, kind, dc) in cases {
        assert_eq!(judged(&Sketch::right(id, tail)), [Some((kind, dc)); 2], "{id:x}");
        assert_eq!(judged(&Sketch::right(id ^ 1, tail)), [None; 2], "{id:x}");
    }
}

#[test]
fn numbers_are_read_as_numbers() {
    let right = Sketch::right(INNER_DC, &[2]);
    for zeros in 1..=7 {
        let mut padded = right.clone();
        let mut zeroed = vec![0; zeros];
        zeroed.extend_from_slice(&RUN.pq.p.to_be_bytes());
        padded.numbers[1] = zeroed;
        assert_eq!(judged(&padded), [Some((KeyKind::Permanent, 2)); 2], "{zeros}");
    }
    let wrong: [(usize, Vec<u8>); 7] = [
        (0, Vec::new()),
        (0, [&[1][..], &RUN.pq.product().to_be_bytes()].concat()),
        (0, vec![0; 16]),
        (1, RUN.pq.q.to_be_bytes().to_vec()),
        (1, [&[1, 0, 0, 0, 0][..], &RUN.pq.p.to_be_bytes()].concat()),
        (2, RUN.pq.q.to_be_bytes()[..3].to_vec()),
        (2, vec![0; 254]),
    ];
    for (which, number) in wrong {
        let mut bent = right.clone();
        bent.numbers[which] = number;
        if bent.bytes().len() <= 192 {
            assert_eq!(judged(&bent), [None; 2]);
        }
    }
}

#[test]
fn whatever_is_decrypted_is_read_without_harm() {
    let mut rng = Seeded::new(9);
    for _ in 0..5_000 {
        let garbage: [u8; 256] = (&mut rng as &mut dyn Rng).array();
        assert!(judge(&decode(&garbage), &RUN).is_none());
        let object: [u8; 120] = (&mut rng as &mut dyn Rng).array();
        assert!(judge(&decode(&rsa_pad(&object, &mut rng)), &RUN).is_none());
    }
}

/// Inputs of one class; timing draws from them.
const POOL: usize = 64;
/// Below this two classes cannot be told apart (dudect: Reparaz, Balasch, Verbauwhede, 2017).
const T_MAX: f64 = 4.5;
const SAMPLES: usize = 30_000;

/// How well two classes of refused inputs can be told apart, measured in random order.
#[allow(clippy::disallowed_methods, reason = "this test measures time")]
fn difference(refuse: impl Fn(&Decoded) -> bool, classes: [&[Decoded]; 2], seed: u64) -> f64 {
    let mut rng = Seeded::new(seed);
    let mut times = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let draw = rng.u32() as usize;
        let (class, index) = (draw & 1, (draw >> 1) % POOL);
        // Both are touched before the clock starts, so that caches do not know the class.
        black_box((classes[0][index].data()[0], classes[1][index].data()[0]));
        let start = Instant::now();
        assert!(black_box(refuse(black_box(&classes[class][index]))));
        times.push((start.elapsed().as_nanos() as u64, class == 1));
    }
    welch_t(&times)
}

/// One class: an object bent in one way, under one padding; every member with random bytes of its own.
fn class(bend: impl Fn(&mut Sketch), pad: fn(&[u8], &mut dyn Rng) -> [u8; 256], seed: u64) -> Vec<Decoded> {
    let mut rng = Seeded::new(seed << 20);
    let mut sketch = Sketch::right(INNER_TEMP_DC, &[2, 3600]);
    bend(&mut sketch);
    let object = sketch.bytes();
    (0..POOL).map(|_| decode(&pad(&object, &mut rng))).collect()
}

/// T4: a wrong constructor, a wrong number, a wrong nonce, an unsound padding: refused in the same time. A difference
/// must show in each of ten measurements, since a busy machine makes one now and then.
#[test]
fn refusals_take_the_same_time() {
    let reference = class(|sketch| sketch.nonces[0][15] ^= 1, rsa_pad, 1);
    let mut classes = Vec::new();
    for (seed, pad) in [(100, rsa_pad as fn(&[u8], &mut dyn Rng) -> [u8; 256]), (200, legacy)] {
        classes.push(("constructor", class(|sketch| sketch.id ^= 1, pad, seed)));
        classes.push(("pq", class(|sketch| sketch.numbers[0][0] ^= 1, pad, seed + 1)));
        classes.push(("p", class(|sketch| sketch.numbers[1][3] ^= 2, pad, seed + 2)));
        classes.push(("q", class(|sketch| sketch.numbers[2][0] ^= 2, pad, seed + 3)));
        classes.push(("p and q exchanged", class(|sketch| sketch.numbers.swap(1, 2), pad, seed + 4)));
        classes.push(("nonce", class(|sketch| sketch.nonces[0][0] ^= 1, pad, seed + 5)));
        classes.push(("server_nonce", class(|sketch| sketch.nonces[1][15] ^= 1, pad, seed + 6)));
        classes.push(("expires_in", class(|sketch| sketch.tail[1] = -1, pad, seed + 7)));
    }
    classes.push(("no padding", class(|_| {}, |_, rng| rng.array(), 300)));
    for (name, inputs) in classes {
        let mut ts = (1..=10).map(|seed| difference(refuses, [&reference, &inputs], seed << 40));
        assert!(ts.any(|t| t < T_MAX), "{name} can be told from a wrong nonce");
    }
}

fn refuses(decoded: &Decoded) -> bool {
    judge(decoded, &RUN).is_none()
}

/// The measurement sees what it is there for: a check that returns early.
#[test]
fn early_return_would_be_seen() {
    let early =
        |decoded: &Decoded| decoded.data()[0] ^ 1 == INNER_TEMP_DC.to_le_bytes()[0] || refuses(decoded);
    let constructor = class(|sketch| sketch.id ^= 1, rsa_pad, 400);
    let nonce = class(|sketch| sketch.nonces[0][0] ^= 1, rsa_pad, 401);
    let t = difference(early, [&constructor, &nonce], 1);
    assert!(t > 10.0, "|t| = {t:.1}");
}
