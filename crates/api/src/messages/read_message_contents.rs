//! messages.readMessageContents: marks what came with messages as seen or heard.
//!
//! Nothing that could be marked exists yet (voice, round video, mentions), so nothing changes, and the answer says so.
//! Errors: LIMIT_INVALID for more than 100 numbers.
//! Source: <https://core.telegram.org/method/messages.readMessageContents>.

use domain::update;
use ids::limits::MESSAGE_IDS_MAX;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReadMessageContents {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedMessages, RpcError> {
        if self.id.len() > MESSAGE_IDS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        ctx.read(|tx, by| {
            let pts = update::state(tx, by)?.pts.0;
            Ok(tl::messages::AffectedMessages::AffectedMessages { pts, pts_count: 0 })
        })
    }
}
