//! account.setPrivacy: whom the caller lets see when he was there last.
//!
//! Who hides it from somebody sees it of him no more either. Errors: PRIVACY_KEY_INVALID, PRIVACY_VALUE_INVALID,
//! PRIVACY_TOO_LONG. Source: <https://core.telegram.org/method/account.setPrivacy>.

use domain::privacy::{self, PrivacyError};

use crate::shape::{must_be_status, privacy_rules};
use crate::{Access, Change, Ctx, Effect, Method, RpcError};

impl Method for tl::account::SetPrivacy {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::account::PrivacyRules, RpcError> {
        must_be_status(&self.key)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        let (user, is_new, answer) = ctx.write(|tx, by| {
            let rules = views::parse_privacy_rules(sight, by, &self.rules)
                .map_err(|_refused| RpcError::PrivacyValueInvalid)?;
            let is_new = privacy::set(tx, by, rules, now)?;
            Ok((by.user(), is_new, privacy_rules(tx, sight, by)?))
        })?;
        if is_new {
            // Whoever may see more now is told what he sees. Who sees less now keeps what he saw.
            ctx.cause(Effect::Changed { user, what: Change::Status });
        }
        Ok(answer)
    }
}

impl From<PrivacyError> for RpcError {
    fn from(error: PrivacyError) -> Self {
        match error {
            PrivacyError::TooLong => Self::PrivacyTooLong,
            PrivacyError::Append(error) => error.into(),
        }
    }
}
