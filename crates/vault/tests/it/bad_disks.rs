//! Files that are altered, cut, swapped, missing or of another time: a named error, or what was kept, and nothing else
//! (R5); and a folder that somebody else has.

use std::{fs, path::PathBuf, sync::LazyLock};

use crypto::testing::Seeded;
use custody::wire::{Body, CopyOf, Op, Reply};
use vault::{Fault, OpenError, Part, Vault};

use crate::{exhume::Files, ground::*};

const KEYS: u64 = 30;
const WITH_STATE: u64 = 12;

/// A folder of several packs.
fn folder() -> Files {
    let mut ground = Ground::new();
    ground.ask((0..KEYS).map(put).collect());
    for n in 0..WITH_STATE {
        ground.ask(vec![stage_of(n, 0, vec![(page_id(1, 0), blob(n, 1, 0, 9000))], vec![])]);
        ground.ask(vec![commit(n, 1)]);
    }
    ground.disk.files()
}

/// What asks for all that was ever kept there.
fn questions() -> Vec<Op> {
    let copy = |n| Op::Copy { handle: handle(n), what: CopyOf::Page(page_id(1, 0)) };
    (0..KEYS).map(get).chain((0..WITH_STATE).map(copy)).collect()
}

/// What must be told.
static TRUE: LazyLock<Vec<Reply>> = LazyLock::new(|| {
    let get = |n| Reply::Get { current: Some(entry(n, u32::from(n < WITH_STATE))), staged: None };
    let copy = |n| Reply::Copy(Some(blob(n, 1, 0, 9000)));
    (0..KEYS).map(get).chain((0..WITH_STATE).map(copy)).collect()
});

/// Opens a folder and asks for everything. Says what was found to be wrong; whatever is told instead must be right.
fn wrong(files: Files) -> Option<Part> {
    let mut ground = match Ground::on(files) {
        Ok(ground) => ground,
        Err(OpenError::Damaged(part)) => return Some(part),
        Err(OpenError::NotAVault) => return Some(Part::Table),
        Err(
            error @ (OpenError::Taken
            | OpenError::AlreadyAVault
            | OpenError::NoPassphrase
            | OpenError::TooFew { .. }
            | OpenError::WrongPassphrase
            | OpenError::Operators
            | OpenError::Disk(_)),
        ) => panic!("{error}"),
    };
    let mut told = |ops| match try_ask(&mut ground.vault, ops) {
        Ok(receipt) => match receipt.body {
            Body::Done(replies) => Ok(replies),
            Body::Refused(refusal) => panic!("refused: {refusal:?}"),
        },
        Err(Fault::Damaged(part)) => Err(part),
        Err(fault @ (Fault::Disk(_) | Fault::Unsure)) => panic!("{fault}"),
    };
    let found = match told(questions()) {
        Ok(replies) => {
            assert!(replies == *TRUE);
            None
        }
        Err(part) => {
            // What is not damaged is still served.
            for (question, answer) in questions().into_iter().zip(&*TRUE).step_by(5) {
                if let Ok(replies) = told(vec![question]) {
                    assert!(replies[0] == *answer);
                }
            }
            Some(part)
        }
    };
    assert_eq!(ground.vault.examine().is_err(), found.is_some());
    found
}

fn part(name: &str) -> Part {
    match name {
        "root" => Part::Root,
        "signer" => Part::Signer,
        "table" => Part::Table,
        pack => Part::Pack(u64::from_str_radix(&pack[1..], 16).expect("a pack")),
    }
}

#[test]
fn r5_any_flipped_bit_is_found_or_harmless() {
    let whole = folder();
    assert!(whole.len() > 5 && wrong(whole.clone()).is_none());
    let mut rng = Seeded::new(5);
    let (mut found, mut harmless) = (0, 0);
    for (name, bytes) in &whole {
        // Every byte of the small files; of the large ones as many places.
        let every = (bytes.len() / 150).max(1);
        for at in (0..bytes.len()).step_by(every) {
            let mut files = whole.clone();
            files.get_mut(name).expect("it is there")[at] ^= 1 << rng.below(8);
            match wrong(files) {
                Some(named) => {
                    assert_eq!(named, part(name));
                    found += 1;
                }
                None => harmless += 1,
            }
        }
    }
    // In a pack lie pages that are not used any more.
    assert!(found > 600 && harmless < found, "{found} found, {harmless} harmless");
}

