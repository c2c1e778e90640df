//! contacts.getContacts: the caller's contacts that have an account.
//!
//! Source: <https://core.telegram.org/method/contacts.getContacts>.

use domain::contact;
use domain::profile::{self, Profile};
use store::{StoreError, Tx};
use tl::fields;

use crate::flood::Cost;
use crate::shape::list_hash;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::GetContacts {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::contacts::Contacts, RpcError> {
        // Every account of the book is looked at.
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let list = contact::list(tx, by)?;
            let saved = i64::from(list.saved);
            let hash = list_hash(std::iter::once(saved).chain(list.users.iter().map(|user| user.0)));
            if self.hash != 0 && self.hash == hash {
                return Ok(tl::contacts::Contacts::ContactsNotModified);
            }
            Ok(fields::contacts::Contacts {
                contacts: contacts(tx, by.user(), &list.users)?,
                saved_count: i32::try_from(list.saved).unwrap_or(i32::MAX),
                users: views::users(tx, sight, by.user(), &list.users)?,
            }
            .into())
        })
    }
}

fn contacts(tx: &Tx<'_>, viewer: ids::UserId, users: &[ids::UserId]) -> Result<Vec<tl::Contact>, StoreError> {
    let mutual = |profile: &Profile| match profile {
        Profile::Person(person) => person.mutual,
        Profile::Deleted(_) => false,
    };
    let profiles = profile::profiles(tx, viewer, users)?;
    let contact = |(user, profile): (&ids::UserId, &Profile)| tl::Contact::Contact {
        user_id: user.0,
        mutual: mutual(profile),
    };
    Ok(users.iter().zip(&profiles).map(contact).collect())
}
