//! auth.signUp: makes an account for a number whose code auth.signIn has seen.
//!
//! Who has the number in his book is not told of it yet. Errors: PHONE_NUMBER_INVALID, PHONE_NUMBER_OCCUPIED,
//! PHONE_CODE_EXPIRED, FIRSTNAME_INVALID, LASTNAME_INVALID.
//! Source: <https://core.telegram.org/method/auth.signUp>.

use domain::login::{self, SignUpError};
use domain::{NameError, PersonName, PhoneError, PhoneNumber};

use crate::shape::authorization;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::auth::SignUp {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::auth::Authorization, RpcError> {
        let phone = PhoneNumber::parse(&self.phone_number)?;
        let name = PersonName::parse(&self.first_name, &self.last_name)?;
        let (key, now) = (ctx.key()?, ctx.now.unix());
        let proof = ctx.ram().codes.verified(key, phone, &self.phone_code_hash, now)?;
        let sight = &ctx.sight();
        let (by, user) = ctx.write_anyone(|tx, _| {
            let made = login::sign_up(tx, &proof, name.clone(), now)?;
            Ok((made.by, views::user(tx, sight, made.by.user(), made.by.user())?))
        })?;
        ctx.ram().codes.finish(&proof);
        Ok(authorization(ctx, by, user))
    }
}

impl From<SignUpError> for RpcError {
    fn from(error: SignUpError) -> Self {
        match error {
            SignUpError::Occupied => Self::PhoneNumberOccupied,
            SignUpError::Store(error) => error.into(),
        }
    }
}

impl From<NameError> for RpcError {
    fn from(error: NameError) -> Self {
        match error {
            NameError::First => Self::FirstnameInvalid,
            NameError::Last => Self::LastnameInvalid,
        }
    }
}

impl From<PhoneError> for RpcError {
    fn from(PhoneError: PhoneError) -> Self {
        Self::PhoneNumberInvalid
    }
}
