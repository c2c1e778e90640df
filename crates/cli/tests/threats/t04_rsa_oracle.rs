//! T4: whoever learns why a ciphertext is refused has an oracle for RSA.
//!
//! Fourteen ways to be wrong under either padding: the same -404, the same close, the same time; one decryption for each
//! `server_nonce`, then the run is dead. Red without any of the terms of `let valid =` in
//! `mtproto::handshake::server::inner::judge` (that way to be wrong is accepted), without
//! `std::mem::replace(&mut exchange.step, Step::Away)` in `Exchanges::req_dh_params` (a run takes a second ciphertext), and
//! in time when `dh::public(&self.secret)` in `ParamsJob::agree` comes before `inner::judge` for some of them.
use client::{Clock, OsRng};
use crypto::rsa::PublicKey;
use crypto::{Rng, ige, sha1, sha256};
use tl::Encode;

use crate::exchange::{INNER, INNER_DC, INNER_TEMP, INNER_TEMP_DC, Inner, NOT_FOUND, Padding, Run};
use crate::ground::{Ground, random, runs};
use crate::raw::{Answer, Raw};
use crate::statistics::welch_t;

/// -404 as an intermediate frame.
const REFUSAL: [u8; 8] = [4, 0, 0, 0, 0x6c, 0xfe, 0xff, 0xff];

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Corruption {
    Constructor,
    Pq,
    P,
    Q,
    Exchanged,
    Nonce,
    ServerNonce,
    ExpiresNever,
    ExpiresBefore,
    LongNumber,
    Hash,
    Content,
    FirstByte,
    NotPadded,
}

const ALL: [Corruption; 14] = [
    Corruption::Constructor,
    Corruption::Pq,
    Corruption::P,
    Corruption::Q,
    Corruption::Exchanged,
    Corruption::Nonce,
    Corruption::ServerNonce,
    Corruption::ExpiresNever,
    Corruption::ExpiresBefore,
    Corruption::LongNumber,
    Corruption::Hash,
    Corruption::Content,
    Corruption::FirstByte,
    Corruption::NotPadded,
];

/// The object of a faithful client that wants a temporary key, bent.
fn object(run: &Run, corruption: Corruption) -> Vec<u8> {
    let mut inner = Inner { id: INNER_TEMP_DC, expires_in: Some(3600), ..run.inner() };
    match corruption {
        Corruption::Constructor => inner.id ^= 1,
        Corruption::Pq => inner.pq[7] ^= 2,
        Corruption::P => inner.p[3] ^= 2,
        Corruption::Q => inner.q[0] ^= 1,
        Corruption::Exchanged => std::mem::swap(&mut inner.p, &mut inner.q),
        Corruption::Nonce => inner.nonce[15] ^= 1,
        Corruption::ServerNonce => inner.server_nonce[0] ^= 0x80,
        Corruption::ExpiresNever => inner.expires_in = Some(0),
        Corruption::ExpiresBefore => inner.expires_in = Some(-1),
        Corruption::LongNumber => inner.pq = [&[0; 12][..], &inner.pq].concat(),
        Corruption::Hash | Corruption::Content | Corruption::FirstByte | Corruption::NotPadded => {}
    }
    inner.bytes()
}

/// The number before RSA, padded by hand from the documents, and bent.
fn number(padding: Padding, object: &[u8], corruption: Corruption) -> [u8; 256] {
    let mut number: [u8; 256] = random();
    if corruption == Corruption::NotPadded {
        number[0] &= 0x7f;
        return number;
    }
    match padding {
        Padding::Sha1 => {
            number[0] = u8::from(corruption == Corruption::FirstByte);
            number[1..21].copy_from_slice(&sha1(&[object]));
            number[21..21 + object.len()].copy_from_slice(object);
            number[20] ^= u8::from(corruption == Corruption::Hash);
            number[20 + object.len()] ^= u8::from(corruption == Corruption::Content);
        }
        Padding::RsaPad => {
            let (mut data, temp_key) = (random::<192>(), random::<32>());
            data[..object.len()].copy_from_slice(object);
            let mut hash = sha256(&[&temp_key, &data]);
            hash[31] ^= u8::from(corruption == Corruption::Hash);
            data[191] ^= u8::from(corruption == Corruption::Content);
            data.reverse();
            number[32..224].copy_from_slice(&data);
            number[224..].copy_from_slice(&hash);
            ige::encrypt(&temp_key, &[0; 32], &mut number[32..]).expect("whole blocks");
            let mask = sha256(&[&number[32..]]);
            for (place, (key, mask)) in number.iter_mut().zip(temp_key.iter().zip(mask)) {
                *place = key ^ mask;
            }
            number[0] ^= u8::from(corruption == Corruption::FirstByte);
        }
    }
    number
}

fn ciphertext(run: &Run, key: &PublicKey, padding: Padding, corruption: Corruption) -> Vec<u8> {
    let object = object(run, corruption);
    loop {
        if let Ok(ciphertext) = key.encrypt_raw(&number(padding, &object, corruption)) {
            return ciphertext.to_vec();
        }
    }
}

