//! Usernames: a public name by which anybody finds an account.
//!
//! The index is a directory page of entries, as that of numbers is, so no row key is a function of a name. Names that
//! differ in case only are one name; what look-alikes there are in Latin letters, digits and the underscore is all that
//! the alphabet allows. Source: docs, account.updateUsername, account.checkUsername.

use ids::UserId;
use ids::limits::{USERNAME_CHARS_MAX, USERNAME_CHARS_MIN};
use store::{Directory, Fault, Field, Page, Plain, Reader, StoreError, Tx, record};

use crate::Authed;
use crate::account::{self, Account};
use crate::tables::USERNAMES;
use crate::update::{self, AppendError, Event};

/// A username as its owner wrote it: 5 to 32 Latin letters, digits and single underscores, a letter first, no underscore
/// last.
#[derive(Clone, PartialEq, Eq)]
pub struct Username(String);

/// The text is not a username.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a username")]
pub struct UsernameInvalid;

record! {
    /// A page of the index of usernames.
    pub struct UsernamePage v1 {
        /// Its entries, in no order.
        pub(crate) entries: Vec<UsernameEntry>,
    }
}

store::fields! {
    /// One name, folded, and whose it is.
    pub struct UsernameEntry {
        pub(crate) folded: String,
        pub(crate) user: UserId,
    }
}

/// Why a username was not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UsernameError {
    /// Somebody else has it.
    #[error("the username is taken")]
    Occupied,
    /// The caller has it already, or has none to give up.
    #[error("nothing would change")]
    Unchanged,
    /// It could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl Username {
    /// Reads what a client sent.
    ///
    /// # Errors
    /// [`UsernameInvalid`].
    pub fn parse(text: &str) -> Result<Self, UsernameInvalid> {
        let is_long = (USERNAME_CHARS_MIN..=USERNAME_CHARS_MAX).contains(&text.len());
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
        if is_long && is_plain && begins && !text.ends_with('_') && !text.contains("__") {
            Ok(Self(text.to_owned()))
        } else {
            Err(UsernameInvalid)
        }
    }

    /// The name, as its owner wrote it.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Field for Username {
    fn put(&self, out: &mut Plain) {
        self.0.put(out);
    }

    fn take(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        Self::parse(&String::take(reader)?).map_err(|_not_one| Fault::Text)
    }
}

/// The user who has this name.
///
/// # Errors
/// When the store fails.
pub fn find(tx: &Tx<'_>, name: &Username) -> Result<Option<UserId>, StoreError> {
    let folded = name.folded();
    let page = load(tx, page_of(tx, &folded))?;
    Ok(page.entries.iter().find(|entry| entry.folded == folded).map(|entry| entry.user))
}

/// Gives the caller another username, or none.
///
/// # Errors
/// The [`UsernameError`].
pub fn change(
    tx: &mut Tx<'_>,
    by: Authed,
    name: Option<Username>,
    now: ids::UnixTime,
) -> Result<Account, UsernameError> {
    tx.enter(&[by.own_box()])?;
    let mut account = account::own(tx, by)?;
    if account.username == name {
        return Err(UsernameError::Unchanged);
    }
    let old = account.username.take().map(|old| old.folded());
    let new = name.as_ref().map(Username::folded);
    if let Some(name) = &name
        && find(tx, name)?.is_some_and(|user| user != by.user())
    {
        return Err(UsernameError::Occupied);
    }
    if old != new {
        if let Some(old) = old {
            let at = page_of(tx, &old);
            let mut page = load(tx, at)?;
            page.entries.retain(|entry| entry.folded != old);
            save(tx, at, &page)?;
        }
        if let Some(folded) = new {
            let at = page_of(tx, &folded);
            let mut page = load(tx, at)?;
            page.entries.push(UsernameEntry { folded, user: by.user() });
            save(tx, at, &page)?;
        }
    }
    account.username = name;
    account::put(tx, &account)?;
    update::log(tx, by.own_box(), now, Event::User { user: by.user() })?;
    Ok(account)
}

fn page_of(tx: &Tx<'_>, folded: &str) -> Page {
    // Numbers and names share the function that finds a page, and must not share its arguments.
    tx.page(&[b"@", folded.as_bytes()].concat())
}

fn load(tx: &Tx<'_>, at: Page) -> Result<UsernamePage, StoreError> {
    Ok(tx.get(&USERNAMES, Directory, &at)?.unwrap_or(UsernamePage { entries: Vec::new() }))
}

fn save(tx: &mut Tx<'_>, at: Page, page: &UsernamePage) -> Result<(), StoreError> {
    if page.entries.is_empty() {
        tx.delete(&USERNAMES, Directory, &at)
    } else {
        tx.put(&USERNAMES, Directory, &at, page)
    }
}

impl From<StoreError> for UsernameError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
