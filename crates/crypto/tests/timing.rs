//! Whether time tells secrets (T4): the method of dudect (Reparaz, Balasch, Verbauwhede, 2017).
//!
//! An operation runs many times on inputs of two classes in random order; if Welch's t between the two sets of times
//! passes 4.5, the classes can be told apart. What keeps this steady on a busy machine:
//! - the order is random, so that whatever else happens on the machine falls on both classes alike;
//! - both inputs are read and one is chosen by a mask before the clock starts, so that caches do not know the class;
//! - times above a percentile of the pooled samples are dropped, since interruptions are longer than any leak;
//! - a measurement that shows a difference is repeated up to twice. A leak shows every time and grows with the number
//!   of samples; an accident does not come back.
//!
//! That the method sees what it should is shown by a reading of the paddings that returns early: |t| must pass 10.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that fails may panic, and this one measures time"
)]

use std::hint::black_box;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use crypto::padding::{LEGACY_OBJECT_BYTES, decode, legacy_encrypt, rsa_pad_encrypt};
use crypto::rsa::PrivateKey;
use crypto::share::{Share, join, split};
use crypto::testing::{Scripted, Seeded, welch_t};
use crypto::{Rng, ct_eq, dh, ige, sha1, sha256};
use zeroize::Zeroizing;

/// Below this the classes cannot be told apart.
const T_MAX: f64 = 4.5;
/// What a leak must show at least.
const T_LEAK: f64 = 10.0;
const ATTEMPTS: u64 = 3;
/// How many different inputs stand for a class.
const POOL: usize = 64;

static KEY: LazyLock<PrivateKey> = LazyLock::new(PrivateKey::generate);
/// The tests of this file disturb each other less one after the other.
static MACHINE: Mutex<()> = Mutex::new(());

type Input = [u8; 256];

/// One class of inputs.
fn pool(seed: u64, mut make: impl FnMut(&mut Seeded) -> Input) -> Vec<Input> {
    let mut rng = Seeded::new(seed << 32);
    (0..POOL).map(|_| make(&mut rng)).collect()
}

/// Times of one operation, in nanoseconds, with the class of each.
fn sample<R>(
    operation: &impl Fn(&Input) -> R,
    classes: [&[Input]; 2],
    per_class: usize,
    seed: u64,
) -> Vec<(u64, bool)> {
    let mut rng = Seeded::new(seed << 48);
    let mut order: Vec<(bool, usize)> =
        (0..2 * per_class).map(|i| (i % 2 == 1, rng.u32() as usize % POOL)).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, rng.u64() as usize % (last + 1));
    }
    let mut times = Vec::with_capacity(order.len());
    let mut input = [0; 256];
    for (class, index) in order {
        let mask = black_box(u8::from(class).wrapping_neg());
        for ((byte, first), second) in input.iter_mut().zip(&classes[0][index]).zip(&classes[1][index]) {
            *byte = (first & !mask) | (second & mask);
        }
        let start = Instant::now();
        black_box(operation(black_box(&input)));
        times.push((start.elapsed().as_nanos() as u64, class));
    }
    // The first thousandth warms up.
    times.drain(..per_class / 500);
    times
}

/// Fails if the classes can be told apart each time it is tried.
fn check_alike<R>(name: &str, per_class: usize, operation: impl Fn(&Input) -> R, classes: [&[Input]; 2]) {
    let mut ts = Vec::new();
    for attempt in 1..=ATTEMPTS {
        let t = welch_t(&sample(&operation, classes, per_class, attempt));
        if t < T_MAX {
            return;
        }
        ts.push(t);
    }
    panic!("{name}: the time tells the class, |t| = {ts:.1?}");
}

fn random_number(rng: &mut Seeded) -> Input {
    let mut number = [0; 256];
    rng.fill(&mut number);
    number
}

fn rsa_pad_number(rng: &mut Seeded) -> Input {
    *KEY.decrypt_raw(&rsa_pad_encrypt(&[7; 100], &KEY.public(), rng).unwrap())
}

fn legacy_number(rng: &mut Seeded) -> Input {
    *KEY.decrypt_raw(&legacy_encrypt(&[7; 100], &KEY.public(), rng).unwrap())
}

/// The reading of both paddings as one would write it without T4 in mind.
fn decode_with_early_return(number: &Input) -> bool {
    let mut temp_key = sha256(&[&number[32..]]);
    temp_key.iter_mut().zip(number).for_each(|(key, masked)| *key ^= masked);
    let mut sealed = number[32..].to_vec();
    ige::decrypt(&temp_key, &[0; 32], &mut sealed).unwrap();
    sealed[..192].reverse();
    if ct_eq(&sha256(&[&temp_key, &sealed[..192]]), &sealed[192..]) {
        return true;
    }
    number[0] == 0 && LEGACY_OBJECT_BYTES.iter().any(|&len| sha1(&[&number[21..21 + len]]) == number[1..21])
}

