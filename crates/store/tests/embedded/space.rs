//! What deleting gives back, and how long a start takes. `STORE_SPACE_ROWS` says how many rows (1,000,000 for a release).

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

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
        let batch: Batch = (first..rows.min(first + BATCH))
            .map(|number| {
                let value = value_bytes.map(|bytes| at_rest(&number.to_be_bytes().repeat(bytes / 8)));
                (row(&key(number)), value)
            })
            .collect();
        engine.session().unwrap().apply(batch).unwrap();
    }
}

/// What a folder takes of the disk.
fn bytes(folder: &Path) -> u64 {
    let inside = std::fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() { bytes(&entry.path()) } else { metadata.blocks() * 512 }
    });
    inside.sum()
}
