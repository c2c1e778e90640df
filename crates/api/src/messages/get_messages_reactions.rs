//! messages.getMessagesReactions: what was put on messages of a dialog, as updates that move no counter.
//!
//! Numbers without a message in this dialog are passed over. Errors: PEER_ID_INVALID, LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/messages.getMessagesReactions>.

use domain::message;
use ids::{MsgId, limits};
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetMessagesReactions {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        if self.id.len() > limits::MESSAGE_IDS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let peer = views::input_peer(sight, by, &self.peer)?.peer();
            let ids: Vec<_> = self.id.iter().copied().map(MsgId).collect();
            let found = message::by_id(tx, by, &ids)?;
            let here = || found.iter().flatten().filter(|message| message.peer == peer);
            let mut mentioned = Mentioned::default();
            here().for_each(|message| mentioned.add_message(message));
            let updates = here().map(views::update_reactions).collect();
            Ok(views::updates(updates, mentioned.users(tx, sight, by.user())?, now))
        })
    }
}
