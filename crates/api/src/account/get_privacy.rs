//! account.getPrivacy: whom the caller lets see when he was there last.
//!
//! Errors: PRIVACY_KEY_INVALID, for everything else that a client can ask this of.
//! Source: <https://core.telegram.org/method/account.getPrivacy>.

use crate::shape::{must_be_status, privacy_rules};
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::GetPrivacy {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::account::PrivacyRules, RpcError> {
        must_be_status(&self.key)?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| Ok(privacy_rules(tx, sight, by)?))
    }
}
