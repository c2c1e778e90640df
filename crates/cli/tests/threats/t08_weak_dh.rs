//! T8: a client, or somebody in between, sends a DH value that makes a key others know.
//!
//! Values outside 2^1984 .. p - 2^1984 and of any other length are refused and nothing is stored; exponents and nonces
//! are fresh each time. Red without the range check in `crypto::dh::PublicValue::parse` (`in_range(..)`), and, for the
//! freshness, with a constant in the place of `dh::Secret::random(rng)` in `PqSent::request` or of `rng.array()` in
//! `PqSent::new`.
use std::collections::HashSet;

use crypto::dh::{self, PRIME};
use mtproto::AuthKey;
use tl::Encode;

use crate::exchange::{NOT_FOUND, Run};
use crate::ground::{Ground, runs};
use crate::packet::{Plaintext, msg_key, seal};
use crate::raw::{Answer, Raw};

/// A small number, or 2^`bit`, as 256 bytes.
fn small(number: u8) -> [u8; 256] {
    let mut bytes = [0; 256];
    bytes[255] = number;
    bytes
}

fn power_of_two(bit: usize) -> [u8; 256] {
    let mut bytes = [0; 256];
    bytes[255 - bit / 8] = 1 << (bit % 8);
    bytes
}

/// a - b.
fn minus(a: [u8; 256], b: [u8; 256]) -> [u8; 256] {
    let mut borrowed = 0;
    let mut difference = [0; 256];
    for at in (0..256).rev() {
        let digit = i16::from(a[at]) - i16::from(b[at]) - borrowed;
        borrowed = i16::from(digit < 0);
        difference[at] = (digit & 0xff) as u8;
    }
    difference
}

fn plus(a: [u8; 256], b: [u8; 256]) -> [u8; 256] {
    minus(a, minus([0; 256], b))
}

#[tokio::test]
async fn t8_weak_values_are_refused_and_leave_nothing() {
    let ground = Ground::open(&[]).await;
    let trusted = ground.rsa_key();
    let (least, most) = (power_of_two(1984), minus(PRIME, power_of_two(1984)));
    let one = small(1);
    let weak: Vec<(&str, Vec<u8>)> = vec![
        ("0", small(0).into()),
        ("1", one.into()),
        ("2", small(2).into()),
        ("p - 1", minus(PRIME, one).into()),
        ("p", PRIME.into()),
        ("p + 1", plus(PRIME, one).into()),
        ("2^1984 - 1", minus(least, one).into()),
        ("p - 2^1984 + 1", plus(most, one).into()),
        ("2^2048 - 1", vec![0xff; 256]),
        ("nothing", Vec::new()),
        ("one byte", vec![3]),
        ("short", vec![0x55; 200]),
        ("257 bytes", [&[1][..], &[0; 256]].concat()),
        ("257 bytes, a zero in front of p", [&[0][..], &PRIME].concat()),
    ];
    for (name, g_b) in weak {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        run.agree(&mut raw, trusted).await;
        assert_eq!(raw.ask(&run.step_3(&g_b, 0)).await, NOT_FOUND, "{name}");
        assert_eq!(raw.answer().await, Answer::Closed, "{name}");
    }
    // The keys that 0, 1 and p - 1 would make are known to everybody; the server must not know them.
    for known in [small(0), one, minus(PRIME, one)] {
        let key = AuthKey::new(Box::new(zeroize::Zeroizing::new(known)));
        let mut raw = Raw::connect(&ground.plain()).await;
        let body = tl::mt::Ping { ping_id: 1 }.to_bytes();
        let plaintext = Plaintext {
            salt: 0,
            session: 1,
            msg_id: 4,
            seqno: 0,
            length: body.len() as u32,
            body,
            padding: vec![0; 20],
        };
        let plaintext = plaintext.bytes();
        raw.send(&seal(&key, msg_key(&key, 0, &plaintext), &plaintext));
        assert_eq!(raw.answer().await, NOT_FOUND);
    }
    for (name, g_b) in [("2^1984", least), ("p - 2^1984", most)] {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        run.agree(&mut raw, trusted).await;
        let answer = raw.ask(&run.step_3(&g_b, 0)).await;
        let is_ok = matches!(&answer, Answer::Body(body) if body[..4] == 0x3bcb_f734_u32.to_le_bytes());
        assert!(is_ok, "the border {name} is inside");
    }
}

#[tokio::test]
async fn t8_no_value_and_no_nonce_comes_again() {
    let ground = Ground::open(&[]).await;
    let trusted = ground.rsa_key();
    let (mut values, mut nonces) = (HashSet::new(), HashSet::new());
    let handshakes = runs(1_000, 100_000);
    for _ in 0..handshakes {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        let (g_a, _) = run.agree(&mut raw, trusted).await;
        assert!(dh::in_range(g_a.as_bytes()));
        values.insert(*g_a.as_bytes());
        nonces.insert(run.server_nonce);
    }
    assert_eq!((values.len(), nonces.len()), (handshakes, handshakes));
}
