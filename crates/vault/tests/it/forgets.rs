//! What is destroyed is gone from the folder, and opens with no key that is left (P10, P33, P45).

use custody::wire::CopyOf;

use crate::{
    exhume::{Files, contains, opened_with, rows},
    ground::*,
};

/// A vault with many keys, and all that its folder ever was.
struct Life {
    ground: Ground,
    images: Vec<Files>,
}

impl Life {
    fn new() -> Life {
        let mut life = Life { ground: Ground::new(), images: Vec::new() };
        life.step((0..40).map(put).collect());
        life
    }

    fn step(&mut self, ops: Vec<custody::wire::Op>) {
        self.ground.ask(ops);
        self.images.push(self.ground.disk.files());
    }

    /// Whether `what` comes out of the folder as it is and was, with the keys as they are.
    fn opens(&self, what: &[u8]) -> bool {
        let now = self.ground.disk.files();
        contains(&opened_with(&now, &self.images), what)
    }

    fn is_in_clear(&self, what: &[u8]) -> bool {
        self.images.iter().flat_map(|files| files.values()).any(|file| contains(file, what))
    }
}

fn share(n: u64, epoch: u32) -> Vec<u8> {
    piece(n, epoch).share.to_vec()
}

#[test]
fn p33_after_a_commit_the_old_share_opens_with_nothing() {
    let mut life = Life::new();
    life.step(vec![stage(7, 0)]);
    assert!(life.opens(&share(7, 0)), "before the commit it must be there, or this test shows nothing");
    assert!(life.opens(&share(7, 1)));
    life.step(vec![commit(7, 1)]);
    assert!(!life.opens(&share(7, 0)));
    assert!(life.opens(&share(7, 1)) && life.opens(&share(8, 0)));
    // The copies of the state of an epoch go with it.
    let (sheet, page) = (blob(7, 1, u64::MAX, 90), blob(7, 1, 0, 2700));
    assert!(life.opens(&sheet) && life.opens(&page));
    life.step(vec![stage(7, 1)]);
    assert!(life.opens(&sheet) && life.opens(&page));
    life.step(vec![commit(7, 2)]);
    assert!(!life.opens(&share(7, 1)) && !life.opens(&sheet) && !life.opens(&page));
    assert!(life.opens(&share(7, 2)) && life.opens(&blob(7, 2, 0, 2700)));
    assert!(!life.is_in_clear(&share(7, 0)) && !life.is_in_clear(&share(7, 2)));
}

#[test]
fn p33_a_stage_taken_back_opens_with_nothing() {
    let mut life = Life::new();
    life.step(vec![stage(7, 0)]);
    let (share, page) = (share(7, 1), blob(7, 1, 0, 2700));
    assert!(life.opens(&share) && life.opens(&page));
    life.step(vec![unstage(7, 1)]);
    assert!(!life.opens(&share) && !life.opens(&page));
}

#[test]
fn p45_what_is_destroyed_leaves_neither_share_nor_copy_nor_handle() {
    let mut life = Life::new();
    life.step(vec![stage(7, 0), commit(7, 1)]);
    life.step(vec![stage(7, 1)]);
    let gone = [handle(7).0.to_vec(), share(7, 1), share(7, 2), blob(7, 1, 0, 2700), blob(7, 2, 0, 2700)];
    assert!(gone.iter().all(|what| life.opens(what)));
    life.step(vec![destroy(7)]);
    assert!(!gone.iter().any(|what| life.opens(what)));
    assert!((0..40).filter(|n| *n != 7).all(|n| life.opens(&share(n, 0))));
}

#[test]
fn p33_files_of_pages_that_are_no_longer_used_are_removed() {
    let mut life = Life::new();
    let old = life.ground.disk.files();
    // Every key moves on, so no page of the first file is left.
    life.step((0..40).flat_map(|n| [stage(n, 0), commit(n, 1)]).collect());
    let now = life.ground.disk.files();
    assert!(old.keys().filter(|name| name.starts_with('p')).all(|name| !now.contains_key(name)));
    assert!(!now.contains_key("table.new"));
}

