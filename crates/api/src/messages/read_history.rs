//! messages.readHistory: marks what came up to a message as read; the other side sees it.
//!
//! Errors: PEER_ID_INVALID, MSG_ID_INVALID. Source: <https://core.telegram.org/method/messages.readHistory>.

use domain::dialog;
use ids::MsgId;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReadHistory {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedMessages, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let mark = dialog::read(tx, by, with, MsgId(self.max_id), now)?;
            Ok(tl::messages::AffectedMessages::AffectedMessages {
                pts: mark.pts.0,
                pts_count: mark.pts_count,
            })
        })
    }
}
