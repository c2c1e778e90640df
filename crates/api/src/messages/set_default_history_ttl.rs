//! messages.setDefaultHistoryTTL: how long the messages of dialogs live that the caller begins from now on; 0: for ever.
//!
//! Errors: TTL_PERIOD_INVALID. Source: <https://core.telegram.org/method/messages.setDefaultHistoryTTL>.

use domain::message;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SetDefaultHistoryTTL {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let period_s = u32::try_from(self.period).map_err(|_| RpcError::TtlPeriodInvalid)?;
        ctx.write(|tx, by| Ok(message::set_own_timer(tx, by, period_s)?))?;
        Ok(true)
    }
}
