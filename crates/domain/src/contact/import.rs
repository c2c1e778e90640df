//! contacts.importContacts as a rule: numbers go into the book, known or not; known ones are named to the caller.

use ids::UserId;
use store::{StoreError, Tx};

use super::Contact;
use crate::Authed;

/// A contact that a client sends, with its own number of it.
pub struct NewContact {
    /// The client's own number.
    pub client_id: i64,
    /// What to store.
    pub contact: Contact,
}

/// What became of an import.
pub struct Imported {
    /// Those who have an account, with the client's own number of each.
    pub users: Vec<(UserId, i64)>,
    /// Client numbers to send again later: they were beyond a limit and nothing is stored of them.
    pub retry: Vec<i64>,
}

/// Why nothing was imported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts contacts into the caller's book; a number that is there gets the new name.
///
/// # Errors
/// The [`ImportError`].
pub fn import(tx: &mut Tx<'_>, by: Authed, contacts: Vec<NewContact>) -> Result<Imported, ImportError> {
    todo!()
}
