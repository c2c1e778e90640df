//! users.getFullUser: a user's profile page.
//!
//! Errors: USER_ID_INVALID. Source: <https://core.telegram.org/method/users.getFullUser>.

use domain::profile::{self, Profile};
use domain::update::NotifyScope;
use domain::{block, dialog, message, notify};
use tl::fields;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::users::GetFullUser {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::users::UserFull, RpcError> {
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let with = views::input_user(sight, by, &self.id).map_err(|_| RpcError::UserIdInvalid)?;
            let user = with.user();
            let Profile::Person(person) = profile::profile(tx, by.user(), user)? else {
                return Err(RpcError::UserIdInvalid);
            };
            let pinned = message::newest_pinned(tx, by, with)?;
            // One is asked for, and one comes, if only an empty one.
            let dialog = dialog::of(tx, by, &[with])?.pop().ok_or(RpcError::UserIdInvalid)?.0;
            let notify = notify::of(tx, by, NotifyScope::Peer { peer: with.peer() })?;
            let blocked = block::is_blocked(tx, by, user)?;
            Ok(fields::users::UserFull {
                full_user: views::user_full(&person, blocked, &dialog, pinned, &notify),
                chats: Vec::new(),
                users: vec![views::user(tx, sight, by.user(), user)?],
            }
            .into())
        })
    }
}
