//! auth.sendCode: sends a login code to a number.
//!
//! The answer is the same for a number with and without an account (A2). Without `--dev` nothing can carry a code
//! yet, and the method says so. Errors: API_ID_INVALID, PHONE_NUMBER_INVALID, SMS_CODE_CREATE_FAILED, FLOOD_WAIT_X.
//! Source: <https://core.telegram.org/method/auth.sendCode>.

use domain::PhoneNumber;
use domain::login::RequestError;
use tl::fields;

use crate::{Access, Ctx, Effect, Method, RpcError};

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
        let length = i32::try_from(issued.code.expose().len()).unwrap_or(i32::MAX);
        let phone_code_hash = issued.hash.to_text();
        ctx.cause(Effect::SendCode { phone, code: issued.code });
        Ok(fields::auth::SentCode {
            r#type: tl::auth::SentCodeType::SentCodeTypeSms { length },
            phone_code_hash,
            next_type: None,
            timeout: None,
        }
        .into())
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
