//! contacts.importContacts: puts numbers and names into the caller's book and says who is here.
//!
//! Number, first and last name are kept and nothing else; a note is dropped (P26). What is not a number is not kept
//! either. `popular_invites` is always empty: what others have in their books is theirs (P28).
//! Source: <https://core.telegram.org/method/contacts.importContacts>.

use domain::contact::{self, Contact, NewContact};
use domain::{ContactName, PhoneNumber};
use ids::UserId;
use tl::fields;

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

/// Contacts that cost as much as a message.
const IMPORTED_PER_TOKEN: usize = 10;

impl Method for tl::contacts::ImportContacts {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::contacts::ImportedContacts, RpcError> {
        // A page of the book is written for many of them at once.
        ctx.charge(Cost::change(self.contacts.len() / IMPORTED_PER_TOKEN))?;
        let sight = &ctx.sight();
        ctx.write(|tx, by| {
            let contacts = self.contacts.iter().filter_map(parse).collect();
            let imported = contact::import(tx, by, contacts)?;
            let mut users: Vec<UserId> = imported.users.iter().map(|&(user, _)| user).collect();
            users.sort_unstable();
            users.dedup();
            let entry = |&(user, client_id): &(UserId, i64)| tl::ImportedContact::ImportedContact {
                user_id: user.0,
                client_id,
            };
            Ok(fields::contacts::ImportedContacts {
                imported: imported.users.iter().map(entry).collect(),
                popular_invites: Vec::new(),
                retry_contacts: imported.retry,
                users: views::users(tx, sight, by.user(), &users)?,
            }
            .into())
        })
    }
}

fn parse(input: &tl::InputContact) -> Option<NewContact> {
    let tl::InputContact::InputPhoneContact(input) = input;
    let phone = PhoneNumber::parse(&input.phone).ok()?;
    let name = ContactName::parse(&input.first_name, &input.last_name);
    Some(NewContact { client_id: input.client_id, contact: Contact { phone, name } })
}
