//! What a shred tick changes of a box's erasure state.

use crate::{AtRest, PageId, State};

/// What a tick changes of a box's erasure state, and the state of the epoch that it makes.
pub struct Change {
    /// The epoch that it makes.
    pub epoch: u32,
    /// The sheet of that epoch.
    pub sheet: AtRest,
    /// Pages that are new.
    pub pages: Vec<(PageId, AtRest)>,
    /// Pages that are no longer there.
    pub ended: Vec<PageId>,
    pub(crate) next: State,
}

impl Change {
    /// Bytes of the sheet and the new pages: what each vault has to take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let pages = self.pages.iter().map(|(_, page)| page.as_bytes().len());
        self.sheet.as_bytes().len() + pages.sum::<usize>()
    }

    /// The state of the epoch that it makes.
    #[must_use]
    pub fn next(&self) -> &State {
        &self.next
    }
}
