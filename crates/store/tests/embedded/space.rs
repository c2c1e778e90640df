//! What deleting gives back, and how long a start takes. `STORE_SPACE_ROWS` says how many rows (1,000,000 for a release).

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use store::testsuite::{at_rest, row};
use store::{Batch, Engine};

use crate::driven::Driven;
use crate::scratch::Scratch;

const BATCH: u64 = 500;

#[test]
#[expect(clippy::print_stdout, reason = "figures")]
fn deleted_rows_leave_the_disk() {
    let rows: u64 = std::env::var("STORE_SPACE_ROWS").map_or(250_000, |value| value.parse().unwrap());
    let folder = Scratch::new();
    let engine = Driven::open(folder.path(), &store::Settings::default()).unwrap();
    let empty = bytes(folder.path());
    write(&engine, rows, Some(350));
    engine.sync().unwrap();
    let full = bytes(folder.path());
    write(&engine, rows, None);
    engine.sync().unwrap();
    let deleted = bytes(folder.path());
    // As a driver does, over a day.
    for _ in 0..3 {
        engine.maintain().unwrap();
        engine.sync().unwrap();
    }
    let after = bytes(folder.path());
    println!("empty {empty}, full {full}, deleted {deleted}, after maintenance {after} bytes");
    assert!(full > 200 * rows, "{full}");
    assert!(
        (after - empty) * 10 <= full - empty,
        "{after} bytes of {full} are left, {empty} were there before"
    );
    drop(engine);
    let engine = Driven::open(folder.path(), &store::Settings::default()).unwrap();
    assert!(store::testsuite::found(&*engine.view().unwrap(), &key(0)).is_none());
}

fn key(number: u64) -> Vec<u8> {
    // Scattered, as row keys of many owners are.
    [&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes(), &b"0123"[..], &number.to_be_bytes()].concat()
}

fn write(engine: &dyn Engine, rows: u64, value_bytes: Option<usize>) {
    for first in (0..rows).step_by(usize::try_from(BATCH).unwrap()) {
        write_some(engine, first..rows.min(first + BATCH), value_bytes);
    }
}

fn write_some(engine: &dyn Engine, numbers: std::ops::Range<u64>, value_bytes: Option<usize>) {
    let batch: Batch = numbers
        .map(|number| {
            let value = value_bytes.map(|bytes| at_rest(&number.to_be_bytes().repeat(bytes / 8)));
            (row(&key(number)), value)
        })
        .collect();
    engine.session().unwrap().apply(batch).unwrap();
}

/// What a folder takes of the disk. fjall removes files meanwhile.
fn bytes(folder: &Path) -> u64 {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes(&entry.path()),
            Ok(metadata) => metadata.blocks() * 512,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => panic!("{error}"),
        }
    });
    inside.sum()
}

/// What was merged stays until the memtable after it ends, and in a store that nobody writes to none does.
#[test]
fn what_was_merged_leaves_the_disk_of_a_store_that_rests() {
    let folder = Scratch::new();
    let settings = store::Settings { memtable_bytes: 4 << 20, ..store::Settings::default() };
    let engine = Driven::open(folder.path(), &settings).unwrap();
    let tables = folder.path().join("rows/keyspaces/1/tables");
    let fresh = usize::from(ids::limits::STORE_FRESH_TABLES);
    // Whoever merges the fresh ones makes one more.
    let mut rows = 0;
    while std::fs::read_dir(&tables).unwrap().count() <= fresh {
        write_some(&engine, rows..rows + BATCH, Some(350));
        rows += BATCH;
    }
    engine.sync().unwrap();
    let live = rows * 380;
    wait_for("the merge", || bytes(&tables) > live + live / 2);
    wait_for("what was merged to go", || {
        engine.maintain().unwrap();
        bytes(&tables) < live + live / 4
    });
}

/// fjall tells nobody of what its threads have done, so it is asked for again and again, for five minutes at most.
fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let (_nobody, never) = mpsc::channel::<()>();
    for _ in 0..30_000 {
        if is_there() {
            return;
        }
        let _ = never.recv_timeout(Duration::from_millis(10));
    }
    panic!("{what} did not come");
}
