//! What sealing costs: leaves, records, and the state after a shred tick.
//!
//! The figures to hold, on one core at rest: a leaf in sequence 0.5 us, a cold one 10 us, sealing a record 3 us, a tick of
//! 1,000 deletions among 1,000,000 records 250 ms.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crypto::Rng;
use crypto::testing::Seeded;
use ids::BoxId;
use sealed::{BoxKeys, Keyring, Number, NumberRange, Secret, Version};

const RECORD: [u8; 300] = [7; 300];
const RECORDS: u64 = 1_000_000;
const DELETIONS: usize = 1_000;

/// The operating system's randomness would be measured along; here it is next to nothing.
struct Cheap(u64);

impl Rng for Cheap {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

fn keys() -> BoxKeys {
    Keyring::self_sufficient(1).warm(BoxId(7)).expect("a keyring that has everything")
}

fn leaves(c: &mut Criterion) {
    let keys = keys();
    c.bench_function("leaf, sequential", |b| b.iter(|| keys.next_number()));
    let mut rng = Cheap(1);
    c.bench_function("leaf, cold", |b| b.iter(|| keys.reach(Number(rng.u64()))));
}

fn records(c: &mut Criterion) {
    let keys = keys();
    let row = keys.names().row(5, &[0, 0, 0, 1]);
    let mut rng = Cheap(1);
    c.bench_function("row key", |b| b.iter(|| black_box(&keys).names().row(5, &[0, 0, 0, 1])));
    c.bench_function("seal 300 bytes", |b| {
        b.iter(|| {
            let number = keys.next_number().expect("a number");
            keys.seal(&row, Version::first(number), &RECORD, &mut rng)
        });
    });
    let number = keys.next_number().expect("a number");
    let sealed = keys.seal(&row, Version::first(number), &RECORD, &mut rng).expect("a leaf");
    c.bench_function("open 300 bytes", |b| b.iter(|| keys.open(&row, &sealed)));
}

fn tick(c: &mut Criterion) {
    let mut rng = Seeded::new(1);
    let base = keys().next_number().expect("a number").0;
    let mut random = || NumberRange::one(Number(base + rng.below(RECORDS)));
    let cuts: Vec<NumberRange> = (0..DELETIONS).map(|_| random()).collect();
    let more: Vec<NumberRange> = (0..DELETIONS).map(|_| random()).collect();
    let state = keys().state().expect("a state");
    let mut group = c.benchmark_group("tick, 1,000 of 1,000,000");
    group.sample_size(20);
    let mut rng = Cheap(1);
    group.bench_function("the first", |b| {
        b.iter_batched(
            || Secret::new([1; 32]),
            |x| state.cut(&cuts, &[], x, &mut rng).expect("a cut").bytes(),
            BatchSize::SmallInput,
        );
    });
    let change = state.cut(&cuts, &[], Secret::new([1; 32]), &mut rng).expect("a cut");
    group.bench_function("the second", |b| {
        b.iter_batched(
            || Secret::new([2; 32]),
            |x| change.next().cut(&more, &change.pages, x, &mut rng).expect("a cut").bytes(),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, leaves, records, tick);
criterion_main!(benches);
