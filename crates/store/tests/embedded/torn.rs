//! What is known of a batch whose end, or whose middle, a power cut took.

use std::path::{Path, PathBuf};

use sealed::Number;
use store::testsuite::apply;
use store::{Embedded, Engine, Settings, Torn};

use crate::driven::SMALL;
use crate::scratch::{Scratch, copy};

/// A value as docs/keys.md 4.2 has it, under a number, long enough to fill some sectors.
fn record(kind: u8, number: u64) -> Vec<u8> {
    [&[kind][..], &number.to_be_bytes(), &[0; 3], &[7; 900]].concat()
}

fn journal(folder: &Path) -> PathBuf {
    folder.join("rows/0.jnl")
}

/// A folder with one durable commit, and one of four rows that is whole and not synced for all that the disk knows.
fn folder() -> Scratch {
    let live = Scratch::new();
    let engine = Embedded::open(live.path(), &Settings { memtable_bytes: 1 << 20, ..SMALL }).unwrap();
    apply(&engine, &[(b"owner-12-byt\x00\x01a", Some(&record(1, 1)))]);
    engine.sync().unwrap();
    let rows: Vec<(Vec<u8>, Vec<u8>)> = (2..6_u8)
        .map(|n| (format!("owner-12-byt\x00\x01{n}").into_bytes(), record(1 + n / 5, n.into())))
        .collect();
    let rows: Vec<(&[u8], Option<&[u8]>)> =
        rows.iter().map(|(key, value)| (&key[..], Some(&value[..]))).collect();
    apply(&engine, &rows);
    engine.sync().unwrap();
    let folder = Scratch::new();
    copy(live.path(), folder.path());
    folder
}

fn torn(engine: &Embedded) -> Vec<(u64, bool)> {
    let mut all: Vec<_> = engine.torn().unwrap();
    assert!(all.iter().all(|Torn { owner, .. }| owner == b"owner-12-byt"));
    all.sort_unstable_by_key(|torn| torn.number);
    all.into_iter().map(|Torn { number: Number(number), is_short, .. }| (number, is_short)).collect()
}

#[test]
fn r3_what_is_cut_off_is_remembered_until_it_is_seen_to() {
    let folder = folder();
    let mut bytes = std::fs::read(journal(folder.path())).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap();
    bytes[end] = 0;
    std::fs::write(journal(folder.path()), &bytes).unwrap();
    let all = [(2, false), (3, false), (4, false), (5, true)];
    for _ in 0..3 {
        // A start that is cut short before it has seen to it.
        assert_eq!(torn(&Embedded::open(folder.path(), &SMALL).unwrap()), all);
    }
    let engine = Embedded::open(folder.path(), &SMALL).unwrap();
    engine.forget_torn().unwrap();
    engine.forget_torn().unwrap();
    assert_eq!(torn(&engine), []);
    drop(engine);
    assert_eq!(torn(&Embedded::open(folder.path(), &SMALL).unwrap()), []);
}

/// Sectors reach a disk in any order: what lies behind a hole is found too, and what lies in it is not there.
#[test]
fn r3_what_lies_behind_a_hole_is_found() {
    let whole = folder();
    let bytes = std::fs::read(journal(whole.path())).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    let begins = end - 4 * 900;
    let mut seen = std::collections::BTreeSet::new();
    for sector in begins.div_ceil(512)..end / 512 {
        let place = Scratch::new();
        copy(whole.path(), place.path());
        let mut bytes = bytes.clone();
        bytes[sector * 512..(sector + 1) * 512].fill(0);
        std::fs::write(journal(place.path()), &bytes).unwrap();
        let found = torn(&Embedded::open(place.path(), &SMALL).unwrap());
        // A row of 900 bytes and more begins in a given sector, or it does not; two of them never do.
        assert!(found.len() >= 3, "{found:?} without sector {sector}");
        seen.extend(found);
    }
    assert_eq!(seen.len(), 4);
}
