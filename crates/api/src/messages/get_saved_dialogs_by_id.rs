//! messages.getSavedDialogsByID: some of the dialogs of saved messages; of whom nothing is saved is left out.
//!
//! Errors: PEER_ID_INVALID, LIMIT_INVALID, PARENT_PEER_INVALID.
//! Source: <https://core.telegram.org/method/messages.getSavedDialogsByID>.

use domain::message;
use ids::limits::PAGE_ITEMS_MAX;

use crate::flood::Cost;
use crate::shape::saved_dialogs;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetSavedDialogsByID {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::SavedDialogs, RpcError> {
        if self.parent_peer.is_some() {
            return Err(RpcError::ParentPeerInvalid);
        }
        if self.ids.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let known = |peer| views::input_peer(sight, by, peer);
            let peers = self.ids.iter().map(known).collect::<Result<Vec<_>, _>>()?;
            Ok(saved_dialogs(tx, sight, by, &message::saved_of(tx, by, &peers)?, None)?)
        })
    }
}
