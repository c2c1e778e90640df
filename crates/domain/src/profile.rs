//! Profiles: a user as one viewer sees him.
//!
//! The viewer's own name for a contact stands in the place of the contact's. A number is shown to its owner, to who
//! has it in his book already, and to those in its owner's book (the API's default privacy, "my contacts").
//! Source: docs, constructor user; Contacts.

use ids::UserId;
use store::{StoreError, Tx};

use crate::account::{self, Account};
use crate::contact::{self, Contact};
use crate::presence::{Books, SeenDay, Shown};
use crate::username::Username;
use crate::{About, PhoneNumber, presence};

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
    /// The name by which anybody finds him.
    pub username: Option<Username>,
    /// What he says of himself.
    pub about: About,
    /// What the viewer may see of when he was there last.
    pub(crate) shown: Shown,
    /// The day of it.
    pub(crate) seen: SeenDay,
}

/// One user as `viewer` sees him.
///
/// # Errors
/// When the store fails.
pub fn profile(tx: &Tx<'_>, viewer: UserId, target: UserId) -> Result<Profile, StoreError> {
    Ok(profiles(tx, viewer, &[target])?.pop().unwrap_or(Profile::Deleted(target)))
}

/// Many users, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn profiles(tx: &Tx<'_>, viewer: UserId, targets: &[UserId]) -> Result<Vec<Profile>, StoreError> {
    // Only the directory and the viewer's own box are read: the targets may be away, their boxes closed.
    let accounts = account::find_all(tx, targets)?;
    let others = || accounts.iter().flatten().filter(|account| account.id != viewer);
    let phones: Vec<_> = others().map(|account| account.phone).collect();
    let (mut contacts, own) = match phones.is_empty() {
        true => (Vec::new(), None),
        false => (contact::find_all(tx, viewer.into(), &phones)?, account::find(tx, viewer)?),
    };
    // Who has the viewer's number in his book.
    let holders = own.as_ref().map(|own| contact::holders(tx, own.phone)).transpose()?.unwrap_or_default();
    contacts.reverse();
    let of_target = targets.iter().zip(accounts);
    of_target
        .map(|(&target, account)| match account {
            Some(account) if target == viewer => Ok(Profile::Person(Person::own(account))),
            Some(account) => {
                let held = holders.binary_search(&target).is_ok();
                let contact = contacts.pop().flatten();
                let books = Books { viewer_in_book: held, target_in_book: contact.is_some() };
                let shown = match &own {
                    Some(own) => presence::shown(tx, &account, own, books)?,
                    None => Shown::Nothing,
                };
                Ok(Profile::Person(Person::seen(account, contact, held, shown)))
            }
            None => Ok(Profile::Deleted(target)),
        })
        .collect()
}

impl Person {
    fn own(account: Account) -> Self {
        Self {
            id: account.id,
            is_self: true,
            contact: false,
            mutual: false,
            first_name: account.name.first().to_owned(),
            last_name: account.name.last().to_owned(),
            phone: Some(account.phone),
            username: account.username,
            about: account.about,
            shown: Shown::Exact,
            seen: account.seen,
        }
    }

    /// Somebody else's account: `contact` is what the viewer's book says of it, `held` whether the viewer is in its, `shown`
    /// what it shows him of when it was there last.
    fn seen(account: Account, contact: Option<Contact>, held: bool, shown: Shown) -> Self {
        let (first_name, last_name) = match &contact {
            Some(Contact { name, .. }) if !name.is_empty() => (name.first(), name.last()),
            Some(_) | None => (account.name.first(), account.name.last()),
        };
        Self {
            id: account.id,
            is_self: false,
            contact: contact.is_some(),
            mutual: contact.is_some() && held,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            phone: (contact.is_some() || held).then_some(account.phone),
            username: account.username,
            about: account.about,
            shown,
            seen: account.seen,
        }
    }
}
