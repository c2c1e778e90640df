//! messages.getSavedDialogs: saved messages as a list of dialogs, one for each peer that something was saved from.
//!
//! Found by reading the dialog with oneself, as far as a search goes. The hash is not looked at: clients cannot use the answer
//! that nothing changed. Errors: PARENT_PEER_INVALID, since there is no channel with such dialogs.
//! Source: <https://core.telegram.org/method/messages.getSavedDialogs>, <https://core.telegram.org/api/saved-messages>.

use domain::message::{self, SavedPage};
use ids::{MsgId, UnixTime};

use crate::flood::Cost;
use crate::shape::saved_dialogs;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetSavedDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::SavedDialogs, RpcError> {
        if self.parent_peer.is_some() {
            return Err(RpcError::ParentPeerInvalid);
        }
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        // The offset's peer says nothing that its number does not.
        let page = SavedPage {
            offset_id: MsgId(self.offset_id),
            offset_date: UnixTime(self.offset_date.into()),
            limit: self.limit,
            exclude_pinned: self.exclude_pinned,
        };
        ctx.read(|tx, by| {
            let list = message::saved(tx, by, page)?;
            let part_of = (!list.whole).then_some(list.total);
            Ok(saved_dialogs(tx, sight, by, &list.dialogs, part_of)?)
        })
    }
}
