//! A vault on a real folder with 100,000 keys: releases, small changes, and the tick of 10,000 boxes.
//!
//! `cargo bench -p vault`; VAULT_BENCH_FOLDER names another folder to put it in. Everything is durable before it is
//! answered, so the figures are mostly those of the disk; in a folder in memory they are those of the processor.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a bench that is wrong about its own data should stop at once"
)]

use std::{cell::RefCell, collections::BTreeMap, env, fs, hint::black_box, path::PathBuf, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crypto::{Rng, testing::Seeded};
use custody::wire::{Commitment, Ended, Handle, Op, Piece, Request, RequestId, Stage};
use vault::Vault;
use zeroize::Zeroizing;

const KEYS: u64 = 100_000;
const MANY: u64 = 10_000;
/// What a box with few deletions has: some 65 nodes.
const PAGE_BYTES: usize = 2_700;

struct Ground {
    vault: Vault,
    rng: Seeded,
    epochs: BTreeMap<u64, u32>,
    next: u64,
    order: u64,
    folder: PathBuf,
}

impl Ground {
    fn new() -> Ground {
        let parent = env::var_os("VAULT_BENCH_FOLDER").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
        let folder = PathBuf::from(parent).join("vault-bench");
        let _ = fs::remove_dir_all(&folder);
        let vault = Vault::init(&folder, Box::new(Seeded::new(1))).unwrap();
        let mut ground =
            Ground { vault, rng: Seeded::new(2), epochs: BTreeMap::new(), next: KEYS, order: 0, folder };
        for chunk in 0..KEYS / 20_000 {
            ground.ask((chunk * 20_000..(chunk + 1) * 20_000).map(put).collect());
        }
        ground
    }

    fn ask(&mut self, ops: Vec<Op>) {
        self.order += 1;
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        let request = Request { deployment: Handle([1; 16]), id: RequestId(id), order: self.order, ops };
        black_box(self.vault.exchange(&request.encode()).unwrap());
    }

    fn epoch_of(&self, n: u64) -> u32 {
        self.epochs.get(&n).copied().unwrap_or(0)
    }

    /// The tick of 10,000 boxes: stages in requests that are nearly as large as they may be, then one of commits.
    fn tick(&mut self, first: u64) {
        let all: Vec<(u64, u32)> = (first..first + MANY).map(|n| (n, self.epoch_of(n))).collect();
        for some in all.chunks(5_000) {
            self.ask(some.iter().map(|(n, from)| stage(*n, *from)).collect());
        }
        self.ask(all.iter().map(|(n, from)| commit(*n, from + 1)).collect());
        self.epochs.extend(all.iter().map(|(n, from)| (*n, from + 1)));
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn handle(n: u64) -> Handle {
    let hash = crypto::sha256(&[&n.to_be_bytes()]);
    Handle(*hash.first_chunk().unwrap())
}

fn piece(n: u64, epoch: u32) -> Piece {
    let hash = |kind| crypto::sha256(&[&[kind], &n.to_be_bytes(), &epoch.to_be_bytes()]);
    let commitments = (1..=3).map(|kind| Commitment(*hash(kind).first_chunk().unwrap())).collect();
    Piece { share: Zeroizing::new(hash(0)), commitments }
}

fn put(n: u64) -> Op {
    Op::Put { handle: handle(n), epoch: 0, piece: piece(n, 0) }
}

fn get(n: u64) -> Op {
    Op::Get { handle: handle(n) }
}

fn stage(n: u64, from: u32) -> Op {
    let page = |epoch: u32| u64::from(epoch) << 32;
    Op::Stage(Box::new(Stage {
        handle: handle(n),
        from: Some(from),
        to: from + 1,
        piece: piece(n, from + 1),
        sheet: vec![1; 90],
        pages: vec![(page(from + 1), vec![2; PAGE_BYTES])],
        ended: Ended::Pages(if from == 0 { vec![] } else { vec![page(from)] }),
    }))
}

fn commit(n: u64, to: u32) -> Op {
    Op::Commit { handle: handle(n), to, tag: piece(n, to).tag() }
}

fn benches(criterion: &mut Criterion) {
    let ground = RefCell::new(Ground::new());
    singles(criterion, &ground, "vault with 100,000 keys");
    let mut group = criterion.benchmark_group("vault with 100,000 keys");
    group.throughput(Throughput::Elements(MANY)).sample_size(10);
    group.bench_function("release 10,000 keys", |bench| {
        bench.iter(|| ground.borrow_mut().ask((0..MANY).map(get).collect()));
    });
    group.bench_function("tick of 10,000 boxes", |bench| bench.iter(|| ground.borrow_mut().tick(0)));
    group.finish();

    for first in (0..KEYS).step_by(10_000) {
        ground.borrow_mut().tick(first);
    }
    singles(criterion, &ground, "vault with 100,000 states");
    let mut group = criterion.benchmark_group("vault with 100,000 states");
    group.throughput(Throughput::Elements(MANY)).sample_size(10);
    group.bench_function("tick of 10,000 boxes", |bench| bench.iter(|| ground.borrow_mut().tick(0)));
    group.finish();
}

/// What one request about one key takes.
fn singles(criterion: &mut Criterion, ground: &RefCell<Ground>, name: &str) {
    let mut group = criterion.benchmark_group(name);
    group.measurement_time(Duration::from_secs(3)).sample_size(20);
    group.bench_function("release one key", |bench| {
        let mut n = 0;
        bench.iter(|| {
            n = (n + 7919) % KEYS;
            ground.borrow_mut().ask(vec![get(n)]);
        });
    });
    group.bench_function("keep one key", |bench| {
        bench.iter(|| {
            let mut ground = ground.borrow_mut();
            ground.next += 1;
            let n = ground.next;
            ground.ask(vec![put(n)]);
        });
    });
    group.bench_function("stage one box, commit it", |bench| {
        bench.iter(|| {
            let mut ground = ground.borrow_mut();
            let from = ground.epoch_of(KEYS - 1);
            ground.ask(vec![stage(KEYS - 1, from)]);
            ground.ask(vec![commit(KEYS - 1, from + 1)]);
            ground.epochs.insert(KEYS - 1, from + 1);
        });
    });
    group.finish();
}

criterion_group!(vault, benches);
criterion_main!(vault);
