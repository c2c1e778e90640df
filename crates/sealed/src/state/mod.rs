//! The erasure state of a box at one epoch: a sheet of page keys, and pages of seeds. Source: docs/keys.md 5.

use crate::{AtRest, NumberRange, OwnerNames, RowKey, Secret};

/// A page of an erasure state: the epoch of the tick that wrote it, and its place among those it wrote.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PageId {
    /// The epoch that the tick made.
    pub epoch: u32,
    /// 0 for the first page that it wrote.
    pub index: u32,
}

impl PageId {
    /// As it stands in sheets, row keys and requests.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        (((self.epoch as u64) << 32) | self.index as u64).to_be_bytes()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    #[must_use]
    pub const fn from_bytes([a, b, c, d, e, f, g, h]: [u8; 8]) -> Self {
        Self { epoch: u32::from_be_bytes([a, b, c, d]), index: u32::from_be_bytes([e, f, g, h]) }
    }
}

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

/// Why numbers could not be cut out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CutError {
    /// These pages are touched and have to be read first.
    #[error("pages of the erasure state are needed")]
    PagesMissing(Vec<PageId>),
    /// The sheet or a page is not what was sealed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The state has no further epoch, or more pages than fit a sheet.
    #[error("the erasure state is full")]
    TooLarge,
}

/// How large a state would be after a cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// Bytes of sheet and pages after it, at most. Above `ids::limits::ERASURE_STATE_BYTES_MAX`, survivors move first.
    pub state_bytes_max: usize,
    /// Bytes of the change: what each vault has to take.
    pub change_bytes: usize,
}

/// The erasure state of a box at one epoch, without its pages. Holds X, locked; the sheet stays sealed.
#[derive(Clone)]
pub struct State(OwnerNames);

impl State {
    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        0
    }

    /// The pages of the state, in the order of their leaves.
    #[must_use]
    pub fn pages(&self) -> Vec<PageId> {
        Vec::new()
    }

    /// The row of the sheet of an epoch.
    #[must_use]
    pub fn sheet_row(&self, epoch: u32) -> RowKey {
        self.0.row(crate::table::SHEET, &epoch.to_be_bytes())
    }

    /// The row of a page.
    #[must_use]
    pub fn page_row(&self, page: PageId) -> RowKey {
        self.0.row(crate::table::PAGE, &page.to_bytes())
    }

    /// The pages that a cut needs: to be read, and handed to [`cut`](Self::cut) and [`estimate`](Self::estimate).
    #[must_use]
    pub fn touched(&self, _ranges: &[NumberRange]) -> Vec<PageId> {
        Vec::new()
    }

    /// How large the state would be after a cut; costs no hashing.
    ///
    /// # Errors
    /// As [`cut`](Self::cut).
    pub fn estimate(
        &self,
        _ranges: &[NumberRange],
        _pages: &[(PageId, AtRest)],
    ) -> Result<Estimate, CutError> {
        Err(CutError::TooLarge)
    }

    /// The state of the next epoch, from which the leaves in `ranges` can no longer be derived. Only touched pages are
    /// written anew, under new keys; X of the next epoch is `next_x`. Numbers that are dead already are no error.
    ///
    /// # Errors
    /// [`CutError::PagesMissing`] names what must be among `pages`; it may name more on a second try, when small pages
    /// are to be joined with their neighbours.
    pub fn cut(
        &self,
        _ranges: &[NumberRange],
        _pages: &[(PageId, AtRest)],
        _next_x: Secret<[u8; 32]>,
        _rng: &mut dyn crypto::Rng,
    ) -> Result<Change, CutError> {
        Err(CutError::TooLarge)
    }
}

/// What a tick changes of a box's erasure state.
pub struct Change {
    /// The epoch that it makes.
    pub epoch: u32,
    /// The sheet of that epoch.
    pub sheet: AtRest,
    /// Pages that are new.
    pub pages: Vec<(PageId, AtRest)>,
    /// Pages that are no longer there.
    pub ended: Vec<PageId>,
    next: State,
}

impl Change {
    /// Bytes of the sheet and the new pages.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.sheet.as_bytes().len() + self.pages.iter().map(|(_, page)| page.as_bytes().len()).sum::<usize>()
    }

    /// The state of the epoch that it makes.
    #[must_use]
    pub fn next(&self) -> &State {
        &self.next
    }
}
