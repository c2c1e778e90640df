//! messages.reorderPinnedDialogs: gives the pinned dialogs of a folder another order.
//!
//! Whoever is named and not pinned yet is pinned, which is how clients set the whole list. Errors: FOLDER_ID_INVALID,
//! PEER_ID_INVALID, LIMIT_INVALID, PINNED_DIALOGS_TOO_MUCH. Source: <https://core.telegram.org/method/messages.reorderPinnedDialogs>.

use domain::dialog;
use ids::limits::PAGE_ITEMS_MAX;

use super::get_pinned_dialogs::folder;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReorderPinnedDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let folder = folder(self.folder_id)?;
        if self.order.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let known = |input| views::input_dialog_peer(sight, by, input).transpose();
            let order = self.order.iter().filter_map(known).collect::<Result<Vec<_>, _>>()?;
            dialog::reorder(tx, by, folder, &order, self.force, now)?;
            Ok(true)
        })
    }
}