/// Sends a wrong step 2 on a connection of its own; how long it takes until that is closed.
async fn refused(ground: &Ground, key: &PublicKey, padding: Padding, corruption: Corruption) -> f64 {
    let mut raw = Raw::connect(&ground.plain()).await;
    let run = Run::begin(&mut raw).await;
    let request = run.step_2(key, ciphertext(&run, key, padding, corruption));
    let clock = Clock::start();
    raw.say(&request.to_bytes());
    let answer = raw.rest().await;
    let took = clock.elapsed().as_secs_f64();
    assert_eq!(answer, REFUSAL, "{padding:?}, {corruption:?}");
    took
}

#[tokio::test]
async fn t4_all_wrong_ciphertexts_are_refused_alike() {
    let ground = Ground::alone(&[]).await;
    let key = ground.rsa_key();
    let ways: Vec<_> = [Padding::RsaPad, Padding::Sha1]
        .into_iter()
        .flat_map(|padding| ALL.map(|corruption| (padding, corruption)))
        .collect();
    let samples = runs(60, 1_000_000);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let mut times = vec![Vec::new(); ways.len()];
        for _ in 0..samples * ways.len() {
            let at = OsRng.u32() as usize % ways.len();
            let (padding, corruption) = ways[at];
            times[at].push(refused(&ground, key, padding, corruption).await);
        }
        // The first class is an object of the wrong constructor, soundly padded.
        let ts = times.iter().zip(&ways).skip(1).map(|(other, way)| (welch_t(&times[0], other), *way));
        let (t, way) = ts.max_by(|(a, _), (b, _)| a.total_cmp(b)).expect("ways");
        seen.push((t, way));
        if t < 4.5 {
            return;
        }
    }
    panic!("told apart, each time: {seen:?}");
}

/// The bending above is what is refused, not the padding by hand: unbent it is accepted.
#[tokio::test]
async fn t4_the_same_numbers_unbent_are_accepted() {
    let ground = Ground::open(&[]).await;
    let key = ground.rsa_key();
    let kinds = [
        (INNER, None, None),
        (INNER_DC, Some(2), None),
        (INNER_TEMP, None, Some(60)),
        (INNER_TEMP_DC, Some(0), Some(1)),
    ];
    for (padding, (id, dc, expires_in)) in
        [Padding::RsaPad, Padding::Sha1].into_iter().flat_map(|padding| kinds.map(|kind| (padding, kind)))
    {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        let mut inner = Inner { id, dc, expires_in, ..run.inner() };
        // Zeros in front of a number change nothing.
        inner.pq.insert(0, 0);
        // No corruption of the number is meant by a corruption of the object.
        let ciphertext = loop {
            let number = number(padding, &inner.bytes(), Corruption::Nonce);
            if let Ok(ciphertext) = key.encrypt_raw(&number) {
                break ciphertext.to_vec();
            }
        };
        let answer = raw.ask(&run.step_2(key, ciphertext).to_bytes()).await;
        let Answer::Body(body) = answer else { panic!("{padding:?} is not accepted: {answer:?}") };
        run.open(&body);
    }
}

/// A foreign data centre has an answer of its own, but only if everything else is right.
#[tokio::test]
async fn t4_a_foreign_data_centre_is_named_only_to_who_got_everything_else_right() {
    let ground = Ground::open(&[]).await;
    let key = ground.rsa_key();
    for (corrupt, told) in [(false, -444), (true, -404)] {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        let mut inner = Inner { dc: Some(99), ..run.inner() };
        inner.server_nonce[3] ^= u8::from(corrupt);
        let request = run.step_2(key, Padding::RsaPad.encrypt(&inner.bytes(), key));
        assert_eq!(raw.ask(&request.to_bytes()).await, Answer::Error(told));
        assert_eq!(raw.answer().await, Answer::Closed);
    }
}

/// One `server_nonce`, one decryption: a second ciphertext is not looked at, right or wrong.
#[tokio::test]
async fn t4_a_run_takes_one_ciphertext() {
    let ground = Ground::open(&[]).await;
    let key = ground.rsa_key();
    for second in [Corruption::Nonce, Corruption::NotPadded] {
        let mut raw = Raw::connect(&ground.plain()).await;
        let run = Run::begin(&mut raw).await;
        let (_, request) = run.agree(&mut raw, key).await;
        let other = run.step_2(key, ciphertext(&run, key, Padding::RsaPad, second));
        assert_eq!(raw.ask(&other.to_bytes()).await, NOT_FOUND);
        assert_eq!(raw.answer().await, Answer::Closed);
        let mut elsewhere = Raw::connect(&ground.plain()).await;
        assert_eq!(elsewhere.ask(&request).await, NOT_FOUND, "the run is dead everywhere");
    }
    // Two ciphertexts in one piece, before the first is decrypted.
    let mut raw = Raw::connect(&ground.plain()).await;
    let run = Run::begin(&mut raw).await;
    for _ in 0..2 {
        let right = Padding::RsaPad.encrypt(&run.inner().bytes(), key);
        raw.say(&run.step_2(key, right).to_bytes());
    }
    assert!(matches!(raw.answer().await, Answer::Body(_)));
    assert_eq!(raw.answer().await, NOT_FOUND);
    assert_eq!(raw.answer().await, Answer::Closed);
}
