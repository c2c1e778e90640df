//! Accounts: who exists, under which number and name.
//!
//! The id of an account is the number of a box that was minted ahead, whose keys are at the vaults before anybody has it.
//! Those are drawn at random ([`ids::BoxId::drawn`]), so a deleted account leaves no gap in a sequence. The phone index is
//! a directory page of entries, so no row key is a function of a number.

use std::collections::BTreeMap;

use ids::{UnixTime, UserId};
use store::{Directory, Masked, Page, StoreError, Tx, record};

use crate::tables::{ACCOUNTS, PHONES};
use crate::{PersonName, PhoneNumber};

record! {
    /// An account.
    pub struct Account v1 {
        /// Its id, and the id of its box.
        pub id: UserId,
        /// Its number.
        pub phone: PhoneNumber,
        /// The name its owner chose.
        pub name: PersonName,
        /// When it signed up.
        pub created: UnixTime,
    }
}

record! {
    /// A page of the phone index.
    pub struct PhonePage v1 {
        /// Its entries, in no order.
        pub(crate) entries: Vec<PhoneEntry>,
    }
}

store::fields! {
    /// One number and whose it is.
    #[derive(Copy)]
    pub struct PhoneEntry {
        pub(crate) phone: PhoneNumber,
        pub(crate) user: UserId,
    }
}

/// The account of a user, unless there is none.
///
/// # Errors
/// When the store fails.
pub fn find(tx: &Tx<'_>, user: UserId) -> Result<Option<Account>, StoreError> {
    tx.get(&ACCOUNTS, Directory, &masked(user))
}

/// The accounts of many users, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn find_all(tx: &Tx<'_>, users: &[UserId]) -> Result<Vec<Option<Account>>, StoreError> {
    let keys: Vec<_> = users.iter().copied().map(masked).collect();
    tx.multi_get(&ACCOUNTS, Directory, &keys)
}

/// The user who has this number.
///
/// # Errors
/// When the store fails.
pub fn by_phone(tx: &Tx<'_>, phone: PhoneNumber) -> Result<Option<UserId>, StoreError> {
    let page = tx.get(&PHONES, Directory, &tx.page(&phone.name()))?;
    Ok(page.and_then(|page| page.entries.iter().find(|entry| entry.phone == phone).map(|entry| entry.user)))
}

/// The users who have these numbers, in the order asked.
pub(crate) fn by_phones(tx: &Tx<'_>, phones: &[PhoneNumber]) -> Result<Vec<Option<UserId>>, StoreError> {
    let at: Vec<_> = phones.iter().map(|phone| tx.page(&phone.name())).collect();
    let mut wanted = at.clone();
    wanted.sort_unstable();
    wanted.dedup();
    let pages = tx.multi_get(&PHONES, Directory, &wanted)?;
    let pages: BTreeMap<_, _> = wanted.into_iter().zip(pages).collect();
    let find = |(&phone, at): (&PhoneNumber, &Page)| {
        let entries = &pages.get(at)?.as_ref()?.entries;
        entries.iter().find(|entry| entry.phone == phone).map(|entry| entry.user)
    };
    Ok(phones.iter().zip(&at).map(find).collect())
}

/// Creates an account in a box that was minted ahead. The caller has made sure that the number is free.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    phone: PhoneNumber,
    name: PersonName,
    now: UnixTime,
) -> Result<Account, StoreError> {
    let id = UserId(tx.take_blank()?.0);
    let account = Account { id, phone, name, created: now };
    tx.insert(&ACCOUNTS, Directory, &masked(id), &account)?;
    let at = tx.page(&phone.name());
    let mut page = tx.get(&PHONES, Directory, &at)?.unwrap_or(PhonePage { entries: Vec::new() });
    page.entries.push(PhoneEntry { phone, user: id });
    tx.put(&PHONES, Directory, &at, &page)?;
    Ok(account)
}

fn masked(user: UserId) -> Masked {
    Masked(user.0.cast_unsigned())
}
