//! account.checkUsername: whether a username is free, for whoever is about to choose it.
//!
//! The caller's own is free to him. Errors: USERNAME_INVALID.
//! Source: <https://core.telegram.org/method/account.checkUsername>.

use domain::username::{self, Username};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::CheckUsername {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let name = Username::parse(&self.username)?;
        ctx.read(|tx, by| Ok(username::find(tx, &name)?.is_none_or(|user| user == by.user())))
    }
}
