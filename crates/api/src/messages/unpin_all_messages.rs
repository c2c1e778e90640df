//! messages.unpinAllMessages: unpins what is pinned in a dialog, for both.
//!
//! A call takes at most 100 messages; `offset` in the answer says that it is to be made again. Errors: PEER_ID_INVALID,
//! OPTION_NOT_SUPPORTED for topics. Source: <https://core.telegram.org/method/messages.unpinAllMessages>.

use domain::message;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::UnpinAllMessages {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedHistory, RpcError> {
        if self.top_msg_id.is_some() || self.saved_peer_id.is_some() {
            return Err(RpcError::OptionNotSupported);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let unpinned = message::unpin_all(tx, by, with, now)?;
            Ok(tl::messages::AffectedHistory::AffectedHistory {
                pts: unpinned.pts.0,
                pts_count: unpinned.pts_count,
                offset: i32::from(unpinned.more),
            })
        })
    }
}
