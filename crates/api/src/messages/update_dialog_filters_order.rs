//! messages.updateDialogFiltersOrder: gives the caller's folders another order, in which 0 stands for all dialogs.
//!
//! Errors: FILTER_ID_INVALID, LIMIT_INVALID. Source: <https://core.telegram.org/method/messages.updateDialogFiltersOrder>.

use domain::filter;
use ids::limits::PAGE_ITEMS_MAX;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::UpdateDialogFiltersOrder {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        if self.order.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let order: Result<Vec<u8>, _> = self.order.iter().map(|id| u8::try_from(*id)).collect();
        let order = order.map_err(|_out_of_range| RpcError::FilterIdInvalid)?;
        let now = ctx.now.unix();
        ctx.write(|tx, by| {
            filter::reorder(tx, by, &order, now)?;
            Ok(true)
        })
    }
}
