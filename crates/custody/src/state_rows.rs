//! What the shred tick and the restoring of states want of the store: rows 0xff01 to 0xff04 (docs/keys.md 5).

use ids::BoxId;
use sealed::{AtRest, NumberRange, PageId};
use store::{Commit, StoreError};

use crate::roster::VaultNo;

/// The erasure states and pending punctures of a store. Every write is one transaction; its number is that of the commit
/// which has to be durable before anything follows from it.
pub trait StateRows {
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
