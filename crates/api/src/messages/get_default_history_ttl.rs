//! messages.getDefaultHistoryTTL: how long the messages of dialogs live that the caller begins; 0: for ever.
//!
//! Source: <https://core.telegram.org/method/messages.getDefaultHistoryTTL>.

use domain::message;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetDefaultHistoryTTL {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::DefaultHistoryTTL, RpcError> {
        let period_s = ctx.read(|tx, by| Ok(message::own_timer(tx, by)?))?;
        let period = i32::try_from(period_s).unwrap_or(i32::MAX);
        Ok(tl::DefaultHistoryTTL::DefaultHistoryTTL { period })
    }
}
