//! Contacts: a number and the name given to it, and nothing else (P26).
//!
//! A contact is of a number, not of a user: who has the number is looked up when it matters, so a number that
//! registers later is a contact from then on. The address book lies in 256 pages by number, the reverse index (who
//! has a number in his book) in the directory's pages, so that no row key is a function of a number.
//! Source: docs, Contacts.

mod add;
mod book;
mod find;
mod holders;
mod import;

use ids::UserId;
use store::record;

use crate::{ContactName, PhoneNumber};

pub use add::{AddError, add};
pub(crate) use book::find_all;
pub use book::{ContactList, by_phone, clear, list, remove, remove_phones};
pub use find::{Found, search};
pub use holders::holders;
pub use import::{Imported, NewContact, import};

store::fields! {
    /// A contact: exactly these (P26).
    pub struct Contact {
        /// The number.
        pub phone: PhoneNumber,
        /// First and last name, as the book's owner has them.
        pub name: ContactName,
    }
}

record! {
    /// A page of an address book.
    pub struct BookPage v1 {
        pub(crate) contacts: Vec<Contact>,
    }
}

store::fields! {
    /// That a user has a number in his book.
    #[derive(Copy)]
    pub struct Holder {
        pub(crate) phone: PhoneNumber,
        pub(crate) user: UserId,
    }
}

record! {
    /// A page of the reverse index.
    pub struct HolderPage v1 {
        pub(crate) holders: Vec<Holder>,
    }
}
