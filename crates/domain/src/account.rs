//! Accounts: who exists, under which number and name.
//!
//! The id of an account is the number of a box that was minted ahead, whose keys are at the vaults before anybody has it.
//! Those are drawn at random ([`ids::BoxId::drawn`]), so a deleted account leaves no gap in a sequence. The phone index is
//! a directory page of entries, so no row key is a function of a number.

use std::collections::BTreeMap;

use ids::{BoxId, UnixTime, UserId};
use store::{Corrupt, Directory, Fault, Masked, Page, StoreError, Tx, blank, record};

use crate::presence::SeenDay;
use crate::tables::{ACCOUNTS, PHONES};
use crate::update::{self, AppendError, Event};
use crate::username::Username;
use crate::{About, Authed, PersonName, PhoneNumber};

record! {
    /// An account.
    pub struct Account v4 {
        /// Its id, and the id of its box.
        pub id: UserId,
        /// Its number.
        pub phone: PhoneNumber,
        /// The name its owner chose.
        pub name: PersonName,
        /// When it signed up.
        pub created: UnixTime,
        /// The name by which anybody finds it.
        pub username: Option<Username>,
        /// What its owner says of himself.
        pub about: About,
        /// How many users it has blocked.
        pub(crate) blocks: u32,
        /// The day on which it was there last.
        pub(crate) seen: SeenDay,
        /// Whether there are rules of who may see more of that.
        pub(crate) has_rules: bool,
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

/// Notes that a box was minted ahead and is nobody's, unless somebody has taken it meanwhile.
///
/// # Errors
/// When the store fails.
pub fn note_blank(tx: &mut Tx<'_>, of: BoxId) -> Result<(), StoreError> {
    if find(tx, UserId(of.0))?.is_none() {
        blank::add(tx, of)?;
    }
    Ok(())
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
    let about = About::default();
    let account = Account {
        id,
        phone,
        name,
        created: now,
        username: None,
        about,
        blocks: 0,
        seen: SeenDay::NEVER,
        has_rules: false,
    };
    tx.insert(&ACCOUNTS, Directory, &masked(id), &account)?;
    let at = tx.page(&phone.name());
    let mut page = tx.get(&PHONES, Directory, &at)?.unwrap_or(PhonePage { entries: Vec::new() });
    page.entries.push(PhoneEntry { phone, user: id });
    tx.put(&PHONES, Directory, &at, &page)?;
    Ok(account)
}

impl Account {
    /// Whether it has blocked anybody.
    pub(crate) const fn has_blocks(&self) -> bool {
        self.blocks > 0
    }
}

/// The caller's own account.
///
/// # Errors
/// When the store fails, and when there is none: a login without an account is a row that is missing.
pub(crate) fn own(tx: &Tx<'_>, by: Authed) -> Result<Account, StoreError> {
    let lost = Corrupt { table: ACCOUNTS.info().name, fault: Fault::Key };
    find(tx, by.user())?.ok_or_else(|| lost.into())
}

/// Writes an account that is there.
pub(crate) fn put(tx: &mut Tx<'_>, account: &Account) -> Result<(), StoreError> {
    tx.put(&ACCOUNTS, Directory, &masked(account.id), account)
}

/// What the caller changes of his account; what is none stays.
#[derive(Default)]
pub struct NewProfile {
    /// First and last name.
    pub name: Option<PersonName>,
    /// What he says of himself.
    pub about: Option<About>,
}

/// Changes the caller's account; whether that changed anything.
///
/// # Errors
/// The [`AppendError`].
pub fn change(tx: &mut Tx<'_>, by: Authed, new: NewProfile, now: UnixTime) -> Result<bool, AppendError> {
    tx.enter(&[by.own_box()])?;
    let before = own(tx, by)?;
    let name = new.name.unwrap_or_else(|| before.name.clone());
    let about = new.about.unwrap_or_else(|| before.about.clone());
    let account = Account { name, about, ..before.clone() };
    if account == before {
        return Ok(false);
    }
    put(tx, &account)?;
    update::log(tx, by.own_box(), now, Event::User { user: by.user() })?;
    Ok(true)
}

fn masked(user: UserId) -> Masked {
    Masked(user.0.cast_unsigned())
}
