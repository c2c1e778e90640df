//! messages.getMessagesReactions: what was put on messages of a dialog, as updates that move no counter.
//!
//! Numbers without a message in this dialog are passed over. Errors: PEER_ID_INVALID, LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/messages.getMessagesReactions>.

use domain::message;
use domain::update::{Entry, Event};
use ids::{MsgId, Pts, limits};
use views::Counting;

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
            let here = found.into_iter().flatten().filter(|message| message.peer == peer);
            let entries: Vec<_> = here
                .map(|message| {
                    let event = Event::Reactions { peer, id: message.id };
                    (Entry { pts: Pts(0), pts_count: 0, date: now, event }, Some(message))
                })
                .collect();
            let news = views::news(tx, sight, by, &entries, Counting::InAnswer)?;
            Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
        })
    }
}
