//! Profiles: a user as one viewer sees him.
//!
//! The viewer's own name for a contact stands in the place of the contact's. A number is shown to its owner, to who
//! has it in his book already, and to those in its owner's book (the API's default privacy, "my contacts").
//! Source: docs, constructor user; Contacts.

use ids::UserId;
use store::{StoreError, Tx};

use crate::PhoneNumber;

/// A user as one viewer sees him.
#[derive(Clone, PartialEq, Eq)]
pub enum Profile {
    /// There is such an account.
    Person(Person),
    /// There is none, or no more; old messages still name it.
    Deleted(UserId),
}

/// The visible facts of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The user.
    pub id: UserId,
    /// Whether it is the viewer himself.
    pub is_self: bool,
    /// Whether the viewer has him as a contact.
    pub contact: bool,
    /// Whether each has the other.
    pub mutual: bool,
    /// The first name to show.
    pub first_name: String,
    /// The last name to show; may be empty.
    pub last_name: String,
    /// The number, if the viewer may see it.
    pub phone: Option<PhoneNumber>,
}

/// One user as `viewer` sees him.
///
/// # Errors
/// When the store fails.
pub fn profile(tx: &Tx<'_>, viewer: UserId, target: UserId) -> Result<Profile, StoreError> {
    todo!()
}

/// Many users, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn profiles(tx: &Tx<'_>, viewer: UserId, targets: &[UserId]) -> Result<Vec<Profile>, StoreError> {
    todo!()
}
