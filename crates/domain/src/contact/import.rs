//! contacts.importContacts as a rule: numbers go into the book, known or not; known ones are named to the caller.
//!
//! What else a client sends with a contact (a note, a photo) has no field here (P26). Source: docs, Contacts.

use std::collections::{BTreeMap, BTreeSet};

use ids::UserId;
use ids::limits::{CONTACTS_PER_BOOK_PAGE_MAX, IMPORT_CONTACTS_MAX};
use store::{StoreError, Tx};

use super::{BookPage, Contact, book, holders};
use crate::{Authed, PhoneNumber, account};

/// A contact that a client sends, with its own number of it.
pub struct NewContact {
    /// The client's own number.
    pub client_id: i64,
    /// What to store.
    pub contact: Contact,
}

/// What became of an import.
pub struct Imported {
    /// Those who have an account, with the client's own number of each, in the order sent.
    pub users: Vec<(UserId, i64)>,
    /// Client numbers to send again later: they were beyond a limit and nothing is stored of them.
    pub retry: Vec<i64>,
}

/// Puts contacts into the caller's book; a number that is there gets the new name.
///
/// # Errors
/// When the store fails.
pub fn import(tx: &mut Tx<'_>, by: Authed, mut contacts: Vec<NewContact>) -> Result<Imported, StoreError> {
    let own = by.own_box();
    tx.enter(&[own])?;
    let beyond = contacts.split_off(contacts.len().min(IMPORT_CONTACTS_MAX));
    let mut retry: Vec<_> = beyond.into_iter().map(|contact| contact.client_id).collect();

    let mut pages = BTreeMap::<_, Vec<_>>::new();
    let mut taken = Vec::with_capacity(contacts.len());
    for NewContact { client_id, contact } in contacts {
        taken.push((client_id, contact.phone));
        pages.entry(book::page_of(tx, contact.phone)).or_default().push(contact);
    }
    let mut added = Vec::new();
    let mut refused = BTreeSet::new();
    for (at, new) in pages {
        let mut page = book::load(tx, own, at)?;
        let before = page.clone();
        for contact in new {
            match enter(&mut page, contact) {
                Entered::Added(phone) => added.push(phone),
                Entered::Renamed => {}
                Entered::Full(phone) => {
                    refused.insert(phone);
                }
            }
        }
        if page != before {
            book::save(tx, own, at, &page)?;
        }
    }
    holders::add(tx, &added, by.user())?;

    taken.retain(|&(client_id, phone)| {
        let full = refused.contains(&phone);
        retry.extend(full.then_some(client_id));
        !full
    });
    let phones: Vec<_> = taken.iter().map(|&(_, phone)| phone).collect();
    let users = account::by_phones(tx, &phones)?;
    let users = users.into_iter().zip(taken).filter_map(|(user, (client_id, _))| Some((user?, client_id)));
    Ok(Imported { users: users.collect(), retry })
}

enum Entered {
    Added(PhoneNumber),
    Renamed,
    Full(PhoneNumber),
}

fn enter(page: &mut BookPage, contact: Contact) -> Entered {
    let phone = contact.phone;
    if let Some(there) = page.contacts.iter_mut().find(|there| there.phone == phone) {
        *there = contact;
        return Entered::Renamed;
    }
    if page.contacts.len() >= CONTACTS_PER_BOOK_PAGE_MAX {
        return Entered::Full(phone);
    }
    page.contacts.push(contact);
    Entered::Added(phone)
}