#[test]
fn p33_what_nothing_opens_does_not_pile_up() {
    // States so large that a file holds many, and then one after the other changes: what is left in the file is kept.
    let mut ground = Ground::new();
    let page = |n, epoch| vec![(page_id(epoch, 0), blob(n, epoch, 0, 60_000))];
    for some in [0..200, 200..400] {
        ground.ask(some.clone().map(put).collect());
        ground.ask(some.clone().map(|n| stage_of(n, 0, page(n, 1), vec![])).collect());
        ground.ask(some.map(|n| commit(n, 1)).collect());
    }
    let mut largest = 0;
    for n in (0..400).filter(|n| n % 8 != 0) {
        ground.ask(vec![stage_of(n, 1, page(n, 2), vec![page_id(1, 0)]), commit(n, 2)]);
        if n % 20 == 1 {
            let files = ground.disk.files();
            let packs: usize =
                files.iter().filter(|(name, _)| name.starts_with('p')).map(|(_, f)| f.len()).sum();
            let live: usize = crate::exhume::table(&files).iter().map(|line| line.len as usize).sum();
            assert!(packs <= live + live / 2 + (4 << 20), "{packs} bytes for {live}");
            largest = largest.max(packs - live);
        }
    }
    assert!(largest > 8 << 20, "nothing was left over: this shows nothing");
    assert!(ground.copy(16, CopyOf::Page(page_id(1, 0))) == Some(blob(16, 1, 0, 60_000)));
    assert!(ground.copy(17, CopyOf::Page(page_id(2, 0))) == Some(blob(17, 2, 0, 60_000)));
    ground.vault.examine().expect("every page opens");
}

#[test]
fn p10_no_number_of_a_box_is_in_any_file() {
    // The server makes handles of box ids with its local part. Here the same is done, and the files are searched.
    let mut ground = Ground::new();
    let boxes: Vec<u64> = (0..50).map(|n| 0x0123_4567_89ab_0000 + n * 7).collect();
    ground.ask(boxes.iter().map(|id| put(*id)).collect());
    ground.ask(boxes.iter().flat_map(|id| [stage(*id, 0), commit(*id, 1)]).collect());
    let files = ground.disk.files();
    let mut plain: Vec<u8> =
        rows(&files).into_iter().flat_map(|(key, value)| [key, value].concat()).collect();
    assert!(boxes.iter().all(|id| contains(&plain, &handle(*id).0)), "the rows were opened");
    files.values().for_each(|file| plain.extend(file));
    for id in &boxes {
        for form in [id.to_be_bytes().to_vec(), id.to_le_bytes().to_vec(), id.to_string().into_bytes()] {
            assert!(!contains(&plain, &form));
        }
    }
}

#[test]
fn the_document_says_how_to_open_a_folder() {
    let mut ground = Ground::new();
    ground.ask((0..500).map(put).collect());
    ground.ask(vec![stage(3, 0), commit(3, 1), stage(3, 1)]);
    let rows = rows(&ground.disk.files());
    assert_eq!(rows.len(), 500 + 4);
    let row = |key: Vec<u8>| rows.iter().find(|(other, _)| *other == key).map(|(_, value)| value.clone());
    let handle = handle(3).0;
    let held = row([&[0], &handle[..]].concat()).expect("the row of the handle");
    assert_eq!((held[0], &held[1..5], &held[5..37]), (3, &[0, 0, 0, 1][..], &piece(3, 1).share[..]));
    let copy = |kind: u8, id: &[u8]| row([&[1], &handle[..], &[kind], id].concat());
    assert!(copy(0, &[]) == ground.copy(3, CopyOf::Sheet));
    assert!(copy(1, &page_id(1, 0).to_be_bytes()) == ground.copy(3, CopyOf::Page(page_id(1, 0))));
    assert!(copy(2, &[]) == ground.copy(3, CopyOf::StagedSheet));
    assert!(copy(3, &page_id(2, 0).to_be_bytes()) == Some(blob(3, 2, 0, 2700)));
}

/// Red when the root is written in clear beside it.
#[test]
fn p08_under_a_passphrase_a_folder_opens_with_that_and_not_without() {
    let disk = vault::testing::Ram::default();
    let alone = vault::Operators { passphrases: &[b"a few words"], quorum: 1 };
    let vault = vault::Vault::init_with(Box::new(disk.clone()), alone, rng()).expect("a vault");
    let key = vault.verifying();
    let open = |words: &[&[u8]]| vault::Vault::open_with(Box::new(disk.clone()), words, rng());
    assert!(open(&[b"a few words"]).is_ok_and(|vault| vault.verifying() == key));
    assert_eq!(open(&[b"other words"]).err(), Some(vault::OpenError::WrongPassphrase));
    assert_eq!(open(&[]).err(), Some(vault::OpenError::NoPassphrase));
    assert_eq!(disk.files().get("root").map(Vec::len), Some(92));
}
