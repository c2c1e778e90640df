//! messages.getPinnedDialogs: the pinned dialogs of a folder, of which there are none: nothing can be pinned yet.
//!
//! Errors: FOLDER_ID_INVALID. Source: <https://core.telegram.org/method/messages.getPinnedDialogs>.

use tl::fields;

use crate::updates::state;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetPinnedDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::PeerDialogs, RpcError> {
        if !(0..=1).contains(&self.folder_id) {
            return Err(RpcError::FolderIdInvalid);
        }
        let now = ctx.now.unix();
        let state = ctx.read(|tx, by| Ok(state(tx, by, now)?))?;
        let (dialogs, messages, chats, users) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(fields::messages::PeerDialogs { dialogs, messages, chats, users, state }.into())
    }
}
