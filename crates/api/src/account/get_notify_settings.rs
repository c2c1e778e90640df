//! account.getNotifySettings: the caller's notification settings for a dialog, or for all of a kind.
//!
//! Errors: PEER_ID_INVALID. Source: <https://core.telegram.org/method/account.getNotifySettings>.

use domain::notify;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::GetNotifySettings {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::PeerNotifySettings, RpcError> {
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let scope = views::input_notify_peer(sight, by, &self.peer)?;
            Ok(views::peer_notify_settings(&notify::of(tx, by, scope)?))
        })
    }
}
