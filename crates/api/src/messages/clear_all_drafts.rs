//! messages.clearAllDrafts: clears what the caller has begun to write in all dialogs.
//!
//! Source: <https://core.telegram.org/method/messages.clearAllDrafts>.

use domain::draft;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ClearAllDrafts {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let now = ctx.now.unix();
        ctx.write(|tx, by| {
            draft::clear_all(tx, by, now)?;
            Ok(true)
        })
    }
}
