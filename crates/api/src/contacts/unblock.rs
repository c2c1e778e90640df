//! contacts.unblock: what somebody writes reaches the caller again, from now on.
//!
//! Errors: PEER_ID_INVALID, OPTION_NOT_SUPPORTED. Source: <https://core.telegram.org/method/contacts.unblock>.

use domain::block;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::Unblock {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        if self.my_stories_from {
            return Err(RpcError::OptionNotSupported);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let whom = views::input_peer(sight, by, &self.id)?;
            block::set(tx, by, whom, false, now)?;
            Ok(true)
        })
    }
}
