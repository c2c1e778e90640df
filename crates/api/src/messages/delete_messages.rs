//! messages.deleteMessages: takes messages out of the caller's box, and with `revoke` out of the other side's.
//!
//! Numbers without a message are passed over. Errors: LIMIT_INVALID for more than 100 numbers.
//! Source: <https://core.telegram.org/method/messages.deleteMessages>.

use domain::message;
use ids::{MsgId, limits};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::DeleteMessages {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedMessages, RpcError> {
        if self.id.len() > limits::MESSAGE_IDS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let now = ctx.now.unix();
        let ids: Vec<_> = self.id.into_iter().map(MsgId).collect();
        ctx.write(|tx, by| {
            let deleted = message::delete(tx, by, &ids, self.revoke, now)?;
            Ok(tl::messages::AffectedMessages::AffectedMessages {
                pts: deleted.pts.0,
                pts_count: deleted.pts_count,
            })
        })
    }
}
