//! auth.cancelCode: forgets a login code that was sent.
//!
//! Errors: PHONE_NUMBER_INVALID, PHONE_CODE_EXPIRED when there is none.
//! Source: <https://core.telegram.org/method/auth.cancelCode>.

use domain::PhoneNumber;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::auth::CancelCode {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let phone = PhoneNumber::parse(&self.phone_number)?;
        let (key, now) = (ctx.key()?, ctx.now.unix());
        if ctx.ram().codes.cancel(key, phone, &self.phone_code_hash, now) {
            Ok(true)
        } else {
            Err(RpcError::PhoneCodeExpired)
        }
    }
}
