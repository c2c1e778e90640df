//! messages.readReactions: marks reactions in a dialog as seen.
//!
//! Which reactions were seen is not kept, and none is ever told as unread, so nothing changes, and the answer says so.
//! Errors: PEER_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.readReactions>.

use crate::shape::nothing_read;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReadReactions {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedHistory, RpcError> {
        nothing_read(ctx, &self.peer)
    }
}
