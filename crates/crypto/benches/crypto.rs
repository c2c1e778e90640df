//! What the primitives cost on one core, and what a handshake costs against plain operations (row A5).
//!
//! The lines at the end are the figures to hold. The last one: one private operation, one `g^a` from the table and half a pair, over one
//! private operation and two plain exponentiations; at most 0.6.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time, prints it and may panic"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use crypto::arena::Arena;
use crypto::dh::{PublicValue, Secret, public, shared, shared_pair};
use crypto::rsa::PrivateKey;
use crypto::testing::Seeded;
use crypto::{Ctr, HmacKey, aead, hkdf, ige, padding, pq, sha1, sha256, share, sign};

fn bulk(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("bulk");
    let (key, iv) = (sha256(&[b"key"]), sha256(&[b"iv"]));
    for len in [256_usize, 16_384] {
        let mut data = vec![0; len];
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_function(format!("ige encrypt {len}"), |b| {
            b.iter(|| ige::encrypt(black_box(&key), &iv, &mut data))
        });
        group.bench_function(format!("ige decrypt {len}"), |b| {
            b.iter(|| ige::decrypt(black_box(&key), &iv, &mut data))
        });
        let mut ctr = Ctr::new(&key, &[0; 16]);
        group.bench_function(format!("ctr {len}"), |b| b.iter(|| ctr.apply(black_box(&mut data))));
        group.bench_function(format!("sha1 {len}"), |b| b.iter(|| sha1(&[black_box(&data)])));
        group.bench_function(format!("sha256 {len}"), |b| b.iter(|| sha256(&[black_box(&data)])));
    }
    group.finish();
}

/// What every row pays (docs/keys.md): at most 0.7 us for a derivation, 0.15 us for a child in the erasure tree, 0.8 us
/// for 300 bytes under a fresh key.
fn at_rest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("at rest");
    let (leaf, confidentiality) = (sha256(&[b"leaf"]), sha256(&[b"C"]));
    let row_key = [7; 24];
    let info: [&[u8]; 2] = [b"heliograph page", &row_key];
    group.bench_function("hkdf derive", |b| {
        b.iter(|| hkdf::derive(black_box(&leaf), black_box(&confidentiality), &info))
    });
    let salt = hkdf::Salt::new(&confidentiality);
    group.bench_function("hkdf derive, salt prepared", |b| b.iter(|| salt.derive(black_box(&leaf), &info)));
    group.bench_function("record key: sha256 of two blocks", |b| {
        b.iter(|| sha256(&[&confidentiality, black_box(&leaf), b"heliograph record", &[0, 24], &row_key]))
    });
    let prf = HmacKey::new(&leaf);
    group.bench_function("hmac of 14 bytes, prepared", |b| {
        b.iter(|| prf.sign(&[b"owner", black_box(&[1; 9])]))
    });
    group.bench_function("tree child: sha256 of 48 bytes", |b| {
        b.iter(|| sha256(&[b"heliograph ggm", &[1], black_box(&leaf)]))
    });
    let aad = [3; 36];
    let mut buffer = Vec::with_capacity(316);
    group.bench_function("aead seal 300, with the key", |b| {
        b.iter(|| {
            buffer.clear();
            buffer.resize(300, 5);
            aead::Key::new(black_box(&leaf)).seal(&[9; 12], &aad, &mut buffer, 0);
        })
    });
    let sealed = buffer;
    group.bench_function("aead open 300, with the key", |b| {
        b.iter(|| {
            let mut buffer: [u8; 316] = sealed.as_slice().try_into().unwrap();
            aead::Key::new(black_box(&leaf)).open(&[9; 12], &aad, &mut buffer).is_ok()
        })
    });
    let mut rng = Seeded::new(2);
    group.bench_function("split 3 of 5", |b| b.iter(|| share::split(black_box(&leaf), 3, 5, &mut rng)));
    let shares = share::split(&leaf, 3, 5, &mut rng).unwrap();
    group.bench_function("join 3", |b| b.iter(|| share::join(black_box(&shares[..3]))));
    let signing = sign::SigningKey::from_seed(&leaf);
    let signature = signing.sign(&aad);
    group.bench_function("ed25519 sign", |b| b.iter(|| signing.sign(black_box(&aad))));
    let verifying = signing.verifying();
    group.bench_function("ed25519 verify", |b| b.iter(|| verifying.verify(black_box(&aad), &signature)));
    let arena = Arena::new(1);
    group.bench_function("arena keep and drop", |b| b.iter(|| arena.keep(black_box(&leaf)).is_ok()));
    group.finish();
}

struct Inputs {
    key: PrivateKey,
    ciphertext: [u8; 256],
    ours: [Secret; 2],
    theirs: [PublicValue; 2],
}

