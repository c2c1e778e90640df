//! messages.readMentions: marks mentions in a dialog as seen.
//!
//! Nobody is mentioned in a dialog of two, so nothing changes, and the answer says so. Errors: PEER_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.readMentions>.

use crate::shape::nothing_read;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReadMentions {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedHistory, RpcError> {
        nothing_read(ctx, &self.peer)
    }
}
