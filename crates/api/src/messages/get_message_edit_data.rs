//! messages.getMessageEditData: whether a message may be edited, and whether its text stands beside media.
//!
//! Errors: PEER_ID_INVALID, MESSAGE_ID_INVALID, MESSAGE_AUTHOR_REQUIRED, MESSAGE_EDIT_TIME_EXPIRED.
//! Source: <https://core.telegram.org/method/messages.getMessageEditData>.

use domain::message;
use ids::MsgId;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetMessageEditData {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::MessageEditData, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let editable = message::editable(tx, by, with, MsgId(self.id), now)?;
            Ok(tl::messages::MessageEditData::MessageEditData { caption: editable.media.is_some() })
        })
    }
}
