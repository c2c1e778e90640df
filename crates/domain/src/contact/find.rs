//! contacts.search as a rule: the people whom the caller knows by a part of a name, and whoever has exactly the username.
//!
//! His own names for his contacts count, and nobody else's. The index of usernames knows whole names only, by design: a
//! server on which names could be listed by their beginnings would list its users. Source: docs, contacts.search.

use ids::UserId;
use store::{StoreError, Tx, Window};

use crate::profile::{Person, Profile, profiles};
use crate::tables::DIALOGS;
use crate::username::{self, Username};
use crate::{Authed, contact};

/// Who was found.
pub struct Found {
    /// Contacts and those with whom there is a dialog, by ascending id.
    pub mine: Vec<UserId>,
    /// Others.
    pub others: Vec<UserId>,
}

/// Looks for people; at most `limit` of each kind.
///
/// # Errors
/// When the store fails.
pub fn search(tx: &Tx<'_>, by: Authed, words: &str, limit: usize) -> Result<Found, StoreError> {
    let wanted: Vec<String> = words
        .split_whitespace()
        .map(|word| word.trim_start_matches('@').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let mut known = contact::list(tx, by)?.users;
    let dialogs = tx.range(&DIALOGS, by.own_box(), .., Window::first(usize::MAX))?;
    known.extend(dialogs.into_iter().map(|((), row)| row.peer.user()));
    known.sort_unstable();
    known.dedup();
    let people = profiles(tx, by.user(), &known)?;
    let fits = |profile: &Profile| match profile {
        Profile::Person(person) => !wanted.is_empty() && fits(person, &wanted),
        Profile::Deleted(_) => false,
    };
    let mine = known.iter().zip(&people).filter(|(_, person)| fits(person)).map(|(&user, _)| user);
    let mine: Vec<_> = mine.take(limit).collect();
    let named = Username::parse(words.trim().trim_start_matches('@')).ok();
    let named = named.map(|name| username::find(tx, &name)).transpose()?.flatten();
    let others = named.filter(|user| !mine.contains(user)).into_iter().take(limit).collect();
    Ok(Found { mine, others })
}

/// Whether each word begins a word of the name, or the username.
fn fits(person: &Person, wanted: &[String]) -> bool {
    let name = format!("{} {}", person.first_name, person.last_name).to_lowercase();
    let username = person.username.as_ref().map(|name| name.text().to_lowercase());
    let begins = |wanted: &String| {
        name.split_whitespace().chain(username.as_deref()).any(|word| word.starts_with(wanted.as_str()))
    };
    wanted.iter().all(begins)
}
