//! Durable commits of 64 senders: fjall alone and the embedded engine over it, in turn, in one run.
//!
//! A commit is six rows of 60 + 300 bytes after one look at an absent key; a sender waits until it is durable. `queue`:
//! one thread takes all that wait into one batch of fjall's and syncs it, the fastest way to use fjall alone. `each`: every
//! sender applies its own batch, one thread calls fjall's `persist`, which holds the journal's lock while it syncs. `beside`:
//! the same, but synced through a second handle on the journal, so that the others go on; what the engine does.
//! `embedded`: the engine, with its session, its own row and its snapshot for every commit. Beside it stands what a
//! commit costs in processor time, of all threads. `STORE_BENCH_S` is how long each runs, `STORE_BENCH_DIR` where.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a bench reads the clock and prints figures"
)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use store::testsuite::{at_rest, row};
use store::{Batch, Embedded, Engine as _, Settings};

const SENDERS: u64 = 64;
const ROWS: u64 = 6;
const ROUNDS: usize = 3;

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let seconds = std::env::var("STORE_BENCH_S").map_or(4, |value| value.parse().unwrap());
    let dir =
        std::env::var_os("STORE_BENCH_DIR").map_or(PathBuf::from(env!("CARGO_TARGET_TMPDIR")), Into::into);
    let folder = dir.join(format!("commits-{}", std::process::id()));
    starts(&folder);
    println!(
        "{:<9} {:>10} {:>8} {:>8} {:>8} {:>10}",
        "way", "commits/s", "p50 ms", "p99 ms", "max ms", "CPU us"
    );
    let ways: [(&str, Way); 4] =
        [("queue", queue), ("each", each), ("beside", beside), ("embedded", embedded)];
    let mut rates = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (place, (name, way)) in ways.iter().enumerate() {
            let measured = way(&folder, Duration::from_secs(seconds));
            println!("{name:<9} {measured}");
            rates[place].push((measured.rate, measured.cpu_us));
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
    let median = |place: usize, of: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = rates[place].iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    for (place, (name, _)) in ways.iter().enumerate().take(3) {
        println!(
            "embedded / {name}: {:.2} of the commits, {:.2} of the processor time",
            median(3, |r| r.0) / median(place, |r| r.0),
            median(3, |r| r.1) / median(place, |r| r.1)
        );
    }
}

/// How long a start takes with 250 MB of rows, of which the last are in journals only: closing writes no tables.
fn starts(folder: &Path) {
    let engine = Embedded::open(folder, &Settings::default()).unwrap();
    for first in (1..=700_000 / ROWS).step_by(100) {
        let put =
            |number| (0..ROWS).map(move |part| (row(&key(number, part)), Some(at_rest(&value(number)))));
        engine.session().unwrap().apply((first..first + 100).flat_map(put).collect()).unwrap();
        engine.sync().unwrap();
    }
    drop(engine);
    let (begin, cpu) = (Instant::now(), cpu_us());
    let engine = Embedded::open(folder, &Settings::default()).unwrap();
    let ms = begin.elapsed().as_secs_f64() * 1000.0;
    println!("start: {ms:.0} ms, {:.0} ms of processor time", (cpu_us() - cpu) / 1000.0);
    drop(engine);
    std::fs::remove_dir_all(folder).unwrap();
}

type Way = fn(&Path, Duration) -> Measured;

struct Measured {
    rate: f64,
    cpu_us: f64,
    waits_ms: Vec<f64>,
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = |share: f64| self.waits_ms[((self.waits_ms.len() - 1) as f64 * share) as usize];
        let (p50, p99, max) = (at(0.5), at(0.99), at(1.0));
        write!(f, "{:>10.0} {p50:>8.2} {p99:>8.2} {max:>8.1} {:>10.1}", self.rate, self.cpu_us)
    }
}

/// Says how far what is durable goes, and wakes who waits for it.
#[derive(Default)]
struct Gate {
    durable: Mutex<u64>,
    changed: Condvar,
}

impl Gate {
    fn open(&self, to: u64) {
        *self.durable.lock().unwrap() = to;
        self.changed.notify_all();
    }

    fn wait(&self, for_: u64) {
        let durable = self.durable.lock().unwrap();
        drop(self.changed.wait_while(durable, |durable| *durable < for_).unwrap());
    }
}

/// Runs the senders: each takes a number, sends, waits.
fn measure(time: Duration, send: impl Fn(u64) + Sync) -> Measured {
    let (next, begin, cpu) = (AtomicU64::new(1), Instant::now(), cpu_us());
    let waits = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let mut mine = Vec::new();
                while begin.elapsed() < time {
                    let sent = Instant::now();
                    send(next.fetch_add(1, Ordering::Relaxed));
                    mine.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                waits.lock().unwrap().extend(mine);
            });
        }
    });
    let mut waits_ms = waits.into_inner().unwrap();
    waits_ms.sort_by(f64::total_cmp);
    let commits = waits_ms.len() as f64;
    Measured { rate: commits / begin.elapsed().as_secs_f64(), cpu_us: (cpu_us() - cpu) / commits, waits_ms }
}

/// Processor time of this process, in hundredths of a second as the system counts.
fn cpu_us() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
}