#[test]
fn r5_cut_emptied_and_missing_files_are_found() {
    let whole = folder();
    for (name, bytes) in &whole {
        let mut lens: Vec<usize> = (0..bytes.len()).step_by((bytes.len() / 20).max(1)).collect();
        lens.push(bytes.len() - 1);
        for len in lens {
            let mut files = whole.clone();
            files.insert(name.clone(), bytes[..len].to_vec());
            // The end of a pack may be a page that is not used any more.
            assert!(wrong(files).is_none_or(|named| named == part(name)));
        }
        let mut files = whole.clone();
        files.insert(name.clone(), Vec::new());
        assert_eq!(wrong(files.clone()), Some(part(name)));
        assert!(Ground::on(files).is_err(), "it is found at once");
        let mut files = whole.clone();
        files.remove(name);
        assert_eq!(wrong(files), Some(part(name)));
        let mut files = whole.clone();
        files.insert(name.clone(), [&bytes[..], &[0; 100]].concat());
        assert!(wrong(files).is_none_or(|named| named == part(name)));
    }
}

#[test]
fn r5_swapped_files_are_found() {
    let whole = folder();
    let names: Vec<&String> = whole.keys().collect();
    for a in &names {
        for b in names.iter().filter(|b| *b > a) {
            let mut files = whole.clone();
            files.insert((*a).clone(), whole[*b].clone());
            files.insert((*b).clone(), whole[*a].clone());
            assert!(wrong(files).is_some(), "{a} and {b} were swapped");
        }
    }
}

#[test]
fn r5_files_of_another_vault_or_time_are_found() {
    let (ours, theirs) = (folder(), folder());
    for (name, bytes) in &theirs {
        let mut files = ours.clone();
        files.insert(name.clone(), bytes.clone());
        assert!(ours.contains_key(name) && wrong(files).is_some(), "{name} is another vault's");
    }
    let mut ground = Ground::on(ours.clone()).expect("it opens");
    ground.ask((0..12).map(|n| stage_of(n, 1, vec![], vec![])).collect());
    ground.ask((0..12).map(|n| commit(n, 2)).collect());
    let mut files = ground.disk.files();
    files.insert("table".to_owned(), ours["table"].clone());
    assert!(matches!(wrong(files), Some(Part::Pack(_))), "the table is older than the pages");
}

#[test]
fn a_folder_brought_back_says_so_by_its_commit_number() {
    let mut ground = Ground::new();
    ground.ask(vec![put(1)]);
    let saved = ground.disk.files();
    ground.ask(vec![put(2)]);
    let seen = try_ask(&mut ground.vault, vec![]).expect("an answer").commit;
    let mut back = Ground::on(saved).expect("a folder brought back opens");
    assert!(try_ask(&mut back.vault, vec![]).expect("an answer").commit < seen);
    assert!(back.vault.verifying() == ground.vault.verifying());
}

/// A folder of the real file system, removed at the end.
struct Real(PathBuf);

impl Real {
    fn new(name: &str) -> Real {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Real(path)
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_real_folder_has_one_vault_at_a_time_and_keeps_it() {
    let real = Real::new("real");
    assert_eq!(Vault::open(&real.0, rng()).err(), Some(OpenError::NotAVault));
    let mut vault = Vault::init(&real.0, rng()).expect("a new folder");
    assert_eq!(Vault::open(&real.0, rng()).err(), Some(OpenError::Taken));
    assert_eq!(Vault::init(&real.0, rng()).err(), Some(OpenError::Taken));
    for n in 0..5 {
        try_ask(&mut vault, vec![put(n), stage(n, 0)]).expect("an answer");
    }
    let verifying = vault.verifying();
    drop(vault);
    assert_eq!(Vault::init(&real.0, rng()).err(), Some(OpenError::AlreadyAVault));
    // What a crash leaves behind goes; what is not ours stays.
    for name in ["p00000000000000ff", "table.new", "notes"] {
        fs::write(real.0.join(name), b"left over").expect("it is our folder");
    }
    let mut vault = Vault::open(&real.0, rng()).expect("it was closed");
    assert!(vault.verifying() == verifying);
    let left = ["p00000000000000ff", "table.new", "notes"].map(|name| real.0.join(name).exists());
    assert_eq!(left, [false, false, true]);
    vault.examine().expect("all pages open");
    let receipt = try_ask(&mut vault, vec![get(3)]).expect("an answer");
    let Body::Done(replies) = receipt.body else { panic!("refused") };
    assert!(replies[0] == Reply::Get { current: Some(entry(3, 0)), staged: Some(entry(3, 1)) });
}

#[test]
fn a_real_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let real = Real::new("owned");
    let mut vault = Vault::init(&real.0, rng()).expect("a new folder");
    try_ask(&mut vault, vec![put(1)]).expect("an answer");
    let mode = |path: &PathBuf| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&real.0), 0o700);
    for file in fs::read_dir(&real.0).expect("a folder") {
        assert_eq!(mode(&file.expect("a file").path()), 0o600);
    }
}
