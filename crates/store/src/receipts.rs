//! What vaults have signed for: that they cut out or destroyed what they were told to (docs/keys.md 5.3, 6).
//!
//! One row for each vault: how many of its signed answers brought something to its end, and the vault's own commit number
//! in the last of them. Whoever runs the vault can compare that with what it says of itself: one that was put back to an earlier
//! time stands lower than it has signed for. Noted before what was pending is forgotten.

use crate::{Masked, Record, Store, StoreError, System, Tx};

crate::record! {
    /// The receipts of a vault.
    #[derive(Copy)]
    pub struct ReceiptRow v1 {
        /// Signed answers with which something came to its end.
        pub count: u64,
        /// The vault's commit number in the last of them.
        pub commit: u64,
    }
}

crate::tables! {
    /// What vaults have signed for.
    RECEIPTS = 0xff09: System, Masked => ReceiptRow, NoUserData, Static;
}

/// Notes receipts: the numbers of vaults with their commit numbers. One answer may stand for many keys, and counts once.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn note(tx: &mut Tx<'_>, receipts: impl IntoIterator<Item = (u8, u64)>) -> Result<(), StoreError> {
    for (vault, commit) in receipts {
        let row = of(tx, vault)?.unwrap_or(ReceiptRow { count: 0, commit: 0 });
        if commit > row.commit {
            let row = ReceiptRow { count: row.count.saturating_add(1), commit };
            tx.put(&RECEIPTS, System, &Masked(vault.into()), &row)?;
        }
    }
    Ok(())
}

/// Forgets the receipts of a vault, whose place another takes.
///
/// # Errors
/// When the engine fails.
pub fn forget(tx: &mut Tx<'_>, vault: u8) -> Result<(), StoreError> {
    tx.delete(&RECEIPTS, System, &Masked(vault.into()))
}

/// The receipts of a vault, if there are any.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub fn of(tx: &Tx<'_>, vault: u8) -> Result<Option<ReceiptRow>, StoreError> {
    tx.get(&RECEIPTS, System, &Masked(vault.into()))
}

impl Store {
    /// [`note`], as a transaction of its own.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub fn note_receipts(&self, receipts: impl IntoIterator<Item = (u8, u64)>) -> Result<(), StoreError> {
        let receipts: Vec<(u8, u64)> = receipts.into_iter().collect();
        self.write(|tx| note(tx, receipts.iter().copied())).result
    }
}

// The record is part of the public interface, so its version must not move by accident.
const _: () = assert!(ReceiptRow::VERSION == 1);
