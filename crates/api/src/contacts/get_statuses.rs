//! contacts.getStatuses: when the caller's contacts were there last, as he may see it.
//!
//! Source: <https://core.telegram.org/method/contacts.getStatuses>.

use domain::contact;
use domain::profile::{self, Profile};

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::GetStatuses {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<Vec<tl::ContactStatus>, RpcError> {
        // There are as many as the book has people, and each is another account to look at.
        ctx.charge(Cost::search())?;
        let sight = ctx.sight();
        ctx.read(|tx, by| {
            let users = contact::list(tx, by)?.users;
            let status = |profile| match profile {
                Profile::Person(person) => Some(tl::ContactStatus::ContactStatus {
                    user_id: person.id.0,
                    status: views::user_status(person.status(sight.presence, sight.now)),
                }),
                Profile::Deleted(_) => None,
            };
            Ok(profile::profiles(tx, by.user(), &users)?.into_iter().filter_map(status).collect())
        })
    }
}
