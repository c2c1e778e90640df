//! messages.toggleDialogPin: pins a dialog at the top of its folder, or unpins it.
//!
//! The archive as a whole cannot be pinned. Errors: PEER_ID_INVALID, PEER_HISTORY_EMPTY, PINNED_DIALOGS_TOO_MUCH.
//! Source: <https://core.telegram.org/method/messages.toggleDialogPin>.

use domain::dialog::{self, PinError};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ToggleDialogPin {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_dialog_peer(sight, by, &self.peer)?.ok_or(RpcError::PeerIdInvalid)?;
            dialog::pin(tx, by, with, self.pinned, now)?;
            Ok(true)
        })
    }
}

impl From<PinError> for RpcError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::Empty => Self::PeerHistoryEmpty,
            PinError::TooMany => Self::PinnedDialogsTooMuch,
            PinError::Append(error) => error.into(),
        }
    }
}
