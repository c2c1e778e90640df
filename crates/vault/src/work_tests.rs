//! What is read, changed and taken back in a piece of work is what a map in memory says.

use std::collections::BTreeMap;

use crypto::{Rng as _, aead, testing::Seeded};
use custody::wire::{CopyOf, Handle};

use super::*;
use crate::{disk::DiskError, testing::Ram};

type Model = BTreeMap<RowKey, Vec<u8>>;

fn key(n: u64) -> RowKey {
    let [.., byte] = n.to_be_bytes();
    RowKey::copy(Handle([byte / 8; 16]), CopyOf::Page(n % 8))
}

/// One operation, on the rows and on the map.
fn step(work: &mut Work<'_>, model: &mut Model, rng: &mut Seeded, removes_percent: u64) {
    let key = key(rng.below(200));
    if rng.chance(5) {
        let handle = RowKey::copies(Handle([u8::try_from(rng.below(25)).unwrap_or(0); 16]));
        let keys = work.keys(&handle).unwrap_or_else(|fault| panic!("{fault}"));
        let expected = model.keys().filter(|key| key.starts_with(&handle));
        assert!(expected.eq(&keys));
    } else if rng.chance(30) {
        let peeked = work.peek(&key).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(peeked.map(|value| value.to_vec()) == model.get(&key).cloned());
        if rng.chance(50) {
            return;
        }
        let value = work.value(&key).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(value.map(|value| value.as_slice()) == model.get(&key).map(Vec::as_slice));
    } else if rng.chance(removes_percent) {
        let value = work.remove(&key).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(value.map(|value| value.to_vec()) == model.remove(&key));
    } else {
        let most = if rng.chance(20) { 40_000 } else { 9_000 };
        let mut value = vec![0; rng.index(most)];
        let edge = value.len().min(32);
        rng.fill(&mut value[..edge]);
        work.put(key, Zeroizing::new(value.clone())).unwrap_or_else(|fault| panic!("{fault}"));
        model.insert(key, value);
    }
}

#[test]
fn rows_asked_for_in_any_order_are_those_of_a_map() {
    let disk = Ram::default();
    let table_key = aead::Key::new(&[1; 32]);
    let mut book = Book::make(Box::new(disk.clone()), Box::new(Seeded::new(1)), table_key)
        .unwrap_or_else(|error| panic!("{error}"));
    let (mut rng, mut model) = (Seeded::new(2), Model::new());
    for round in 0..120 {
        let mut next = model.clone();
        let mut work = Work::begin(&mut book).unwrap_or_else(|fault| panic!("{fault}"));
        let removes_percent = if round % 3 == 0 { 90 } else { 40 };
        for _ in 0..1 + rng.below(200) {
            step(&mut work, &mut next, &mut rng, removes_percent);
        }
        match round % 5 {
            // Given up.
            4 => drop(work),
            3 => {
                disk.fail_after(0, DiskError::Full);
                if work.commit().is_ok() {
                    model = next;
                }
            }
            _ => {
                work.commit().unwrap_or_else(|fault| panic!("{fault}"));
                model = next;
            }
        }
        assert_eq!(book.head.rows, model.len() as u64);
        assert_eq!(book.head.bytes, model.values().map(|value| value.len() as u64).sum::<u64>());
        let live: u64 = book.pages.values().map(|entry| u64::from(entry.len)).sum();
        assert_eq!(live, book.packs.values().map(|pack| pack.live).sum::<u64>());
    }
    let mut work = Work::begin(&mut book).unwrap_or_else(|fault| panic!("{fault}"));
    let all = work.keys(&RowKey::FIRST).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(model.keys().eq(&all));
}

/// Red when a page that was read stays after another one was opened, which may have been the same one, to be changed.
#[test]
fn what_was_read_is_not_what_is_told_when_it_was_changed_and_closed_since() {
    let mut book = Book::make(Box::new(Ram::default()), Box::new(Seeded::new(1)), aead::Key::new(&[1; 32]))
        .unwrap_or_else(|error| panic!("{error}"));
    let value = |fill: u8| Zeroizing::new(vec![fill; limits::VAULT_PAGE_BYTES_MAX]);
    let told = |work: &mut Work<'_>, key: &RowKey| {
        let value = work.peek(key).unwrap_or_else(|fault| panic!("{fault}"));
        value.map(|value| value[0])
    };
    let mut work = Work::begin(&mut book).unwrap_or_else(|fault| panic!("{fault}"));
    let pages = OPEN_PAGES_MAX as u64 + 2;
    (0..pages).for_each(|n| work.put(key(n), value(1)).unwrap_or_else(|fault| panic!("{fault}")));
    work.commit().unwrap_or_else(|fault| panic!("{fault}"));
    let mut work = Work::begin(&mut book).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(told(&mut work, &key(0)), Some(1));
    work.put(key(0), value(2)).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(told(&mut work, &key(0)), Some(2), "while it is open");
    for n in 1..pages {
        assert!(work.value(&key(n)).is_ok_and(|value| value.is_some()));
    }
    assert_eq!(told(&mut work, &key(0)), Some(2), "when it is closed");
    assert_eq!(told(&mut work, &key(pages)), None);
}
