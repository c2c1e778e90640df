//! users.getFullUser: a user's profile page.
//!
//! Errors: USER_ID_INVALID. Source: <https://core.telegram.org/method/users.getFullUser>.

use domain::block;
use domain::profile::{self, Profile};
use tl::fields;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::users::GetFullUser {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::users::UserFull, RpcError> {
        let hashes = &ctx.env.hashes;
        ctx.read(|tx, by| {
            let user = views::input_user(hashes, by, &self.id).map_err(|_| RpcError::UserIdInvalid)?.user();
            let Profile::Person(person) = profile::profile(tx, by.user(), user)? else {
                return Err(RpcError::UserIdInvalid);
            };
            Ok(fields::users::UserFull {
                full_user: views::user_full(&person, block::is_blocked(tx, by, user)?),
                chats: Vec::new(),
                users: vec![views::user(tx, hashes, by.user(), user)?],
            }
            .into())
        })
    }
}
