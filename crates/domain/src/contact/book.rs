//! The address book: look-up, list, removal, and the reverse index that goes with it.

use ids::UserId;
use store::{StoreError, Tx};

use crate::{Authed, PhoneNumber};

/// The contacts of a book.
pub struct ContactList {
    /// Those who have an account, by ascending id.
    pub users: Vec<UserId>,
    /// Numbers in the book, with and without an account.
    pub saved: u32,
}

/// The caller's contacts.
///
/// # Errors
/// When the store fails.
pub fn list(tx: &Tx<'_>, by: Authed) -> Result<ContactList, StoreError> {
    todo!()
}

/// Who has this number in his book, by ascending id.
///
/// # Errors
/// When the store fails.
pub fn holders(tx: &Tx<'_>, phone: PhoneNumber) -> Result<Vec<UserId>, StoreError> {
    todo!()
}

/// Takes users out of the caller's book, with the reverse entries (P27); who is not in it is passed over.
///
/// # Errors
/// When the store fails.
pub fn remove(tx: &mut Tx<'_>, by: Authed, users: &[UserId]) -> Result<(), StoreError> {
    todo!()
}
