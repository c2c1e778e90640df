//! The erasure state of a box at one epoch: a sheet of page keys, and pages of seeds. Source: docs/keys.md 5.

mod change;
mod cut;
pub(crate) mod page;
mod sheet;

use std::sync::Arc;

use crypto::arena::{Arena, Slot};
use crypto::hkdf;

pub use change::Change;
pub use cut::{CutError, Estimate};
pub use page::PageId;

use crate::tree::{Node, Seed};
use crate::{AtRest, Number, NumberRange, OwnerNames, RowKey, table};
use page::PageKey;
use sheet::{Entry, Place};

/// Why a sheet or a page was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StateError {
    /// It is not the one that was sealed for this box and epoch.
    #[error("the state was not sealed for this place")]
    Forged,
    /// It is of another epoch.
    #[error("the state is of another epoch")]
    Stale,
    /// A box that was ticked has a sheet, and one that was not has none.
    #[error("a sheet is missing or too many")]
    Sheet,
    /// The memory for keys is full.
    #[error("the memory for keys is full")]
    Full,
    /// The roots are not there yet.
    #[error("the keyring is sealed")]
    Sealed,
    /// The box was closed: its keys are erased.
    #[error("the keys of the box are erased")]
    Closed,
}

/// The erasure state of a box at one epoch, without its pages. Holds X, locked; the sheet stays sealed.
#[derive(Clone)]
pub struct State {
    arena: Arena,
    names: OwnerNames,
    epoch: u32,
    x: Arc<Slot>,
    cover: Cover,
}

/// What the leaves that are alive are reached from.
#[derive(Clone)]
enum Cover {
    /// The root: the box was never ticked.
    Root,
    /// Pages in the order of their leaves.
    Pages { sheet: Arc<AtRest>, places: Arc<[Place]> },
}

/// Whether a leaf is alive, as far as a state without its pages says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// It is: the box was never ticked.
    Alive,
    /// It was cut out.
    Dead,
    /// This page says it.
    OnPage(PageId),
}

/// Where a leaf is looked for.
pub(crate) enum Reach {
    /// Below this node: the root.
    Node(Node),
    /// On this page.
    Page(PageId),
    /// Nowhere.
    Dead,
}

impl State {
    /// Opens the sheet of an epoch.
    pub(crate) fn open(
        arena: Arena,
        names: OwnerNames,
        epoch: u32,
        x: Slot,
        sheet: Option<AtRest>,
    ) -> Result<Self, StateError> {
        let cover = match (epoch, sheet) {
            (0, None) => Cover::Root,
            (1.., Some(sheet)) => {
                let entries = x.expose(|x| sheet::open(x, &sheet_row(&names, epoch), &sheet))?;
                let places = entries.iter().map(|entry| entry.place).collect();
                Cover::Pages { sheet: Arc::new(sheet), places }
            }
            (0, Some(_)) | (1.., None) => return Err(StateError::Sheet),
        };
        Ok(Self { arena, names, epoch, x: Arc::new(x), cover })
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The sheet; none at epoch 0.
    #[must_use]
    pub fn sheet(&self) -> Option<&AtRest> {
        match &self.cover {
            Cover::Root => None,
            Cover::Pages { sheet, .. } => Some(sheet),
        }
    }

    /// The pages of the state, in the order of their leaves.
    #[must_use]
    pub fn pages(&self) -> Vec<PageId> {
        self.places().iter().map(|place| place.id).collect()
    }

    /// Bytes of the sheet and of all pages; 0 at epoch 0.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let pages = self.places().iter().map(|place| page::sealed_bytes(usize::from(place.nodes)));
        self.sheet().map_or(0, |sheet| sheet.as_bytes().len()) + pages.sum::<usize>()
    }

    /// The row of the sheet of an epoch.
    #[must_use]
    pub fn sheet_row(&self, epoch: u32) -> RowKey {
        sheet_row(&self.names, epoch)
    }

    /// The row of a page.
    #[must_use]
    pub fn page_row(&self, page: PageId) -> RowKey {
        self.names.row(table::PAGE, &page.to_bytes())
    }

    /// The pages that a cut touches: to be read, and handed to [`cut`](Self::cut) and [`estimate`](Self::estimate).
    #[must_use]
    pub fn touched(&self, ranges: &[NumberRange]) -> Vec<PageId> {
        let marks = self.marks(&NumberRange::joined(ranges));
        let places = self.places().iter().zip(marks);
        places.filter(|(_, touched)| *touched).map(|(place, _)| place.id).collect()
    }

    /// Whether a leaf is alive. Whoever asks learns no seed.
    #[must_use]
    pub fn life(&self, number: Number) -> Life {
        match self.reach(number.0) {
            Reach::Node(_) => Life::Alive,
            Reach::Dead => Life::Dead,
            Reach::Page(page) => Life::OnPage(page),
        }
    }

    /// The leaves of a page that are alive, ascending.
    ///
    /// # Errors
    /// When the page is not of this state, or not the one that was sealed.
    pub fn living(&self, page: PageId, at_rest: &AtRest) -> Result<Vec<NumberRange>, StateError> {
        let span = |node: &Node| NumberRange { first: Number(node.first), last: Number(node.last()) };
        Ok(self.nodes(page, at_rest)?.iter().map(span).collect())
    }

