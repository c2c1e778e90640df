//! messages.reorderPinnedSavedDialogs: gives the pinned dialogs of saved messages another order.
//!
//! Whoever is named and not pinned yet is pinned, which is how clients set the whole list. Errors: PEER_ID_INVALID,
//! LIMIT_INVALID, PINNED_DIALOGS_TOO_MUCH. Source: <https://core.telegram.org/method/messages.reorderPinnedSavedDialogs>.

use domain::message;
use ids::limits::PAGE_ITEMS_MAX;

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::ReorderPinnedSavedDialogs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        if self.order.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        ctx.charge(Cost::search())?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let known = |input| views::input_dialog_peer(sight, by, input).transpose();
            let order = self.order.iter().filter_map(known).collect::<Result<Vec<_>, _>>()?;
            message::reorder_saved(tx, by, &order, self.force, now)?;
            Ok(true)
        })
    }
}
