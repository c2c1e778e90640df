//! contacts.deleteContacts: takes users out of the caller's book, with what says that he had them (P27).
//!
//! Errors: PEER_ID_INVALID, LIMIT_INVALID. Source: <https://core.telegram.org/method/contacts.deleteContacts>.

use domain::contact;
use ids::limits::USERS_PER_CALL_MAX;

use crate::shape::changed_users;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::DeleteContacts {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        if self.id.len() > USERS_PER_CALL_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let user = |input| views::input_user(sight, by, input).map(|known| known.user());
            let users = self.id.iter().map(user).collect::<Result<Vec<_>, _>>()?;
            let removed = contact::remove(tx, by, &users, now)?;
            Ok(changed_users(tx, sight, by, &removed, now)?)
        })
    }
}
