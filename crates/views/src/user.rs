//! `User`: an account as one viewer sees it.
//!
//! Never `min`: whoever is named can be written to with the access hash that stands beside the name.
//! Source: <https://core.telegram.org/constructor/user>.

use domain::AccessHashes;
use domain::profile::{Person, Profile, profile, profiles};
use ids::UserId;
use store::{StoreError, Tx};
use tl::fields;

/// One user.
///
/// # Errors
/// When the store fails.
pub fn user(
    tx: &Tx<'_>,
    hashes: &AccessHashes,
    viewer: UserId,
    target: UserId,
) -> Result<tl::User, StoreError> {
    Ok(of(hashes, viewer, profile(tx, viewer, target)?))
}

/// Many users, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn users(
    tx: &Tx<'_>,
    hashes: &AccessHashes,
    viewer: UserId,
    targets: &[UserId],
) -> Result<Vec<tl::User>, StoreError> {
    let profiles = profiles(tx, viewer, targets)?;
    Ok(profiles.into_iter().map(|profile| of(hashes, viewer, profile)).collect())
}

fn of(hashes: &AccessHashes, viewer: UserId, profile: Profile) -> tl::User {
    match profile {
        Profile::Person(person) => self::person(hashes, viewer, person),
        Profile::Deleted(id) => {
            let access_hash = Some(hashes.of(viewer, id));
            fields::User { deleted: true, id: id.0, access_hash, ..fields::User::default() }.into()
        }
    }
}

fn person(hashes: &AccessHashes, viewer: UserId, person: Person) -> tl::User {
    let some = |name: String| if name.is_empty() { None } else { Some(name) };
    fields::User {
        self_: person.is_self,
        contact: person.contact,
        mutual_contact: person.mutual,
        id: person.id.0,
        access_hash: Some(hashes.of(viewer, person.id)),
        first_name: some(person.first_name),
        last_name: some(person.last_name),
        username: person.username.map(|name| name.text().to_owned()),
        phone: person.phone.map(domain::PhoneNumber::digits),
        ..fields::User::default()
    }
    .into()
}
