//! messages.getPinnedSavedDialogs: the pinned dialogs of saved messages, from the top.
//!
//! Source: <https://core.telegram.org/method/messages.getPinnedSavedDialogs>.

use domain::message;

use crate::flood::Cost;
use crate::shape::saved_dialogs;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetPinnedSavedDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::SavedDialogs, RpcError> {
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| Ok(saved_dialogs(tx, sight, by, &message::saved_pinned(tx, by)?, None)?))
    }
}
