//! messages.setTyping: shows the other side, if it is there, that the caller is writing. Nothing of it is kept.
//!
//! Errors: PEER_ID_INVALID, INPUT_USER_DEACTIVATED, YOU_BLOCKED_USER, MESSAGE_TOO_LONG.
//! Source: <https://core.telegram.org/method/messages.setTyping>.

use domain::Allowed;
use ids::limits::TYPING_ACTION_BYTES_MAX;
use tl::{Encode, fields};

use crate::{Access, Ctx, Effect, Method, RpcError};

impl Method for tl::messages::SetTyping {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        // It goes unpacked to every session of somebody who cannot refuse it.
        if self.action.to_bytes().len() > TYPING_ACTION_BYTES_MAX {
            return Err(RpcError::MessageTooLong);
        }
        let sight = &ctx.sight();
        let (from, to) = ctx.read(|tx, by| {
            let known = views::input_peer(sight, by, &self.peer)?;
            Ok((by.user(), Allowed::to_write(tx, by, known)?))
        })?;
        // Whoever is blocked is not told, and reaches nobody.
        let (reaches, to) = (to.reaches(), to.peer().user());
        if from != to && reaches {
            let typing = fields::UpdateUserTyping { user_id: from.0, top_msg_id: None, action: self.action };
            let date = ctx.now.unix().as_int();
            let update = tl::Updates::from(fields::UpdateShort { update: typing.into(), date }).to_bytes();
            ctx.cause(Effect::Ephemeral { to, update });
        }
        Ok(true)
    }
}
