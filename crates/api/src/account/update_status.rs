//! account.updateStatus: the caller is there, or is not any more.
//!
//! He is online for five minutes from when his client said so last. Of the time nothing is kept, of the day its number.
//! Source: <https://core.telegram.org/method/account.updateStatus>.

use domain::presence;

use crate::{Access, Change, Ctx, Effect, Method, RpcError};

impl Method for tl::account::UpdateStatus {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let (now, is_here) = (ctx.now, !self.offline);
        let (user, is_marked) =
            ctx.read(|tx, by| Ok((by.user(), presence::is_marked(tx, by, now.unix())?)))?;
        if is_here && !is_marked {
            ctx.write(|tx, by| Ok(presence::mark(tx, by, now.unix())?))?;
        }
        // By the key that the call came with: the permanent one of its login may have several connections, and this one ends.
        if ctx.presence.note(user, ctx.caller.wire_key, is_here, now) {
            ctx.cause(Effect::Changed { user, what: Change::Status });
        }
        Ok(true)
    }
}
