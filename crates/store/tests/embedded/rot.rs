//! R5: bits that turn over by themselves, files that are cut or stand in each other's place. Each is found (the store does
//! not open, or a read is an error) or does no harm; no read panics.
//!
//! The engine is not the last to look: values are sealed for their row. So a value that was never written to that row is
//! no harm, since it does not open above; what must never come back is a row that is missing, an older version, a row that
//! was deleted. One thing cannot be told from a power cut, and is counted instead: damage to the last commits of a
//! journal that nobody closed.
//!
//! `STORE_FLIPS` says how many bits (5,000 here, 200,000 for a release).

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Once;

use store::{Embedded, Engine as _, EngineError, OpenError, Order, Scan, Settings};

use crate::disk::{Chance, State};
use crate::driven::{Driven, SMALL};
use crate::scratch::{Scratch, copy};
use crate::workload::{Kind, Plan};

const STEPS: u64 = 300;
const PLAN: Plan = Plan { kind: Kind::Small, seed: 5 };

/// Some tables, and a journal that holds more than they do.
const SETTINGS: Settings = Settings { memtable_bytes: 60 << 10, ..SMALL };
/// How often the store is made until its journal ends as it must.
const ATTEMPTS: usize = 10;
/// More steps than one sync takes.
const ONE_SYNC: u64 = 12;

