//! messages.readPollVotes: marks votes in polls of a dialog as seen.
//!
//! Which votes were seen is not kept, and none is ever told as unread, so nothing changes, and the answer says so.
//! Errors: PEER_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.readPollVotes>.

use domain::update;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReadPollVotes {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedHistory, RpcError> {
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            views::input_peer(sight, by, &self.peer)?;
            let pts = update::state(tx, by)?.pts.0;
            Ok(tl::messages::AffectedHistory::AffectedHistory { pts, pts_count: 0, offset: 0 })
        })
    }
}
