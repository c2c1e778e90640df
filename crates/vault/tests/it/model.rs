//! Thousands of random operations against a map: pages split, merge, are swept and opened anew, and nothing shows.

use std::collections::BTreeMap;

use crypto::testing::Seeded;
use custody::wire::{CopyOf, Op, Reply};

use crate::ground::*;

const KEYS: u64 = 600;

/// What must lie under a handle.
#[derive(Clone, Default, PartialEq)]
struct Expected {
    current: Option<u32>,
    staged: Option<u32>,
    /// Pages of the current epoch, and of the staged one, with their lengths.
    pages: BTreeMap<u64, usize>,
    staged_pages: BTreeMap<u64, usize>,
    ended: Vec<u64>,
}

type Model = BTreeMap<u64, Expected>;

fn step(rng: &mut Seeded, model: &mut Model) -> Op {
    let n = rng.below(KEYS);
    let there = model.entry(n).or_default();
    match (there.current, there.staged) {
        (None, _) => {
            there.current = Some(0);
            put(n)
        }
        (Some(_), _) if rng.chance(12) => {
            *there = Expected::default();
            destroy(n)
        }
        (Some(_), Some(to)) if rng.chance(30) => {
            there.staged = None;
            there.staged_pages.clear();
            unstage(n, to)
        }
        (Some(_), Some(to)) => {
            there.current = there.staged.take();
            for page in there.ended.drain(..) {
                there.pages.remove(&page);
            }
            there.pages.append(&mut there.staged_pages);
            commit(n, to)
        }
        (Some(from), None) => {
            let to = from + 1;
            there.staged = Some(to);
            there.ended = there.pages.keys().copied().filter(|_| rng.chance(50)).collect();
            let most = if rng.chance(5) { 60_000 } else { 3_000 };
            for index in 0..rng.below(3) {
                let len = 1 + rng.index(most);
                there.staged_pages.insert(page_id(to, u32::try_from(index).expect("few")), len);
            }
            let staged = there.staged_pages.iter();
            let pages = staged.map(|(id, len)| (*id, blob(n, to, *id & 0xffff, *len))).collect();
            stage_of(n, from, pages, there.ended.clone())
        }
    }
}

fn check(ground: &mut Ground, model: &Model) {
    // One for the shares under a handle, and one for each sheet and page; epoch 0 has no sheet.
    let mut rows = 0;
    for (n, expected) in model {
        let current = expected.current.map(|epoch| entry(*n, epoch));
        let staged = expected.staged.map(|epoch| entry(*n, epoch));
        rows += u64::from(current.is_some()) + u64::from(staged.is_some());
        rows += u64::from(expected.current > Some(0));
        rows += (expected.pages.len() + expected.staged_pages.len()) as u64;
        assert!(ground.ask_one(get(*n)) == Reply::Get { current, staged });
        for (pages, is_staged) in [(&expected.pages, false), (&expected.staged_pages, true)] {
            for (id, len) in pages {
                let epoch = u32::try_from(id >> 32).expect("an epoch");
                let what = if is_staged { CopyOf::StagedPage(*id) } else { CopyOf::Page(*id) };
                assert!(ground.copy(*n, what) == Some(blob(*n, epoch, id & 0xffff, *len)));
            }
        }
    }
    let Reply::Status { rows: told, .. } = ground.ask_one(Op::Status) else { panic!("no status") };
    assert_eq!(told, rows);
    ground.vault.examine().expect("every page opens");
}

#[test]
fn random_operations_leave_what_a_map_would_hold() {
    for seed in 0..3 {
        let (mut rng, mut model, mut ground) = (Seeded::new(seed), Model::new(), Ground::new());
        for round in 0..60 {
            let mut count = 1 + rng.index(80);
            if round % 10 == 9 {
                // Nearly everything goes, so that pages grow together again.
                let all = (0..KEYS).filter(|_| rng.chance(90));
                ground.ask(all.inspect(|n| drop(model.remove(n))).map(destroy).collect());
                count = 300;
            }
            let ops: Vec<Op> = (0..count).map(|_| step(&mut rng, &mut model)).collect();
            ground.ask(ops);
            if round % 7 == 0 {
                ground = ground.again();
            }
            if round % 20 == 19 {
                check(&mut ground, &model);
            }
        }
        check(&mut ground, &model);
    }
}
