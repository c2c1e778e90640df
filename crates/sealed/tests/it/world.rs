//! A keyring whose secrets a test knows, and a box that is ticked over and over.

use std::collections::BTreeMap;

use crypto::testing::Seeded;
use ids::BoxId;
use sealed::{
    AtRest, BoxKeys, BoxSecrets, Change, CutError, Incarnation, Keyring, LeafError, Number, NumberRange,
    Numbering, PageId, Secret, State,
};

use crate::naive::Key;

pub(crate) const ROOT: Key = [0x11; 32];
pub(crate) const C: Key = [0xc0; 32];
pub(crate) const X: Key = [0xa0; 32];
pub(crate) const ALICE: BoxId = BoxId(4711);

/// A keyring with a root and nothing else.
pub(crate) fn ring(slots: usize, incarnation: u32) -> Keyring {
    let ring = Keyring::new(slots);
    let incarnation = Incarnation::new(incarnation).expect("24 bits");
    ring.install_root(Secret::new(ROOT), Numbering::new(incarnation)).expect("room");
    ring
}

/// The keys of a box at epoch 0; each box has others.
pub(crate) fn secrets(id: BoxId) -> BoxSecrets {
    let other = |mut key: Key| {
        key[..8].copy_from_slice(&id.0.to_be_bytes());
        Secret::new(key)
    };
    BoxSecrets { c: other(C), x: other(X), epoch: 0, sheet: None }
}

/// X of an epoch after the first.
pub(crate) fn x_of(epoch: u32) -> Key {
    let mut x = [0xaa; 32];
    x[..4].copy_from_slice(&epoch.to_be_bytes());
    x
}

/// A box and the rows of its state, as a store would hold them.
pub(crate) struct Ticked {
    pub(crate) ring: Keyring,
    pub(crate) keys: BoxKeys,
    pub(crate) rows: BTreeMap<PageId, AtRest>,
    pub(crate) rng: Seeded,
}

impl Ticked {
    pub(crate) fn new(seed: u64) -> Self {
        let ring = ring(64, 1);
        let keys = ring.install_box(ALICE, secrets(ALICE)).expect("room");
        Self { ring, keys, rows: BTreeMap::new(), rng: Seeded::new(seed) }
    }

    pub(crate) fn state(&self) -> State {
        self.keys.state().expect("open")
    }

    /// The rows of these pages.
    pub(crate) fn read(&self, pages: &[PageId]) -> Vec<(PageId, AtRest)> {
        pages.iter().map(|id| (*id, self.rows[id].clone())).collect()
    }

    /// The change that cuts these out, asking for pages as often as it takes. The estimate must be exact.
    pub(crate) fn change(&mut self, ranges: &[NumberRange]) -> Change {
        let state = self.state();
        let mut pages = self.read(&state.touched(ranges));
        loop {
            let next_x = Secret::new(x_of(state.epoch() + 1));
            let estimate = state.estimate(ranges, &pages);
            match state.cut(ranges, &pages, next_x, &mut self.rng) {
                Ok(change) => {
                    let estimate = estimate.expect("what can be cut can be estimated");
                    assert_eq!(estimate.change_bytes, change.bytes());
                    assert_eq!(estimate.state_bytes, change.next().bytes());
                    return change;
                }
                Err(CutError::PagesMissing(more)) => pages.extend(self.read(&more)),
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    /// Cuts out, stores and goes over.
    pub(crate) fn tick(&mut self, ranges: &[NumberRange]) -> Change {
        let change = self.change(ranges);
        for id in &change.ended {
            assert!(self.rows.remove(id).is_some(), "a page ends once");
        }
        for (id, page) in &change.pages {
            assert!(self.rows.insert(*id, page.clone()).is_none(), "a page id is used once");
        }
        self.keys.advance(&change).expect("the next epoch");
        assert_eq!(self.state().bytes(), self.bytes());
        change
    }

    /// What the state takes on the disk.
    pub(crate) fn bytes(&self) -> usize {
        let sheet = self.state().sheet().map_or(0, |sheet| sheet.as_bytes().len());
        sheet + self.rows.values().map(|page| page.as_bytes().len()).sum::<usize>()
    }

    /// Whether a number is alive, opening pages as they are asked for.
    pub(crate) fn is_alive(&self, number: Number) -> bool {
        loop {
            match self.keys.reach(number) {
                Ok(()) => return true,
                Err(LeafError::Dead) => return false,
                Err(LeafError::PageMissing(page)) => {
                    self.keys.open_page(page, &self.rows[&page]).expect("its page");
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

pub(crate) fn range(first: u64, last: u64) -> NumberRange {
    NumberRange { first: Number(first), last: Number(last) }
}