/// What came of it.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq)]
struct Count {
    not_opened: usize,
    read_refused: usize,
    /// A value that sealing finds out.
    altered: usize,
    /// The store ends before a commit that was durable, as after a power cut.
    shorter: usize,
    harmless: usize,
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the row")]
fn r5_a_flipped_bit_is_found_or_does_no_harm() {
    let flips = std::env::var("STORE_FLIPS").map_or(5_000, |value| value.parse().unwrap());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let (folders, last) = folders();
    for (kind, folder) in ["closed", "crashed"].into_iter().zip(folders) {
        let clean = State::read(folder.path());
        let counts: Vec<Count> = std::thread::scope(|scope| {
            let each = |thread: usize| {
                let clean = &clean;
                let seed = (thread * 2 + usize::from(kind == "closed")) as u64;
                scope.spawn(move || flip(clean, last, flips / 2 / threads, kind, seed))
            };
            let running: Vec<_> = (0..threads).map(each).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        println!("{kind}: {counts:?}");
        let shorter: usize = counts.iter().map(|count| count.shorter).sum();
        if kind == "closed" {
            assert_eq!(shorter, 0, "R5: a store that was closed lost its end without a word");
        }
        assert!(kind == "closed" || shorter > 0, "the end of the journal was not tried");
        assert!(counts.iter().all(|count| count.not_opened > 0 && count.read_refused > 0), "{counts:?}");
    }
}

fn flip(clean: &State, last: u64, flips: usize, kind: &str, seed: u64) -> Count {
    let mut chance = Chance(seed ^ 0xb17);
    let mut count = Count::default();
    let place = Scratch::new();
    let paths = clean.paths();
    for _ in 0..flips {
        let mut state = clean.clone();
        let (path, file) = &paths[chance.below(paths.len())];
        let image = state.file(*file);
        // Zeros behind a journal's end count once: a bit in them is another byte behind the end.
        let sectors: Vec<u64> = image.sectors.keys().copied().collect();
        let from = if chance.once_in(4) { sectors.len().saturating_sub(8) } else { 0 };
        let sector = sectors[from + chance.below(sectors.len() - from)];
        let mut bytes = image.sectors[&sector];
        let used = (image.size - sector * 512).min(512) as usize;
        let bit = chance.below(used * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        image.put(sector, bytes);
        let what = format!("{kind}: bit {bit} of sector {sector} of {path}");
        judge(&state, last, place.path(), &what, &mut count);
    }
    count
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures of the row")]
fn r5_cut_and_swapped_files_are_found_or_do_no_harm() {
    let place = Scratch::new();
    let ([closed, _], last) = folders();
    let clean = State::read(closed.path());
    let mut chance = Chance(0xc07);
    let mut count = Count::default();
    let paths = clean.paths();
    for (path, file) in &paths {
        for _ in 0..8 {
            let mut state = clean.clone();
            let image = state.file(*file);
            let used =
                image.sectors.last_key_value().map_or(0, |(sector, _)| (sector + 1) * 512).min(image.size);
            image.resize(chance.below(used as usize) as u64);
            let what = format!("{path} cut to {}", image.size);
            judge(&state, last, place.path(), &what, &mut count);
        }
        for (other, another) in &paths {
            let mut state = clean.clone();
            let image = state.file(*file).clone();
            let image = std::mem::replace(state.file(*another), image);
            *state.file(*file) = image;
            judge(
                &state,
                last,
                place.path(),
                &format!("{path} and {other} in each other's place"),
                &mut count,
            );
        }
    }
    println!("{count:?}");
    assert_eq!(count.shorter, 0, "R5: a store that was closed lost its end without a word");
    assert!(count.not_opened > 50, "{count:?}");
}

/// fjall would make room for two thousand million parts, and the process would end.
#[test]
fn r5_a_table_that_claims_too_much_is_damaged() {
    let ([closed, _], _) = folders();
    let tables = std::fs::read_dir(closed.path().join("rows/keyspaces/1/tables")).unwrap();
    let table = tables.map(|entry| entry.unwrap().path()).next().unwrap();
    let mut bytes = std::fs::read(&table).unwrap();
    let end = bytes.len() - 8;
    let list = usize::try_from(u64::from_le_bytes(bytes[end - 8..end].try_into().unwrap())).unwrap();
    assert_eq!(&bytes[list..list + 4], b"TOC!");
    bytes[list + 7] ^= 0x80;
    std::fs::write(&table, bytes).unwrap();
    assert_eq!(Embedded::open(closed.path(), &SETTINGS).err(), Some(OpenError::Damaged));
}

/// A store that was closed, the same at a moment when it was not, and their last commit. fjall writes tables when it likes:
/// one that was written after the last commit would hold the end of the journal as well, and nothing could be lost.
fn folders() -> ([Scratch; 2], u64) {
    quiet();
    let made = (0..ATTEMPTS).map(|_| try_folders()).find(|([_, crashed], last)| {
        let end = Embedded::open(torn(crashed.path()).path(), &SETTINGS);
        end.is_ok_and(|engine| engine.view().unwrap().commit().0 < *last)
    });
    made.expect("a journal whose end is in no table")
}

/// A copy of a store of which the last byte of the journal never reached the disk.
fn torn(folder: &Path) -> Scratch {
    let place = Scratch::new();
    copy(folder, place.path());
    let journals = std::fs::read_dir(place.path().join("rows")).unwrap().map(|entry| entry.unwrap().path());
    let journal = journals.filter(|path| path.extension().is_some_and(|end| end == "jnl")).max().unwrap();
    let bytes = std::fs::read(&journal).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap();
    std::fs::write(&journal, &bytes[..end]).unwrap();
    place
}

fn try_folders() -> ([Scratch; 2], u64) {
    let (closed, crashed) = (Scratch::new(), Scratch::new());
    let engine = Driven::open(closed.path(), &SETTINGS).unwrap();
    PLAN.write(&engine, STEPS / 2, &|_, _| {}).unwrap();
    engine.maintain().unwrap();
    PLAN.write(&engine, STEPS, &|_, _| {}).unwrap();
    engine.sync().unwrap();
    let last = engine.view().unwrap().commit().0;
    copy(closed.path(), crashed.path());
    drop(engine);
    ([closed, crashed], last)
}

fn judge(state: &State, last: u64, place: &Path, what: &str, count: &mut Count) {
    let folder = place.join("rotten");
    state.build(&folder);
    match Embedded::open(&folder, &SETTINGS) {
        Err(OpenError::Damaged) => count.not_opened += 1,
        Err(error @ (OpenError::Locked | OpenError::Unavailable(_))) => panic!("R5 {what}: {error}"),
        Ok(engine) => look(&engine, last, what, count),
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn look(engine: &Embedded, last: u64, what: &str, count: &mut Count) {
    let view = engine.view().unwrap();
    // Which step this is must be known without reading a row: only the first half has commits of maintenance in it.
    let reached = STEPS + view.commit().0 - last;
    let (rows, ever) = expected(reached);
    let all = Scan { from: b"", to: b"\xff", skip: 0, limit: usize::MAX, order: Order::Ascending };
    let mut outcome = None;
    match view.range(&all) {
        Err(EngineError::Damaged) => outcome = Some(&mut count.read_refused),
        Err(error) => panic!("R5 {what}: {error}"),
        Ok(found) => {
            let found: BTreeMap<_, _> =
                found.into_iter().map(|(key, value)| (key.into_bytes(), value.into_bytes())).collect();
            if differs(&found, &rows, &ever, what) {
                outcome = Some(&mut count.altered);
            }
        }
    }
    // One by one as well: a read that is answered is answered rightly.
    for (key, value) in &rows {
        match view.get(&store::testsuite::row(key)) {
            Err(EngineError::Damaged) => {}
            Err(error) => panic!("R5 {what}: {error}"),
            Ok(None) => panic!("R5 {what}: a row is missing"),
            Ok(Some(found)) => {
                let found = found.into_bytes();
                let older = found != *value && ever.contains(&(key.clone(), found));
                assert!(!older, "R5 {what}: an older version came back");
            }
        }
    }
    match outcome {
        Some(counted) => *counted += 1,
        None if reached < STEPS => {
            assert!(
                reached + ONE_SYNC >= STEPS,
                "R5 {what}: ends at step {reached}, and later rows knew better"
            );
            count.shorter += 1;
        }
        None => count.harmless += 1,
    }
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;
type Ever = HashSet<(Vec<u8>, Vec<u8>)>;

/// The rows after a step, and all that was ever written.
fn expected(step: u64) -> (Rows, Ever) {
    let (mut rows, mut ever) = (Rows::new(), Ever::new());
    for at in 1..=STEPS {
        for (key, value) in PLAN.rows(at) {
            if let Some(value) = &value {
                ever.insert((key.clone(), value.clone()));
            }
            if at <= step {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
        }
    }
    (rows, ever)
}

/// Whether some value is one that was never written; anything worse ends the test.
fn differs(found: &Rows, rows: &Rows, ever: &Ever, what: &str) -> bool {
    let keys: (Vec<_>, Vec<_>) = (found.keys().collect(), rows.keys().collect());
    assert!(keys.0 == keys.1, "R5 {what}: {} rows instead of {}", keys.0.len(), keys.1.len());
    let changed: Vec<_> = found.iter().filter(|(key, value)| rows[*key] != **value).collect();
    let older = changed.iter().find(|(key, value)| ever.contains(&((*key).clone(), (*value).clone())));
    assert!(older.is_none(), "R5 {what}: an older version came back");
    !changed.is_empty()
}

/// fjall panics on some of this; that is caught, and no news.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let ours = panic.location().is_some_and(|place| place.file().contains("crates/store/"));
            if ours {
                loud(panic);
            }
        }));
    });
}
