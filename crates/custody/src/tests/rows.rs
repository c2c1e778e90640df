//! The rows of a store in memory, with a log: a crash keeps what was durable, and any part of what came after.

use std::collections::{BTreeMap, BTreeSet};

use crypto::testing::Seeded;
use ids::BoxId;
use sealed::{AtRest, NumberRange, PageId};
use store::{Commit, StoreError};

use crate::{Settled, StateRows};

#[derive(Clone)]
enum Write {
    Pend(BoxId, NumberRange),
    State(BoxId, u32, AtRest, Vec<(PageId, AtRest)>),
    Settle(BoxId, u32, Vec<PageId>, Vec<NumberRange>, bool),
}

#[derive(Clone, Default)]
pub(super) struct Rows {
    log: Vec<Write>,
    durable: usize,
    pub(super) pending: BTreeMap<BoxId, BTreeSet<NumberRange>>,
    pub(super) dirty: BTreeSet<BoxId>,
    pub(super) sheets: BTreeMap<(BoxId, u32), AtRest>,
    pub(super) pages: BTreeMap<(BoxId, PageId), AtRest>,
    /// Every sheet and page that ever was: what an old image may hold.
    pub(super) ever_sheets: Vec<(BoxId, u32, AtRest)>,
    pub(super) ever_pages: BTreeMap<(BoxId, PageId), Vec<AtRest>>,
    /// Receipts of the last settling of a box, whatever crashed since.
    pub(super) receipts: BTreeMap<BoxId, usize>,
}

impl Rows {
    pub(super) fn pend(&mut self, of: BoxId, range: NumberRange) -> Commit {
        self.write(Write::Pend(of, range))
    }

    /// Everything so far is durable.
    pub(super) fn sync(&mut self) -> Commit {
        self.durable = self.log.len();
        Commit(self.durable as u64)
    }

    /// The process dies: some of what was not durable may have reached the disk.
    pub(super) fn crash(&mut self, rng: &mut Seeded) {
        let kept = self.durable + rng.index(self.log.len() - self.durable + 1);
        let log: Vec<Write> = self.log.drain(..).take(kept).collect();
        let (ever_sheets, ever_pages) =
            (std::mem::take(&mut self.ever_sheets), std::mem::take(&mut self.ever_pages));
        let receipts = std::mem::take(&mut self.receipts);
        *self = Rows::default();
        for write in log {
            self.write(write);
        }
        self.sync();
        (self.ever_sheets, self.ever_pages, self.receipts) = (ever_sheets, ever_pages, receipts);
    }

    /// Another store with the rows of now, as an old backup has them.
    pub(super) fn backup(&self) -> Rows {
        self.clone()
    }

    fn write(&mut self, write: Write) -> Commit {
        self.log.push(write.clone());
        match write {
            Write::Pend(of, range) => {
                self.pending.entry(of).or_default().insert(range);
                self.dirty.insert(of);
            }
            Write::State(of, epoch, sheet, pages) => {
                self.ever_sheets.push((of, epoch, sheet.clone()));
                self.sheets.insert((of, epoch), sheet);
                for (id, page) in pages {
                    self.ever_pages.entry((of, id)).or_default().push(page.clone());
                    self.pages.insert((of, id), page);
                }
            }
            Write::Settle(of, epoch, pages, cut, is_complete) => {
                self.sheets.retain(|&(other, at), _| other != of || at == epoch);
                self.pages.retain(|&(other, id), _| other != of || pages.contains(&id));
                let pending = self.pending.entry(of).or_default();
                let is_cut = |range: &NumberRange| {
                    cut.iter().any(|cut| cut.first <= range.first && range.last <= cut.last)
                };
                pending.retain(|range| !is_cut(range));
                if is_complete && pending.is_empty() {
                    self.dirty.remove(&of);
                }
            }
        }
        Commit(self.log.len() as u64)
    }
}

impl StateRows for Rows {
    fn newest(&mut self) -> Result<Commit, StoreError> {
        Ok(Commit(self.log.len() as u64))
    }

    fn pending(&mut self, of: BoxId, limit: usize) -> Result<Vec<NumberRange>, StoreError> {
        Ok(self.pending.get(&of).into_iter().flatten().take(limit).copied().collect())
    }

    fn sheet(&mut self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError> {
        Ok(self.sheets.get(&(of, epoch)).cloned())
    }

    fn page(&mut self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError> {
        Ok(self.pages.get(&(of, page)).cloned())
    }

    fn write_state(
        &mut self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError> {
        Ok(self.write(Write::State(of, epoch, sheet.clone(), pages.to_vec())))
    }

    fn settle(&mut self, of: BoxId, settled: &Settled) -> Result<Commit, StoreError> {
        let Settled { cut, epoch, pages, receipts, is_complete } = settled;
        self.receipts.insert(of, receipts.len());
        Ok(self.write(Write::Settle(of, *epoch, pages.clone(), cut.clone(), *is_complete)))
    }
}