#[test]
fn decoding_takes_as_long_for_a_sound_padding_as_for_none() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let garbage = pool(1, random_number);
    let (rsa_pad, legacy) = (pool(2, rsa_pad_number), pool(3, legacy_number));
    // The damage a prober would try: sound but for one bit, near the start or at the end of what is compared.
    let damaged_at = |seed, byte: usize, make: fn(&mut Seeded) -> Input| {
        pool(seed, |rng| {
            let mut number = make(rng);
            number[byte] ^= 1;
            number
        })
    };
    let zero_first = pool(4, |rng| {
        let mut number = random_number(rng);
        number[0] = 0;
        number
    });
    let per_class = 100_000;
    check_alike("RSA_PAD or garbage", per_class, decode, [&rsa_pad, &garbage]);
    check_alike("old padding or garbage", per_class, decode, [&legacy, &garbage]);
    check_alike("RSA_PAD or old padding", per_class, decode, [&rsa_pad, &legacy]);
    check_alike("first byte zero or not", per_class, decode, [&zero_first, &garbage]);
    check_alike(
        "first or last hash byte",
        per_class,
        decode,
        [&damaged_at(5, 1, legacy_number), &damaged_at(6, 20, legacy_number)],
    );
    check_alike(
        "RSA_PAD sound or damaged",
        per_class,
        decode,
        [&rsa_pad, &damaged_at(7, 255, rsa_pad_number)],
    );
}

#[test]
fn decoding_with_an_early_return_is_seen() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (garbage, rsa_pad, legacy) =
        (pool(1, random_number), pool(2, rsa_pad_number), pool(3, legacy_number));
    for classes in [[&rsa_pad[..], &legacy], [&legacy, &garbage]] {
        let t = welch_t(&sample(&decode_with_early_return, classes, 100_000, 1));
        assert!(t > T_LEAK, "the method would miss a leak: |t| = {t:.1}");
    }
}

#[test]
fn private_operation_takes_as_long_for_a_short_result() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (public, mut ciphertexts) = (KEY.public(), Vec::new());
    for leading_zeros in [200, 1] {
        ciphertexts.push(pool(8, |rng| {
            let mut plain = random_number(rng);
            plain[..leading_zeros].fill(0);
            public.encrypt_raw(&plain).unwrap()
        }));
    }
    let fixed = vec![ciphertexts[1][0]; POOL];
    let decrypt = |ciphertext: &Input| KEY.decrypt_raw(ciphertext);
    // Enough to see a microsecond in 280.
    check_alike("short or long result", 5_000, decrypt, [&ciphertexts[0], &ciphertexts[1]]);
    check_alike("one or many ciphertexts", 5_000, decrypt, [&fixed, &ciphertexts[1]]);
}

#[test]
fn power_of_g_takes_as_long_for_a_sparse_exponent() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let sparse = pool(9, |rng| {
        let mut exponent = [0; 256];
        exponent[0] = 0x80;
        exponent[255] = rng.u32().to_le_bytes()[0] | 1;
        exponent
    });
    let dense = pool(10, random_number);
    // Making the secret is part of what is measured: it copies the bytes, whatever they are.
    let power = |exponent: &Input| dh::public(&dh::Secret::random(&mut Copied(exponent))).is_ok();
    check_alike("sparse or dense exponent", 3_000, power, [&sparse, &dense]);
}

/// The class of a secret is zero or random; what is drawn for it is random in both.
#[test]
fn sharing_takes_as_long_for_a_secret_of_zeros() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let zero = pool(11, |rng| {
        let mut input = random_number(rng);
        input[..32].fill(0);
        input
    });
    let random = pool(12, random_number);
    let split_input = |input: &Input| {
        let secret = input[..32].try_into().unwrap();
        split(secret, 3, 5, &mut Scripted(input[32..96].to_vec())).unwrap()
    };
    check_alike("split a zero or a random secret", 100_000, split_input, [&zero, &random]);
    // Three shares of each, one after the other; and shares that are zero themselves.
    let shares_of = |inputs: &[Input]| -> Vec<Input> {
        let shares = |input| {
            let mut bytes = [0; 256];
            for (to, share) in bytes.chunks_mut(32).zip(split_input(input)) {
                to.copy_from_slice(&*share.bytes);
            }
            bytes
        };
        inputs.iter().map(shares).collect()
    };
    let join_input = |input: &Input| {
        let share = |at: u8, bytes: &[u8]| Share { at, bytes: Zeroizing::new(bytes.try_into().unwrap()) };
        join(&[share(1, &input[..32]), share(3, &input[64..96]), share(4, &input[96..128])]).unwrap()
    };
    let (of_zero, of_random) = (shares_of(&zero), shares_of(&random));
    check_alike("join a zero or a random secret", 100_000, join_input, [&of_zero, &of_random]);
    check_alike("join zero or random shares", 100_000, join_input, [&[[0; 256]; POOL], &of_random]);
}

/// The field as it is usually written, with tables of logarithms: a zero has none, and so it branches.
#[test]
fn sharing_with_tables_and_branches_is_seen() {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut powers, mut logarithms, mut power) = ([0_u8; 255], [0_usize; 256], 1_u8);
    for (exponent, entry) in powers.iter_mut().enumerate() {
        (*entry, logarithms[usize::from(power)]) = (power, exponent);
        power ^= (power << 1) ^ ((power >> 7) * 0x1b);
    }
    let product = |a: u8, b: u8| {
        if a == 0 || b == 0 {
            return 0;
        }
        powers[(logarithms[usize::from(a)] + logarithms[usize::from(b)]) % 255]
    };
    let weigh = |input: &Input| input[..32].iter().fold(0, |sum, byte| sum ^ product(*byte, 0x53));
    let zero = vec![[0; 256]; POOL];
    let t = welch_t(&sample(&weigh, [&zero, &pool(12, random_number)], 100_000, 1));
    assert!(t > T_LEAK, "the method would miss a leak: |t| = {t:.1}");
}

/// Randomness that is one given exponent.
struct Copied<'a>(&'a Input);

impl Rng for Copied<'_> {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(self.0);
    }
}
