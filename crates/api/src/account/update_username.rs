//! account.updateUsername: gives the caller a username, another, or with an empty text none.
//!
//! Errors: USERNAME_INVALID, USERNAME_OCCUPIED, USERNAME_NOT_MODIFIED.
//! Source: <https://core.telegram.org/method/account.updateUsername>.

use domain::username::{self, Username, UsernameError, UsernameInvalid};

use crate::{Access, Change, Ctx, Effect, Method, RpcError};

impl Method for tl::account::UpdateUsername {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::User, RpcError> {
        let name = match self.username.as_str() {
            "" => None,
            name => Some(Username::parse(name)?),
        };
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        let (by, user) = ctx.write(|tx, by| {
            username::change(tx, by, name.clone(), now)?;
            Ok((by, views::user(tx, sight, by.user(), by.user())?))
        })?;
        ctx.cause(Effect::Changed { user: by.user(), what: Change::Name });
        Ok(user)
    }
}

impl From<UsernameInvalid> for RpcError {
    fn from(_: UsernameInvalid) -> Self {
        Self::UsernameInvalid
    }
}

impl From<UsernameError> for RpcError {
    fn from(error: UsernameError) -> Self {
        match error {
            UsernameError::Occupied => Self::UsernameOccupied,
            UsernameError::Unchanged => Self::UsernameNotModified,
            UsernameError::Append(error) => error.into(),
        }
    }
}
