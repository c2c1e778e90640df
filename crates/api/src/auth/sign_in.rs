//! auth.signIn: logs a key in with the code that was sent to the number.
//!
//! A number without an account leads to auth.signUp, for which the code stays good. Errors: PHONE_NUMBER_INVALID,
//! PHONE_CODE_EMPTY, PHONE_CODE_INVALID, PHONE_CODE_EXPIRED.
//! Source: <https://core.telegram.org/method/auth.signIn>.

use domain::PhoneNumber;
use domain::login::{self, CheckError, SignIn};
use tl::fields;

use crate::shape::authorization;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::auth::SignIn {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::auth::Authorization, RpcError> {
        let phone = PhoneNumber::parse(&self.phone_number)?;
        // A code by e-mail is never asked for, so one that comes that way is no code.
        let typed = self.phone_code.as_deref().unwrap_or_default();
        let (key, now) = (ctx.key()?, ctx.now.unix());
        let proof = ctx.ram().codes.check(key, phone, &self.phone_code_hash, typed, now)?;
        let sight = &ctx.sight();
        let signed_in = ctx.write_anyone(|tx, _| match login::sign_in(tx, &proof, now)? {
            SignIn::Authorized(by) => Ok(Some((by, views::user(tx, sight, by.user(), by.user())?))),
            SignIn::SignUpRequired => Ok(None),
        })?;
        match signed_in {
            Some((by, user)) => {
                ctx.ram().codes.finish(&proof);
                Ok(authorization(ctx, by, user))
            }
            None => Ok(fields::auth::AuthorizationSignUpRequired { terms_of_service: None }.into()),
        }
    }
}

impl From<CheckError> for RpcError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Empty => Self::PhoneCodeEmpty,
            CheckError::Invalid => Self::PhoneCodeInvalid,
            CheckError::Expired => Self::PhoneCodeExpired,
        }
    }
}
