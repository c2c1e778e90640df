//! The reverse index: who has a number in his book. It lies in the directory, since it is asked when the book's owner is
//! away: for what a new user's profile shows, and whom to tell that a number has joined.

use std::collections::BTreeMap;

use ids::UserId;
use store::{Directory, StoreError, Tx};

use super::{Holder, HolderPage};
use crate::PhoneNumber;
use crate::tables::HOLDERS;

/// Who has this number in his book, by ascending id.
///
/// # Errors
/// When the store fails.
pub fn holders(tx: &Tx<'_>, phone: PhoneNumber) -> Result<Vec<UserId>, StoreError> {
    let page = load(tx, tx.page(&phone.name()))?;
    let mut users: Vec<_> =
        page.holders.iter().filter(|holder| holder.phone == phone).map(|holder| holder.user).collect();
    users.sort_unstable();
    Ok(users)
}

/// Notes that a user has these numbers, which he had not.
pub(super) fn add(tx: &mut Tx<'_>, phones: &[PhoneNumber], user: UserId) -> Result<(), StoreError> {
    let mut pages = BTreeMap::<_, Vec<_>>::new();
    for &phone in phones {
        pages.entry(tx.page(&phone.name())).or_default().push(Holder { phone, user });
    }
    for (at, new) in pages {
        let mut page = load(tx, at)?;
        page.holders.extend(new);
        tx.put(&HOLDERS, Directory, &at, &page)?;
    }
    Ok(())
}

/// Notes that a user has a number no more.
pub(super) fn remove(tx: &mut Tx<'_>, phone: PhoneNumber, user: UserId) -> Result<(), StoreError> {
    let at = tx.page(&phone.name());
    let mut page = load(tx, at)?;
    page.holders.retain(|holder| (holder.phone, holder.user) != (phone, user));
    if page.holders.is_empty() {
        tx.delete(&HOLDERS, Directory, &at)
    } else {
        tx.put(&HOLDERS, Directory, &at, &page)
    }
}

fn load(tx: &Tx<'_>, at: store::Page) -> Result<HolderPage, StoreError> {
    Ok(tx.get(&HOLDERS, Directory, &at)?.unwrap_or(HolderPage { holders: Vec::new() }))
}
