//! Whom somebody lets see when he was there last.
//!
//! The rules lie in the directory, since others need them while he is away; an account without rules of its own says so itself, so
//! that to look at it reads nothing more. The first rule that is about a viewer decides, and without one he sees nothing to the
//! second. Source: docs, Privacy; account.setPrivacy, privacy key status timestamp.

use ids::limits::{PRIVACY_RULES_MAX, PRIVACY_USERS_MAX};
use ids::{UnixTime, UserId};
use store::{Corrupt, Directory, Fault, Masked, StoreError, Tx, record};

use crate::Authed;
use crate::account::{self, Account};
use crate::tables::PRIVACY;
use crate::update::{self, AppendError, Event};

store::variants! {
    /// A rule.
    pub enum Rule {
        /// Everybody may.
        0 => AllowAll,
        /// Nobody may.
        1 => DenyAll,
        /// Those in the book of whose rule it is may.
        2 => AllowContacts,
        /// Those may not.
        3 => DenyContacts,
        /// These may.
        4 => AllowUsers {
            /// Who.
            users: Vec<UserId>,
        },
        /// These may not.
        5 => DenyUsers {
            /// Who.
            users: Vec<UserId>,
        },
    }
}

record! {
    /// The rules of an account.
    pub struct PrivacyRow v1 {
        pub(crate) status: Vec<Rule>,
    }
}

/// Why rules were not changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PrivacyError {
    /// There are too many, or they name too many users.
    #[error("too many rules")]
    TooLong,
    /// They could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// What an account has that says nothing of it.
fn usual() -> Vec<Rule> {
    vec![Rule::AllowAll]
}

/// Sets the caller's rules; whether that changed anything.
///
/// # Errors
/// The [`PrivacyError`].
pub fn set(tx: &mut Tx<'_>, by: Authed, mut rules: Vec<Rule>, now: UnixTime) -> Result<bool, PrivacyError> {
    let named: usize = rules.iter().map(|rule| rule.users().len()).sum();
    if rules.len() > PRIVACY_RULES_MAX || named > PRIVACY_USERS_MAX {
        return Err(PrivacyError::TooLong);
    }
    if rules.is_empty() {
        rules.push(Rule::DenyAll);
    }
    tx.enter(&[by.own_box()])?;
    let account = account::own(tx, by)?;
    if of(tx, &account)? == rules {
        return Ok(false);
    }
    let has_rules = rules != usual();
    if has_rules {
        tx.put(&PRIVACY, Directory, &masked(by.user()), &PrivacyRow { status: rules })?;
    } else {
        tx.delete(&PRIVACY, Directory, &masked(by.user()))?;
    }
    account::put(tx, &Account { has_rules, ..account })?;
    update::log(tx, by.own_box(), now, Event::Privacy)?;
    Ok(true)
}

/// The caller's rules.
///
/// # Errors
/// When the store fails.
pub fn own(tx: &Tx<'_>, by: Authed) -> Result<Vec<Rule>, StoreError> {
    of(tx, &account::own(tx, by)?)
}

fn of(tx: &Tx<'_>, account: &Account) -> Result<Vec<Rule>, StoreError> {
    if !account.has_rules {
        return Ok(usual());
    }
    // Rules that are lost are an error, and never "everybody".
    let lost = Corrupt { table: PRIVACY.info().name, fault: Fault::Key };
    Ok(tx.get(&PRIVACY, Directory, &masked(account.id))?.ok_or(lost)?.status)
}

/// Whether an account lets a viewer see it, who is in its book or not.
pub(crate) fn allows(
    tx: &Tx<'_>,
    account: &Account,
    viewer: UserId,
    in_book: bool,
) -> Result<bool, StoreError> {
    let rules = of(tx, account)?;
    Ok(rules.iter().find_map(|rule| rule.says(viewer, in_book)).unwrap_or(false))
}

impl Rule {
    /// Whom it names.
    pub fn users(&self) -> &[UserId] {
        match self {
            Self::AllowUsers { users } | Self::DenyUsers { users } => users,
            Self::AllowAll | Self::DenyAll | Self::AllowContacts | Self::DenyContacts => &[],
        }
    }

    /// Whether it lets a viewer see; nothing if it is not about him.
    fn says(&self, viewer: UserId, in_book: bool) -> Option<bool> {
        match self {
            Self::AllowAll => Some(true),
            Self::DenyAll => Some(false),
            Self::AllowContacts => in_book.then_some(true),
            Self::DenyContacts => in_book.then_some(false),
            Self::AllowUsers { users } => users.contains(&viewer).then_some(true),
            Self::DenyUsers { users } => users.contains(&viewer).then_some(false),
        }
    }
}

fn masked(user: UserId) -> Masked {
    Masked(user.0.cast_unsigned())
}

impl From<StoreError> for PrivacyError {
    fn from(error: StoreError) -> Self {
        Self::Append(error.into())
    }
}