impl Inputs {
    fn new() -> Inputs {
        let mut rng = Seeded::new(0);
        let key = PrivateKey::generate();
        let ciphertext = padding::rsa_pad_encrypt(&[7; 100], &key.public(), &mut rng).unwrap();
        let mut exchange = || {
            let secret = Secret::random(&mut rng);
            let value = public(&secret).unwrap();
            (secret, value)
        };
        let ((a, g_a), (b, g_b)) = (exchange(), exchange());
        Inputs { key, ciphertext, ours: [a, b], theirs: [g_b, g_a] }
    }

    fn rsa(&self) {
        black_box(self.key.decrypt_raw(black_box(&self.ciphertext)));
    }

    fn power_of_g(&self) {
        black_box(public(black_box(&self.ours[0])).is_ok());
    }

    fn power(&self) {
        black_box(shared(&self.theirs[0], black_box(&self.ours[0])));
    }

    fn pair(&self) {
        let [first, second] = &self.ours;
        black_box(shared_pair((&self.theirs[0], black_box(first)), (&self.theirs[1], black_box(second))));
    }
}

fn handshake(criterion: &mut Criterion, inputs: &Inputs) {
    let mut group = criterion.benchmark_group("handshake");
    let number = inputs.key.decrypt_raw(&inputs.ciphertext);
    let mut rng = Seeded::new(1);
    group.bench_function("rsa private", |b| b.iter(|| inputs.rsa()));
    group.bench_function("padding decode", |b| b.iter(|| padding::decode(black_box(&number))));
    group.bench_function("g^a from the table", |b| b.iter(|| inputs.power_of_g()));
    group.bench_function("g_b^a alone", |b| b.iter(|| inputs.power()));
    group.bench_function("g_b^a, two at once", |b| b.iter(|| inputs.pair()));
    group.bench_function("pq", |b| b.iter(|| pq::Pq::generate(&mut rng)));
    // How long one takes differs a lot.
    let mut rng = Seeded::new(2);
    let products = [(); 64].map(|()| pq::Pq::generate(&mut rng).product());
    group.bench_function("64 pq of clients", |b| b.iter(|| products.map(|pq| pq::factor(black_box(pq)))));
    group.finish();
}

/// The four operations in turn, many times, so that whatever else the machine does falls on all of them.
fn print_ratio(inputs: &Inputs) {
    const ROUNDS: u32 = 400;
    let operations: [fn(&Inputs); 4] = [Inputs::rsa, Inputs::power_of_g, Inputs::power, Inputs::pair];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for (operation, times) in operations.iter().zip(&mut times) {
            let start = Instant::now();
            operation(inputs);
            times.push(start.elapsed());
        }
    }
    let [rsa, power_of_g, power, pair] = times.map(|mut times| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(Duration::ZERO)
    });
    let (ours, plain) = (rsa + power_of_g + pair / 2, rsa + power * 2);
    let ratio = ours.as_secs_f64() / plain.as_secs_f64();
    println!("medians: rsa {rsa:?}, g^a {power_of_g:?}, g_b^a {power:?}, pair {pair:?}");
    println!("handshake {ours:?} of {plain:?} in plain operations: {ratio:.2} (at most 0.60)");
}

/// The figures of `at_rest` as medians of short rounds in turn: on a crowded machine most rounds are not interrupted.
fn print_at_rest() {
    const ROUNDS: usize = 2_000;
    const CALLS: u32 = 32;
    let (leaf, confidentiality) = (sha256(&[b"leaf"]), sha256(&[b"C"]));
    let mut buffer = Vec::with_capacity(316);
    let mut operations: [(&str, &mut dyn FnMut()); 4] = [
        ("hkdf derive (at most 0.7 us)", &mut || {
            black_box(hkdf::derive(black_box(&leaf), &confidentiality, &[b"heliograph page", &[7; 24]]));
        }),
        ("record key", &mut || {
            let parts: [&[u8]; 5] =
                [&confidentiality, black_box(&leaf), b"heliograph record", &[0, 24], &[7; 24]];
            black_box(sha256(&parts));
        }),
        ("tree child (at most 0.15 us)", &mut || {
            black_box(sha256(&[b"heliograph ggm", &[1], black_box(&leaf)]));
        }),
        ("aead 300 bytes with the key (at most 0.8 us)", &mut || {
            buffer.clear();
            buffer.resize(300, 5);
            aead::Key::new(black_box(&leaf)).seal(&[9; 12], &[3; 36], &mut buffer, 0);
        }),
    ];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        for ((_, operation), times) in operations.iter_mut().zip(&mut times) {
            let start = Instant::now();
            (0..CALLS).for_each(|_| operation());
            times.push(start.elapsed() / CALLS);
        }
    }
    for ((name, _), mut times) in operations.into_iter().zip(times) {
        times.sort_unstable();
        println!("{name}: median {:?}, best {:?}", times[ROUNDS / 2], times[0]);
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    at_rest(&mut criterion);
    bulk(&mut criterion);
    let inputs = Inputs::new();
    handshake(&mut criterion, &inputs);
    // `cargo test --benches` only tries each operation once.
    if std::env::args().any(|argument| argument == "--bench") {
        print_at_rest();
        print_ratio(&inputs);
    }
    criterion.final_summary();
}
