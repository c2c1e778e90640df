//! auth.acceptLoginToken: lets the device that shows a QR code in, as the caller.
//!
//! The answer says of the device what it says of itself. Errors: AUTH_TOKEN_INVALID, AUTH_TOKEN_EXPIRED,
//! AUTH_TOKEN_ALREADY_ACCEPTED, AUTH_TOKEN_EXCEPTION.
//! Source: <https://core.telegram.org/method/auth.acceptLoginToken>, <https://core.telegram.org/api/qr-login>.

use domain::authorization;
use domain::login::AcceptError;
use tl::{Encode, fields};

use crate::{Access, Ctx, Effect, Method, RpcError};

impl Method for tl::auth::AcceptLoginToken {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Authorization, RpcError> {
        let now = ctx.now.unix();
        let by = ctx.read(|_, by| Ok(by))?;
        let asked = ctx.ram().tokens.asked_by(by, &self.token, now)?;
        // It is read before the token is accepted: for want of a key the call is run again.
        let client = ctx.read(|tx, _| Ok(authorization::client(tx, asked)?))?;
        let (key, session) = ctx.ram().tokens.accept(by, &self.token, now)?;
        let update = tl::Update::UpdateLoginToken;
        let update: tl::Updates = fields::UpdateShort { update, date: now.as_int() }.into();
        ctx.cause(Effect::TokenAccepted { key, session, update: update.to_bytes() });
        let mut device = fields::Authorization {
            hash: ctx.sight().of_device(by.user(), key),
            date_created: now.as_int(),
            date_active: now.as_int(),
            ..fields::Authorization::default()
        };
        if let Some(client) = client {
            device.api_id = client.api_id;
            device.device_model = client.device_model.as_str().to_owned();
            device.system_version = client.system_version.as_str().to_owned();
            device.app_version = client.app_version.as_str().to_owned();
        }
        Ok(device.into())
    }
}

impl From<AcceptError> for RpcError {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Invalid => Self::AuthTokenInvalid,
            AcceptError::Expired => Self::AuthTokenExpired,
            AcceptError::AlreadyAccepted => Self::AuthTokenAlreadyAccepted,
            AcceptError::Excepted => Self::AuthTokenException,
        }
    }
}
