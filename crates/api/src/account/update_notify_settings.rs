//! account.updateNotifySettings: sets the caller's notification settings for a dialog, or for all of a kind.
//!
//! What is not in the call is not set any more. Errors: PEER_ID_INVALID, SETTINGS_INVALID.
//! Source: <https://core.telegram.org/method/account.updateNotifySettings>.

use domain::notify::{self, NotifyError};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::account::UpdateNotifySettings {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let scope = views::input_notify_peer(sight, by, &self.peer)?;
            notify::set(tx, by, scope, views::notify_settings(&self.settings), now)?;
            Ok(true)
        })
    }
}

impl From<NotifyError> for RpcError {
    fn from(error: NotifyError) -> Self {
        match error {
            NotifyError::Sound => Self::SettingsInvalid,
            NotifyError::Append(error) => error.into(),
        }
    }
}
