//! The arena as the system sees it: locked, not dumped, wiped in forks, guarded, erased. How slots change owners is
//! tested next to the code, where Miri sees it.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use crypto::arena::{Arena, Full};

/// One mapping of this process.
struct Mapping {
    start: u64,
    end: u64,
    rights: String,
    flags: Vec<String>,
}

fn mappings() -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in fs::read_to_string("/proc/self/smaps").unwrap().lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap();
        if first == "VmFlags:" {
            mappings.last_mut().unwrap().flags = words.map(str::to_owned).collect();
        } else if let Some((start, end)) = first.split_once('-') {
            let number = |text| u64::from_str_radix(text, 16).unwrap();
            let rights = words.next().unwrap().to_owned();
            mappings.push(Mapping { start: number(start), end: number(end), rights, flags: Vec::new() });
        }
    }
    mappings
}

/// The kernel's view of the memory, which no compiler can foresee.
fn peek(address: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    File::open("/proc/self/mem").unwrap().read_exact_at(&mut bytes, address).unwrap();
    bytes
}

#[test]
fn slots_lie_in_locked_memory_between_guards() {
    let arena = Arena::new(300);
    let slot = arena.keep(&[0xc3; 32]).unwrap();
    let address = slot.expose(|key| key.as_ptr() as u64);
    let mappings = mappings();
    let at = mappings.iter().position(|mapping| (mapping.start..mapping.end).contains(&address)).unwrap();
    let [before, own, after] = &mappings[at - 1..=at + 1] else { panic!("three mappings") };
    assert_eq!(own.rights, "rw-p");
    assert!(
        own.end - own.start >= 300 * 32 && own.end - own.start < 300 * 32 + 65_536,
        "nothing else lies there"
    );
    let flag = |flag: &str| own.flags.iter().any(|own| own == flag);
    assert_eq!(flag("lo"), arena.is_locked());
    assert!(flag("dd"), "left out of core dumps");
    assert!(flag("wf"), "wiped in a forked child");
    for guard in [before, after] {
        assert_eq!(guard.rights, "---p");
    }
    assert_eq!((before.end, after.start), (own.start, own.end));
}

#[test]
fn a_key_is_erased_when_its_slot_is_given_up() {
    let arena = Arena::new(2);
    let [first, second] = [[0x11; 32], [0x22; 32]].map(|key| arena.keep(&key).unwrap());
    let [a, b] = [&first, &second].map(|slot| slot.expose(|key| key.as_ptr() as u64));
    assert_eq!((peek(a), peek(b)), ([0x11; 32], [0x22; 32]));
    assert_eq!(arena.keep(&[0x33; 32]).err(), Some(Full));
    drop(first);
    assert_eq!((peek(a), peek(b)), ([0; 32], [0x22; 32]));
    drop(second);
    assert_eq!(peek(b), [0; 32]);
}

#[test]
fn memory_goes_back_with_the_last_owner() {
    let arena = Arena::new(1);
    let slot = arena.keep(&[1; 32]).unwrap();
    let address = slot.expose(|key| key.as_ptr() as u64);
    let mapped = || {
        let file = File::open("/proc/self/mem").unwrap();
        file.read_exact_at(&mut [0; 32], address).is_ok()
    };
    drop(arena);
    assert!(slot.expose(|key| *key == [1; 32]), "a slot keeps its memory");
    assert!(mapped());
    drop(slot);
}
