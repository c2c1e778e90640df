//! What a tick can come to, for one key. Nothing but [`Ticked::Done`] says that anything is final (P37).

use store::StoreError;

use crate::VaultNo;

/// What became of one box, or of one key whose shares were drawn anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ticked {
    /// The box is at this epoch, and what was cut out is final: D vaults have said so.
    Done {
        /// The epoch.
        epoch: u32,
        /// Vaults that have not said so. The box stays dirty until they have.
        late: Vec<VaultNo>,
        /// A tick that was half done was ended instead: what is pending waits for the next one.
        was_half_done: bool,
    },
    /// Committed, but fewer than D vaults have said so: nothing is final. The next tick goes on.
    NotFinal {
        /// Receipts so far.
        receipts: usize,
    },
    /// Nothing is pending, and not all vaults were there.
    Waiting,
    /// Too few vaults have answered; nothing has changed, or it was taken back.
    Away,
    /// The state would be too large: survivors have to move to fresh numbers first ([`super::Job::below`]).
    TooLarge,
    /// The box was destroyed: nothing is pending any more.
    Gone,
    /// The state of the box does not open, or memory for keys is full.
    Unusable,
    /// The store failed.
    Store(StoreError),
}
