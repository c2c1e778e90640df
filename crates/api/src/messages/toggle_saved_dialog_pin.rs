//! messages.toggleSavedDialogPin: pins a dialog of saved messages at the top, or unpins it.
//!
//! Errors: PEER_ID_INVALID, PEER_HISTORY_EMPTY, PINNED_DIALOGS_TOO_MUCH.
//! Source: <https://core.telegram.org/method/messages.toggleSavedDialogPin>.

use domain::message;

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ToggleSavedDialogPin {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        ctx.charge(Cost::search())?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let of = views::input_dialog_peer(sight, by, &self.peer)?.ok_or(RpcError::PeerIdInvalid)?;
            message::pin_saved(tx, by, of, self.pinned, now)?;
            Ok(true)
        })
    }
}