    /// Whether both are states of one box.
    pub(crate) fn is_of_same_box(&self, other: &Self) -> bool {
        self.names.prefix() == other.names.prefix()
    }

    /// Where to look for a leaf.
    pub(crate) fn reach(&self, number: u64) -> Reach {
        let places = match &self.cover {
            Cover::Root => return Reach::Node(self.root()),
            Cover::Pages { places, .. } => places,
        };
        let after = places.partition_point(|place| place.first <= number);
        match after.checked_sub(1).and_then(|at| places.get(at)) {
            Some(place) => Reach::Page(place.id),
            None => Reach::Dead,
        }
    }

    /// The first leaf at or after this one that begins a page.
    pub(crate) fn page_from(&self, number: u64) -> Option<u64> {
        let places = self.places();
        places.get(places.partition_point(|place| place.first < number)).map(|place| place.first)
    }

    /// The nodes of a page.
    pub(crate) fn nodes(&self, page: PageId, at_rest: &AtRest) -> Result<Vec<Node>, StateError> {
        let (at, entry) = self
            .entries()?
            .into_iter()
            .enumerate()
            .find(|(_, entry)| entry.place.id == page)
            .ok_or(StateError::Stale)?;
        self.open_page(at, &entry.place, &entry.key, at_rest)
    }

    /// The nodes of the page at a place, which they must fill from its first leaf to that of the next, at most.
    fn open_page(
        &self,
        at: usize,
        place: &Place,
        key: &PageKey,
        at_rest: &AtRest,
    ) -> Result<Vec<Node>, StateError> {
        let nodes = page::open(key, &self.page_row(place.id), at_rest)?;
        let end = self.places().get(at + 1).map_or(u64::MAX, |next| next.first - 1);
        let begins = nodes.first().is_some_and(|node| node.first == place.first);
        let ends = nodes.last().is_some_and(|node| node.last() <= end);
        if begins && ends && nodes.len() == usize::from(place.nodes) {
            Ok(nodes)
        } else {
            Err(StateError::Forged)
        }
    }

    /// The root of a tree that was never cut.
    fn root(&self) -> Node {
        let seed = self.x.expose(|x| Seed::new(*hkdf::derive(x, b"", &[b"heliograph tree"])));
        Node::root(seed)
    }

    /// The sheet, opened.
    fn entries(&self) -> Result<Vec<Entry>, StateError> {
        match &self.cover {
            Cover::Root => Ok(Vec::new()),
            Cover::Pages { sheet, .. } => {
                self.x.expose(|x| sheet::open(x, &self.sheet_row(self.epoch), sheet))
            }
        }
    }

    fn places(&self) -> &[Place] {
        match &self.cover {
            Cover::Root => &[],
            Cover::Pages { places, .. } => places,
        }
    }

    /// For each page, whether a range meets its part of the leaves. The ranges are joined.
    fn marks(&self, ranges: &[NumberRange]) -> Vec<bool> {
        let places = self.places();
        let nexts = places.iter().skip(1).map(|next| next.first - 1).chain([u64::MAX]);
        let spans = places.iter().map(|place| place.first).zip(nexts);
        let meets = spans.map(|(first, last)| {
            let start = ranges.partition_point(|range| range.last.0 < first);
            ranges.get(start).is_some_and(|range| range.first.0 <= last)
        });
        meets.collect()
    }
}

fn sheet_row(names: &OwnerNames, epoch: u32) -> RowKey {
    names.row(table::SHEET, &epoch.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use crypto::testing::Seeded;

    use super::*;
    use crate::{OwnerTag, RowNames, Secret};

    /// A page that the sheet's key opens, and that is not what the sheet says: the tree would have holes or twins.
    #[test]
    fn a_page_must_be_what_the_sheet_says() {
        let arena = Arena::new(4);
        let names = RowNames::new(&[1; 32]).owner(OwnerTag::System);
        let mut rng = Seeded::new(1);
        let mut open = |first, count, depth| {
            let entry = |index, first, nodes| Entry {
                place: Place { id: PageId { epoch: 1, index }, first, nodes },
                key: Secret::new([9; 32]),
            };
            let entries = [entry(0, 8, 2), entry(1, 24, 1)];
            let sheet = sheet::seal(&[2; 32], &sheet_row(&names, 1), &entries, &mut rng);
            let x = arena.keep(&[2; 32]).unwrap();
            let state = State::open(arena.clone(), names.clone(), 1, x, Some(sheet)).unwrap();
            let node = |at: u64| Node { depth, first: first + at * 8, seed: Seed::new([3; 32]) };
            let nodes: Vec<Node> = (0..count).map(node).collect();
            let id = state.pages()[0];
            let page = page::seal(&entries[0].key, &state.page_row(id), &nodes, &mut rng);
            state.nodes(id, &page).map(|nodes| nodes.len())
        };
        assert_eq!(open(8, 2, 61), Ok(2));
        assert_eq!(open(8, 1, 61), Err(StateError::Forged), "too few");
        assert_eq!(open(8, 3, 61), Err(StateError::Forged), "too many");
        assert_eq!(open(16, 2, 61), Err(StateError::Forged), "begins elsewhere");
        assert_eq!(open(8, 2, 60), Err(StateError::Forged), "meets the next page");
        assert_eq!(open(8, 2, 65), Err(StateError::Forged), "no such depth");
        assert_eq!(open(9, 2, 61), Err(StateError::Forged), "no such node");
    }
}
