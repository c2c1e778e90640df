//! The address book: look-up, list and removal.

use std::collections::BTreeMap;

use ids::{BoxId, UnixTime, UserId};
use store::{StoreError, Tx, Window};

use super::{BookPage, Contact, holders};
use crate::tables::CONTACTS;
use crate::update::{self, AppendError, Event};
use crate::{Authed, PhoneNumber, account};

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
    let pages = tx.range(&CONTACTS, by.own_box(), .., Window::first(usize::MAX))?;
    let phones: Vec<_> =
        pages.iter().flat_map(|(_, page)| page.contacts.iter().map(|contact| contact.phone)).collect();
    let mut users: Vec<_> = account::by_phones(tx, &phones)?.into_iter().flatten().collect();
    users.sort_unstable();
    Ok(ContactList { users, saved: u32::try_from(phones.len()).unwrap_or(u32::MAX) })
}

/// Takes users out of the caller's book, with the reverse entries (P27); those who were in it.
///
/// # Errors
/// When the store fails.
pub fn remove(
    tx: &mut Tx<'_>,
    by: Authed,
    users: &[UserId],
    now: UnixTime,
) -> Result<Vec<UserId>, AppendError> {
    let accounts: Vec<_> = account::find_all(tx, users)?.into_iter().flatten().collect();
    let phones: Vec<_> = accounts.iter().map(|account| account.phone).collect();
    let removed = remove_phones(tx, by, &phones)?;
    let users = accounts.iter().filter(|account| removed.contains(&account.phone)).map(|account| account.id);
    let users: Vec<_> = users.collect();
    for &user in &users {
        update::log(tx, by.own_box(), now, Event::User { user })?;
    }
    Ok(users)
}

/// Takes numbers out of the caller's book, with the reverse entries (P27); those that were in it.
///
/// # Errors
/// When the store fails.
pub fn remove_phones(
    tx: &mut Tx<'_>,
    by: Authed,
    phones: &[PhoneNumber],
) -> Result<Vec<PhoneNumber>, StoreError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let mut removed = Vec::new();
    for &phone in phones {
        let at = page_of(tx, phone);
        let mut page = load(tx, own, at)?;
        let before = page.contacts.len();
        page.contacts.retain(|contact| contact.phone != phone);
        if page.contacts.len() < before {
            save(tx, own, at, &page)?;
            holders::remove(tx, phone, by.user())?;
            removed.push(phone);
        }
    }
    Ok(removed)
}

/// Takes everything out of the caller's book, with the reverse entries (P27).
///
/// # Errors
/// When the store fails.
pub fn clear(tx: &mut Tx<'_>, by: Authed) -> Result<(), StoreError> {
    let pages = tx.range(&CONTACTS, by.own_box(), .., Window::first(usize::MAX))?;
    let phones: Vec<_> =
        pages.iter().flat_map(|(_, page)| page.contacts.iter().map(|contact| contact.phone)).collect();
    remove_phones(tx, by, &phones).map(drop)
}

/// The account with a number that is in the caller's book, or is his own.
///
/// # Errors
/// When the store fails.
pub fn by_phone(tx: &Tx<'_>, by: Authed, phone: PhoneNumber) -> Result<Option<UserId>, StoreError> {
    let is_held = find_all(tx, by.own_box(), &[phone])?.iter().any(Option::is_some);
    let user = account::by_phone(tx, phone)?;
    Ok(user.filter(|&user| is_held || user == by.user()))
}

/// What a book says of some numbers, in the order asked.
pub(crate) fn find_all(
    tx: &Tx<'_>,
    of: BoxId,
    phones: &[PhoneNumber],
) -> Result<Vec<Option<Contact>>, StoreError> {
    let mut wanted: Vec<_> = phones.iter().map(|&phone| page_of(tx, phone)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let pages = tx.multi_get(&CONTACTS, of, &wanted)?;
    let pages: BTreeMap<_, _> = wanted.into_iter().zip(pages).collect();
    let find = |&phone| {
        let contacts = &pages.get(&page_of(tx, phone))?.as_ref()?.contacts;
        contacts.iter().find(|contact| contact.phone == phone).cloned()
    };
    Ok(phones.iter().map(find).collect())
}

/// The page of a book that a number belongs to: the low byte of its directory page.
pub(super) fn page_of(tx: &Tx<'_>, phone: PhoneNumber) -> u8 {
    tx.page(&phone.name()).0.to_le_bytes()[0]
}

/// A page of a book, empty if there is none.
pub(super) fn load(tx: &Tx<'_>, of: BoxId, at: u8) -> Result<BookPage, StoreError> {
    Ok(tx.get(&CONTACTS, of, &at)?.unwrap_or(BookPage { contacts: Vec::new() }))
}

/// Writes a page of a book; an empty one leaves no row.
pub(super) fn save(tx: &mut Tx<'_>, of: BoxId, at: u8, page: &BookPage) -> Result<(), StoreError> {
    if page.contacts.is_empty() { tx.delete(&CONTACTS, of, &at) } else { tx.put(&CONTACTS, of, &at, page) }
}
