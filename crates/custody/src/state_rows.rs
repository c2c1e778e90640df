//! What the shred tick and the restoring of states want of the store: rows 0xff01 to 0xff04 (docs/keys.md 5).

use ids::BoxId;
use sealed::{AtRest, Missing, NumberRange, PageId};
use store::{Commit, Store, StoreError};

use crate::roster::VaultNo;

/// The erasure states and pending punctures of a store. Every write is one transaction; its number is that of the commit
/// which has to be durable before anything follows from it.
pub trait StateRows {
    /// The newest commit that reads may show so far. Before what they show is durable nothing is staged that follows from
    /// it: a deletion that dies in a crash would have killed its row.
    ///
    /// # Errors
    ///
    /// The store's.
    fn newest(&mut self) -> Result<Commit, StoreError>;

    /// The numbers of a box that wait to be cut out, ascending, at most `limit` ranges.
    ///
    /// # Errors
    ///
    /// The store's.
    fn pending(&mut self, of: BoxId, limit: usize) -> Result<Vec<NumberRange>, StoreError>;

    /// The sheet of an epoch.
    ///
    /// # Errors
    ///
    /// The store's.
    fn sheet(&mut self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError>;

    /// A page.
    ///
    /// # Errors
    ///
    /// The store's.
    fn page(&mut self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError>;

    /// Writes a sheet and pages beside those that are there.
    ///
    /// # Errors
    ///
    /// The store's.
    fn write_state(
        &mut self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError>;

    /// Removes what a tick has ended.
    ///
    /// # Errors
    ///
    /// The store's.
    fn settle(&mut self, of: BoxId, settled: &Settled) -> Result<Commit, StoreError>;
}

/// What a tick has ended, with the receipts of D vaults.
pub struct Settled {
    /// Numbers that are dead for good, as ranges that neither meet nor touch, ascending. A pending row goes if all its
    /// numbers are among these.
    pub cut: Vec<NumberRange>,
    /// The epoch that the box is at; sheets of all other epochs go.
    pub epoch: u32,
    /// The pages of that epoch; all others go.
    pub pages: Vec<PageId>,
    /// The receipts: vaults with their commit numbers.
    pub receipts: Vec<(VaultNo, u64)>,
    /// Whether all vaults have answered: the box leaves the list of dirty ones (row 0xff04) if nothing is pending.
    pub is_complete: bool,
}

/// The rows of a store that cannot be opened before the roots are there: [`Boot`](crate::Boot) releases the root first
/// and asks for rows afterwards.
pub struct Opening<F> {
    open: F,
    store: Option<Store>,
}

impl<F: FnMut() -> Result<Store, Missing>> Opening<F> {
    /// `open` makes the store as soon as the keyring is not sealed any more.
    pub fn new(open: F) -> Opening<F> {
        Opening { open, store: None }
    }

    /// The store, which is opened at the first call that can.
    ///
    /// # Errors
    ///
    /// [`StoreError::Sealed`] before the roots are there.
    pub fn store(&mut self) -> Result<&mut Store, StoreError> {
        if self.store.is_none() {
            self.store = Some((self.open)().map_err(|_| StoreError::Sealed)?);
        }
        self.store.as_mut().ok_or(StoreError::Sealed)
    }
}

impl<F: FnMut() -> Result<Store, Missing>> StateRows for Opening<F> {
    fn newest(&mut self) -> Result<Commit, StoreError> {
        StateRows::newest(self.store()?)
    }

    fn pending(&mut self, of: BoxId, limit: usize) -> Result<Vec<NumberRange>, StoreError> {
        StateRows::pending(self.store()?, of, limit)
    }

    fn sheet(&mut self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError> {
        StateRows::sheet(self.store()?, of, epoch)
    }

    fn page(&mut self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError> {
        StateRows::page(self.store()?, of, page)
    }

    fn write_state(
        &mut self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError> {
        StateRows::write_state(self.store()?, of, epoch, sheet, pages)
    }

    fn settle(&mut self, of: BoxId, settled: &Settled) -> Result<Commit, StoreError> {
        StateRows::settle(self.store()?, of, settled)
    }
}

impl StateRows for Store {
    fn newest(&mut self) -> Result<Commit, StoreError> {
        Ok(self.engine().view()?.commit())
    }

    fn pending(&mut self, of: BoxId, limit: usize) -> Result<Vec<NumberRange>, StoreError> {
        Store::pending(self, of, limit)
    }

    fn sheet(&mut self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError> {
        Store::sheet(self, of, epoch)
    }

    fn page(&mut self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError> {
        Store::page(self, of, page)
    }

    fn write_state(
        &mut self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError> {
        Store::write_state(self, of, epoch, sheet, pages)
    }

    fn settle(&mut self, of: BoxId, settled: &Settled) -> Result<Commit, StoreError> {
        self.note_receipts(settled.receipts.iter().map(|(vault, commit)| (vault.0, *commit)))?;
        let commit = Store::settle(self, of, &settled.cut, settled.epoch, &settled.pages)?;
        if settled.is_complete {
            self.clean(of)?;
        }
        Ok(commit)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ids::BoxId;
    use sealed::{AtRest, PageId};
    use store::{
        Memory, Store,
        receipts::{self, ReceiptRow},
        testing::door,
    };

    use super::{Settled, StateRows};
    use crate::VaultNo;

    /// What a tick names is what stays. A store that took it for what goes would be without the state of the box.
    #[test]
    fn r13_settling_keeps_the_state_of_the_epoch_and_no_other() {
        let mut store = Store::new(Arc::new(Memory::new()), door());
        let rows: &mut dyn StateRows = &mut store;
        let (of, page) = (BoxId(7), |epoch, index| PageId { epoch, index });
        let at_rest = |byte| AtRest::read_back(vec![6, byte]);
        rows.write_state(of, 1, &at_rest(1), &[(page(1, 0), at_rest(2)), (page(1, 1), at_rest(3))]).unwrap();
        rows.write_state(of, 2, &at_rest(4), &[(page(2, 0), at_rest(5))]).unwrap();
        rows.write_state(BoxId(8), 1, &at_rest(6), &[(page(1, 0), at_rest(7))]).unwrap();
        let settled = Settled {
            cut: Vec::new(),
            epoch: 2,
            pages: vec![page(1, 1), page(2, 0)],
            receipts: vec![(VaultNo(1), 7), (VaultNo(3), 9)],
            is_complete: true,
        };
        rows.settle(of, &settled).unwrap();
        assert!(rows.sheet(of, 1).unwrap().is_none() && rows.page(of, page(1, 0)).unwrap().is_none());
        assert!(rows.sheet(of, 2).unwrap() == Some(at_rest(4)));
        assert!(rows.page(of, page(1, 1)).unwrap() == Some(at_rest(3)));
        assert!(rows.page(of, page(2, 0)).unwrap() == Some(at_rest(5)));
        assert!(
            rows.sheet(BoxId(8), 1).unwrap().is_some() && rows.page(BoxId(8), page(1, 0)).unwrap().is_some()
        );
        // What the vaults signed for is kept: an answer counts once, an earlier one not at all.
        for commit in [9, 4, 12] {
            let settled = Settled {
                receipts: vec![(VaultNo(3), commit)],
                pages: Vec::new(),
                cut: Vec::new(),
                ..settled
            };
            StateRows::settle(&mut store, of, &settled).unwrap();
        }
        let kept = |vault| store.read(|tx| receipts::of(tx, vault)).result.unwrap();
        assert!(kept(1) == Some(ReceiptRow { count: 1, commit: 7 }) && kept(2).is_none());
        assert!(kept(3) == Some(ReceiptRow { count: 2, commit: 12 }));
    }
}
