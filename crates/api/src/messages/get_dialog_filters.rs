//! messages.getDialogFilters: the folders that the caller has made, in their order.
//!
//! That of all dialogs stands among them, and alone for who has made none. Tags are for who has paid, and nobody can.
//! Source: <https://core.telegram.org/method/messages.getDialogFilters>.

use domain::filter;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetDialogFilters {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::DialogFilters, RpcError> {
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let filters = views::dialog_filters(sight, by, &filter::all(tx, by)?);
            Ok(tl::messages::DialogFilters::DialogFilters { tags_enabled: false, filters })
        })
    }
}
