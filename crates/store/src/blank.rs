//! Boxes minted ahead: their keys are at the vaults, and they are nobody's yet. Custody writes a row for each, so that
//! they are found again after a start; whoever takes one for an account takes the row away in the same commit.

use ids::BoxId;

use crate::{Masked, Record, StoreError, System, Tx, Window};

crate::record! {
    /// A box that is nobody's.
    #[derive(Copy)]
    pub struct BlankRow v1 {
        /// Its number, which becomes that of a user.
        pub of: BoxId,
    }
}

crate::tables! {
    /// Boxes minted ahead.
    BLANKS = 0xff05: System, Masked => BlankRow, WhenDone, Static;
}

/// The blank boxes there are, at most `limit`.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub fn all(tx: &Tx<'_>, limit: usize) -> Result<Vec<BoxId>, StoreError> {
    let rows = tx.range(&BLANKS, System, .., Window::first(limit))?;
    Ok(rows.into_iter().map(|((), row)| row.of).collect())
}

/// Notes that a blank box has its keys at the vaults.
///
/// # Errors
/// When the engine fails.
pub fn add(tx: &mut Tx<'_>, of: BoxId) -> Result<(), StoreError> {
    tx.put(&BLANKS, System, &Masked(of.0.cast_unsigned()), &BlankRow { of })
}

// The record is part of the public interface, so its version must not move by accident.
const _: () = assert!(BlankRow::VERSION == 1);
