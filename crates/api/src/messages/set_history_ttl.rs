//! messages.setHistoryTTL: how long the messages of a dialog live from now on, on both sides; 0: for ever.
//!
//! Any number of seconds up to 366 days is taken; clients offer days. Errors: PEER_ID_INVALID (also for the dialog with
//! oneself, which has no timer), INPUT_USER_DEACTIVATED, YOU_BLOCKED_USER, TTL_PERIOD_INVALID, CHAT_NOT_MODIFIED.
//! Source: <https://core.telegram.org/method/messages.setHistoryTTL>.

use domain::Allowed;
use domain::message::{self, TimerError};
use tl::fields;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SetHistoryTTL {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let period_s = u32::try_from(self.period).map_err(|_| RpcError::TtlPeriodInvalid)?;
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let known = views::input_peer(sight, by, &self.peer)?;
            let with = Allowed::to_write(tx, by, known)?;
            let set = message::set_timer(tx, by, with, period_s, now)?;
            let mut mentioned = Mentioned::default();
            mentioned.add_message(&set.notice);
            let notice = views::message(&set.notice);
            let updates = vec![
                views::peer_history_ttl(known.peer(), period_s),
                views::step(set.pts, 1),
                fields::UpdateNewMessage { message: notice, pts: set.notice.id.0, pts_count: 1 }.into(),
            ];
            Ok(views::updates(updates, mentioned.users(tx, sight, by.user())?, now))
        })
    }
}

impl From<TimerError> for RpcError {
    fn from(error: TimerError) -> Self {
        match error {
            TimerError::Own => Self::PeerIdInvalid,
            TimerError::Period => Self::TtlPeriodInvalid,
            TimerError::Unchanged => Self::ChatNotModified,
            TimerError::Append(error) => error.into(),
        }
    }
}
