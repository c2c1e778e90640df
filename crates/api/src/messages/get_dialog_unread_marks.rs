//! messages.getDialogUnreadMarks: the dialogs that the caller marked as unread.
//!
//! Errors: PEER_ID_INVALID. Source: <https://core.telegram.org/method/messages.getDialogUnreadMarks>.

use domain::dialog;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetDialogUnreadMarks {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<Vec<tl::DialogPeer>, RpcError> {
        if self.parent_peer.is_some() {
            return Err(RpcError::PeerIdInvalid);
        }
        ctx.read(|tx, by| Ok(dialog::marked_unread(tx, by)?.into_iter().map(views::dialog_peer).collect()))
    }
}
