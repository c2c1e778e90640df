//! `User`: an account as one viewer sees it.
//!
//! Never `min`: whoever is named can be written to with the access hash that stands beside the name.
//! Source: <https://core.telegram.org/constructor/user>.

use domain::profile::{Person, Profile, profile, profiles};
use ids::UserId;
use store::{StoreError, Tx};
use tl::fields;

use crate::Sight;
use crate::user_status::user_status;

/// One user.
///
/// # Errors
/// When the store fails.
pub fn user(tx: &Tx<'_>, sight: &Sight<'_>, viewer: UserId, target: UserId) -> Result<tl::User, StoreError> {
    Ok(of(sight, viewer, profile(tx, viewer, target)?))
}

/// Many users, in the order asked.
///
/// # Errors
/// When the store fails.
pub fn users(
    tx: &Tx<'_>,
    sight: &Sight<'_>,
    viewer: UserId,
    targets: &[UserId],
) -> Result<Vec<tl::User>, StoreError> {
    let profiles = profiles(tx, viewer, targets)?;
    Ok(profiles.into_iter().map(|profile| of(sight, viewer, profile)).collect())
}

fn of(sight: &Sight<'_>, viewer: UserId, profile: Profile) -> tl::User {
    match profile {
        Profile::Person(person) => self::person(sight, viewer, person),
        Profile::Deleted(id) => {
            let access_hash = Some(sight.hashes.of(viewer, id));
            fields::User { deleted: true, id: id.0, access_hash, ..fields::User::default() }.into()
        }
    }
}

fn person(sight: &Sight<'_>, viewer: UserId, person: Person) -> tl::User {
    let some = |name: String| if name.is_empty() { None } else { Some(name) };
    let status = Some(user_status(person.status(sight.presence, sight.now)));
    fields::User {
        status,
        self_: person.is_self,
        contact: person.contact,
        mutual_contact: person.mutual,
        id: person.id.0,
        access_hash: Some(sight.hashes.of(viewer, person.id)),
        first_name: some(person.first_name),
        last_name: some(person.last_name),
        username: person.username.map(|name| name.text().to_owned()),
        phone: person.phone.map(domain::PhoneNumber::digits),
        ..fields::User::default()
    }
    .into()
}
