//! account.resetNotifySettings: takes all notification settings of the caller back.
//!
//! Source: <https://core.telegram.org/method/account.resetNotifySettings>.

use domain::notify;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::ResetNotifySettings {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let now = ctx.now.unix();
        ctx.write(|tx, by| {
            notify::reset(tx, by, now)?;
            Ok(true)
        })
    }
}
