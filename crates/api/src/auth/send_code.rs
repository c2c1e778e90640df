//! auth.sendCode: sends a login code to a number.
//!
//! The answer is the same for a number with and without an account (A2). Without `--dev` nothing can carry a code
//! yet, and the method says so. Errors: API_ID_INVALID, PHONE_NUMBER_INVALID, SMS_CODE_CREATE_FAILED, FLOOD_WAIT_X.
//! Source: <https://core.telegram.org/method/auth.sendCode>.

use domain::PhoneNumber;
use domain::login::RequestError;

use crate::shape::sent_code;
use crate::{Access, Ctx, Method, RpcError};

/// Seconds after which a client that met a full table asks again.
const BUSY_WAIT_S: u32 = 60;

impl Method for tl::auth::SendCode {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::auth::SentCode, RpcError> {
        if self.api_id <= 0 || self.api_hash.is_empty() {
            return Err(RpcError::ApiIdInvalid);
        }
        let phone = PhoneNumber::parse(&self.phone_number)?;
        if !ctx.env.codes_delivered {
            return Err(RpcError::SmsCodeCreateFailed);
        }
        let key = ctx.key()?;
        let now = ctx.now.unix();
        let issued = ctx.ram().codes.request(key, phone, now, &mut || ctx.rng.u64())?;
        Ok(sent_code(ctx, phone, issued))
    }
}

impl From<RequestError> for RpcError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Flood { wait_s } => {
                Self::FloodWait { seconds: u32::try_from(wait_s).unwrap_or(u32::MAX) }
            }
            RequestError::Busy => Self::FloodWait { seconds: BUSY_WAIT_S },
        }
    }
}