fn key(number: u64, part: u64) -> Vec<u8> {
    // Two of six parts go on in order, four fall anywhere.
    let place = if part < 2 { number } else { number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ part };
    let mut key = vec![0; 60];
    key[0] = part as u8;
    key[1..9].copy_from_slice(&place.to_be_bytes());
    key[9..17].copy_from_slice(&number.to_be_bytes());
    key
}

fn value(number: u64) -> Vec<u8> {
    let mut state = number;
    (0..300)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect()
}

fn bare(folder: &Path) -> (Database, Keyspace) {
    let settings = Settings::default();
    let database = Database::builder(folder)
        .cache_size(settings.cache_bytes)
        .max_journaling_size(settings.journal_bytes_max)
        .manual_journal_persist(true)
        .worker_threads(settings.workers)
        .open()
        .unwrap();
    let rows = database.keyspace("rows", || {
        KeyspaceCreateOptions::default()
            .manual_journal_persist(true)
            .max_memtable_size(settings.memtable_bytes)
    });
    (database, rows.unwrap())
}

fn queue(folder: &Path, time: Duration) -> Measured {
    let (database, rows) = bare(folder);
    let (gate, waiting, some, ended) =
        (Gate::default(), Mutex::new((0, Vec::new())), Condvar::new(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                let (last, taken) = {
                    let empty =
                        |queue: &mut (u64, Vec<u64>)| queue.1.is_empty() && !ended.load(Ordering::Relaxed);
                    let mut queue = some.wait_while(waiting.lock().unwrap(), empty).unwrap();
                    (queue.0, std::mem::take(&mut queue.1))
                };
                if taken.is_empty() {
                    return;
                }
                let mut batch = database.batch();
                for number in taken {
                    assert!(rows.get(key(number, 99)).unwrap().is_none());
                    (0..ROWS).for_each(|part| batch.insert(&rows, key(number, part), value(number)));
                }
                batch.commit().unwrap();
                database.persist(PersistMode::SyncAll).unwrap();
                gate.open(last);
            }
        });
        let measured = measure(time, |number| {
            let mine = {
                let mut queue = waiting.lock().unwrap();
                queue.0 += 1;
                queue.1.push(number);
                some.notify_one();
                queue.0
            };
            gate.wait(mine);
        });
        ended.store(true, Ordering::Relaxed);
        drop(waiting.lock());
        some.notify_one();
        measured
    })
}

fn each(folder: &Path, time: Duration) -> Measured {
    let (database, rows) = bare(folder);
    apart(&database, &rows, time, &|| database.persist(PersistMode::SyncAll).unwrap())
}

fn beside(folder: &Path, time: Duration) -> Measured {
    let (database, rows) = bare(folder);
    let journals = |number: u64| folder.join(format!("{number}.jnl"));
    let newest = Mutex::new((0, File::open(journals(0)).unwrap()));
    apart(&database, &rows, time, &|| {
        database.persist(PersistMode::Buffer).unwrap();
        let mut newest = newest.lock().unwrap();
        newest.1.sync_all().unwrap();
        while let Ok(next) = File::open(journals(newest.0 + 1)) {
            *newest = (newest.0 + 1, next);
            newest.1.sync_all().unwrap();
        }
    })
}

/// Every sender applies its own batch; one thread syncs.
fn apart(database: &Database, rows: &Keyspace, time: Duration, sync: &(dyn Fn() + Sync)) -> Measured {
    let (gate, turn, some, ended) = (Gate::default(), Mutex::new(0), Condvar::new(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut synced = 0;
            loop {
                let idle = |applied: &mut u64| *applied == synced && !ended.load(Ordering::Relaxed);
                let applied = *some.wait_while(turn.lock().unwrap(), idle).unwrap();
                if applied == synced {
                    return;
                }
                sync();
                synced = applied;
                gate.open(synced);
            }
        });
        let measured = measure(time, |number| {
            let mine = {
                let mut applied = turn.lock().unwrap();
                assert!(rows.get(key(number, 99)).unwrap().is_none());
                let mut batch = database.batch();
                (0..ROWS).for_each(|part| batch.insert(rows, key(number, part), value(number)));
                batch.commit().unwrap();
                *applied += 1;
                some.notify_one();
                *applied
            };
            gate.wait(mine);
        });
        ended.store(true, Ordering::Relaxed);
        drop(turn.lock());
        some.notify_one();
        measured
    })
}

fn embedded(folder: &Path, time: Duration) -> Measured {
    let engine = Arc::new(Embedded::open(folder, &Settings::default()).unwrap());
    let gate = Arc::new(Gate::default());
    let told = Arc::clone(&gate);
    engine.on_durable(Arc::new(move |commit| told.open(commit.0)));
    let synced = Arc::clone(&engine);
    let driver = std::thread::spawn(move || while synced.wait_unsynced() && synced.sync().is_ok() {});
    let measured = measure(time, |number| {
        let session = engine.session().unwrap();
        assert!(session.get(&row(&key(number, 99))).unwrap().is_none());
        let put = |part| (row(&key(number, part)), Some(at_rest(&value(number))));
        let batch: Batch = (0..ROWS).map(put).collect();
        gate.wait(session.apply(batch).unwrap().0);
    });
    engine.close();
    driver.join().unwrap();
    measured
}
