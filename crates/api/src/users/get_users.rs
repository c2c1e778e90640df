//! users.getUsers: users as the caller sees them, in the order asked.
//!
//! One that he does not know, or names with a wrong access hash, is `userEmpty`: whether such a user exists is not
//! told. Errors: LIMIT_INVALID. Source: <https://core.telegram.org/method/users.getUsers>.

use ids::limits::USERS_PER_CALL_MAX;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::users::GetUsers {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<Vec<tl::User>, RpcError> {
        if self.id.len() > USERS_PER_CALL_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let user = |input: &tl::InputUser| match views::input_user(sight, by, input) {
                Ok(known) => Ok(views::user(tx, sight, by.user(), known.user())?),
                Err(_unknown) => Ok(tl::User::UserEmpty { id: named(input) }),
            };
            self.id.iter().map(user).collect()
        })
    }
}

fn named(input: &tl::InputUser) -> i64 {
    match input {
        tl::InputUser::InputUser { user_id, .. } => *user_id,
        tl::InputUser::InputUserFromMessage(from) => from.user_id,
        tl::InputUser::InputUserSelf | tl::InputUser::InputUserEmpty => 0,
    }
}
