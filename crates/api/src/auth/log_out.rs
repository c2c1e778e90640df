//! auth.logOut: the key loses its user; it can log in again.
//!
//! Source: <https://core.telegram.org/method/auth.logOut>.

use domain::authorization;

use crate::{Access, Ctx, Effect, Method, RpcError};

impl Method for tl::auth::LogOut {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::auth::LoggedOut, RpcError> {
        let (key, now) = (ctx.key()?, ctx.now.unix());
        ctx.write(|tx, _| Ok(authorization::log_out(tx, key, now).map(drop)?))?;
        ctx.cause(Effect::SignedOut { key });
        Ok(tl::auth::LoggedOut::LoggedOut { future_auth_token: None })
    }
}
