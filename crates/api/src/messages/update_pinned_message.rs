//! messages.updatePinnedMessage: pins a message in its dialog, or unpins it, for both or with `pm_oneside` for oneself.
//!
//! Who pins for both says so with a message, silent if asked for. Errors: PEER_ID_INVALID, INPUT_USER_DEACTIVATED,
//! YOU_BLOCKED_USER, MESSAGE_ID_INVALID, CHAT_NOT_MODIFIED. Source: <https://core.telegram.org/method/messages.updatePinnedMessage>.

use domain::Allowed;
use domain::message::{self, NewPin, PinError};
use ids::MsgId;
use tl::fields;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::UpdatePinnedMessage {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let known = views::input_peer(sight, by, &self.peer)?;
            let both = if self.pm_oneside { None } else { Some(Allowed::to_write(tx, by, known)?) };
            let new =
                NewPin { with: known, both, id: MsgId(self.id), pinned: !self.unpin, silent: self.silent };
            let pinned = message::pin(tx, by, new, now)?;
            let mut mentioned = Mentioned::default();
            mentioned.add_peer(known.peer());
            let mut updates = vec![
                fields::UpdatePinnedMessages {
                    pinned: new.pinned,
                    peer: views::peer(known.peer()),
                    messages: vec![self.id],
                    pts: pinned.pts.0,
                    pts_count: 1,
                }
                .into(),
            ];
            if let Some(notice) = &pinned.notice {
                mentioned.add_message(notice);
                let (message, pts) = (views::message(notice), notice.id.0);
                updates.push(fields::UpdateNewMessage { message, pts, pts_count: 1 }.into());
            }
            Ok(views::updates(updates, mentioned.users(tx, sight, by.user())?, now))
        })
    }
}

impl From<PinError> for RpcError {
    fn from(error: PinError) -> Self {
        match error {
            PinError::NotFound => Self::MessageIdInvalid,
            PinError::Unchanged => Self::ChatNotModified,
            PinError::Append(error) => error.into(),
        }
    }
}
