//! messages.markDialogUnread: marks a dialog as unread, or takes the mark away.
//!
//! Errors: PEER_ID_INVALID, also for a dialog without messages. Source: <https://core.telegram.org/method/messages.markDialogUnread>.

use domain::dialog::{self, MarkError};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::MarkDialogUnread {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        if self.parent_peer.is_some() {
            // Only monoforums have dialogs within a dialog.
            return Err(RpcError::PeerIdInvalid);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_dialog_peer(sight, by, &self.peer)?.ok_or(RpcError::PeerIdInvalid)?;
            dialog::mark_unread(tx, by, with, self.unread, now)?;
            Ok(true)
        })
    }
}

impl From<MarkError> for RpcError {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::Empty => Self::PeerIdInvalid,
            MarkError::Append(error) => error.into(),
        }
    }
}
