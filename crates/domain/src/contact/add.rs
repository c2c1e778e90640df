//! contacts.addContact as a rule: a user whom the caller knows goes into his book.
//!
//! A contact is a number and a name, and nothing else (P26). So whoever is to be one, his number must be known: the caller
//! gives it, or was shown it already. A book that took somebody by his id alone would show his number to whoever asks.
//! Source: docs, contacts.addContact.

use ids::UnixTime;
use store::{StoreError, Tx};

use super::{Contact, NewContact, import};
use crate::profile::{self, Profile};
use crate::update::{self, AppendError, Event};
use crate::{Authed, ContactName, Known, PhoneNumber, account};

/// Why somebody did not become a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddError {
    /// There is no such account, or it is the caller's own.
    #[error("no such account")]
    NotFound,
    /// The name is empty.
    #[error("the name is empty")]
    Name,
    /// The number is not the user's, or none is given and the caller may not see it.
    #[error("the number is not known")]
    Phone,
    /// The book is full.
    #[error("the book is full")]
    Full,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Puts a user into the caller's book, or gives him another name there.
///
/// # Errors
/// The [`AddError`].
pub fn add(
    tx: &mut Tx<'_>,
    by: Authed,
    user: Known,
    phone: Option<PhoneNumber>,
    name: ContactName,
    now: UnixTime,
) -> Result<(), AddError> {
    tx.enter(&[by.own_box()])?;
    let user = user.user();
    let account = account::find(tx, user)?.filter(|_| user != by.user()).ok_or(AddError::NotFound)?;
    if name.first().is_empty() {
        return Err(AddError::Name);
    }
    let seen = match profile::profile(tx, by.user(), user)? {
        Profile::Person(person) => person.phone,
        Profile::Deleted(_) => None,
    };
    if phone.or(seen) != Some(account.phone) {
        return Err(AddError::Phone);
    }
    let contact = Contact { phone: account.phone, name };
    let imported = import(tx, by, vec![NewContact { client_id: 0, contact }])?;
    if !imported.retry.is_empty() {
        return Err(AddError::Full);
    }
    update::log(tx, by.own_box(), now, Event::User { user })?;
    Ok(())
}

impl From<StoreError> for AddError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
