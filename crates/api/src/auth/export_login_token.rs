//! auth.exportLoginToken: a token to show as a QR code, or the login, once a device that is logged in has accepted the token.
//!
//! Clients ask again when they are told that it was accepted (updateLoginToken), or every few seconds. All devices of the user
//! are told that there is a new one. Errors: API_ID_INVALID, LIMIT_INVALID, AUTH_TOKEN_INVALID, FLOOD_WAIT_X.
//! Source: <https://core.telegram.org/method/auth.exportLoginToken>, <https://core.telegram.org/api/qr-login>.

use domain::login::{self, Accepted, Asking, Exported};
use ids::UserId;
use tl::{Encode, fields};

use crate::shape::authorization;
use crate::{Access, Ctx, Effect, Method, RpcError};

/// Users that a client may name whom it has logged in already; clients hold a few accounts.
const EXCEPT_MAX: usize = 16;
/// Seconds after which a client asks again that met a table full of logins which nobody fetched yet.
const BUSY_WAIT_S: u32 = 30;

impl Method for tl::auth::ExportLoginToken {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::auth::LoginToken, RpcError> {
        if self.api_id <= 0 || self.api_hash.is_empty() {
            return Err(RpcError::ApiIdInvalid);
        }
        if self.except_ids.len() > EXCEPT_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let except = self.except_ids.into_iter().map(UserId).collect();
        let asking = Asking { key: ctx.key()?, session: ctx.caller.session, except };
        let now = ctx.now.unix();
        let exported = ctx.ram().tokens.export(asking, now, &mut || ctx.rng.u64());
        match exported.map_err(|_full| RpcError::FloodWait { seconds: BUSY_WAIT_S })? {
            Exported::Shown { token, ends } => {
                Ok(tl::auth::LoginToken::LoginToken { expires: ends.as_int(), token: token.to_vec() })
            }
            Exported::Accepted(accepted) => logged_in(ctx, &accepted),
        }
    }
}

/// The login, of which all other devices are told that are connected.
fn logged_in(ctx: &mut Ctx<'_>, accepted: &Accepted) -> Result<tl::auth::LoginToken, RpcError> {
    let (sight, now) = (&ctx.sight(), ctx.now.unix());
    let written = ctx.write_anyone(|tx, _| {
        let Some(by) = login::sign_in_accepted(tx, accepted, now)? else { return Ok(None) };
        Ok(Some((by, views::user(tx, sight, by.user(), by.user())?)))
    })?;
    ctx.ram().tokens.finish(accepted);
    // Asked for again it is a new token.
    let (by, user) = written.ok_or(RpcError::AuthTokenInvalid)?;
    let hash = sight.of_device(by.user(), by.key());
    let update = fields::UpdateNewAuthorization { hash, ..fields::UpdateNewAuthorization::default() };
    let update = fields::UpdateShort { update: update.into(), date: now.as_int() };
    ctx.cause(Effect::Ephemeral { to: by.user(), update: tl::Updates::from(update).to_bytes() });
    let authorization = authorization(ctx, by, user);
    Ok(fields::auth::LoginTokenSuccess { authorization }.into())
}
