//! messages.readMentions: marks mentions in a dialog as seen.
//!
//! Nobody is mentioned in a dialog of two, so nothing changes, and the answer says so. Errors: PEER_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.readMentions>.

use domain::update;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReadMentions {
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
