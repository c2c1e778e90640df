//! contacts.block: what somebody writes does not reach the caller any more, and he is not told so.
//!
//! There are no stories, so there is nothing to hide from him with `my_stories_from`. Errors: PEER_ID_INVALID,
//! OPTION_NOT_SUPPORTED, LIMIT_INVALID. Source: <https://core.telegram.org/method/contacts.block>.

use domain::block::{self, BlockError};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::Block {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        if self.my_stories_from {
            return Err(RpcError::OptionNotSupported);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let whom = views::input_peer(sight, by, &self.id)?;
            block::set(tx, by, whom, true, now)?;
            Ok(true)
        })
    }
}

impl From<BlockError> for RpcError {
    fn from(error: BlockError) -> Self {
        match error {
            BlockError::Oneself => Self::PeerIdInvalid,
            BlockError::TooMany => Self::LimitInvalid,
            BlockError::Append(error) => error.into(),
        }
    }
}
