//! auth.resendCode: sends another login code under a handle that is alive.
//!
//! There is one way to send codes, so the new one comes the same way; the one before it is dead. Errors:
//! PHONE_NUMBER_INVALID, PHONE_CODE_EXPIRED when there is none, SMS_CODE_CREATE_FAILED, FLOOD_WAIT_X.
//! Source: <https://core.telegram.org/method/auth.resendCode>.

use domain::PhoneNumber;

use crate::shape::sent_code;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::auth::ResendCode {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::auth::SentCode, RpcError> {
        let phone = PhoneNumber::parse(&self.phone_number)?;
        if !ctx.env.codes_delivered {
            return Err(RpcError::SmsCodeCreateFailed);
        }
        let (key, now) = (ctx.key()?, ctx.now.unix());
        let issued =
            ctx.ram().codes.request_again(key, phone, &self.phone_code_hash, now, &mut || ctx.rng.u64())?;
        Ok(sent_code(ctx, phone, issued.ok_or(RpcError::PhoneCodeExpired)?))
    }
}
