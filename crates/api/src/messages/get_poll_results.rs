//! messages.getPollResults: how a poll stands, unless the caller knows.
//!
//! Errors: PEER_ID_INVALID, MESSAGE_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.getPollResults>, <https://core.telegram.org/api/poll>.

use domain::message;
use domain::update::{Entry, Event};
use ids::{MsgId, Pts};
use views::{Counting, Mentioned};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetPollResults {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.read(|tx, by| {
            let peer = views::input_peer(sight, by, &self.peer)?.peer();
            let found = message::by_id(tx, by, &[MsgId(self.msg_id)])?.pop().flatten();
            let found = found.filter(|message| message.peer == peer).ok_or(RpcError::MessageIdInvalid)?;
            let hash = views::poll_hash(&found).ok_or(RpcError::MessageIdInvalid)?;
            if hash == self.poll_hash {
                return Ok(views::updates(
                    Vec::new(),
                    Mentioned::default().users(tx, sight, by.user())?,
                    now,
                ));
            }
            let event = Event::Poll { peer, id: found.id };
            let entry = Entry { pts: Pts(0), pts_count: 0, date: now, event };
            let news = views::news(tx, sight, by, &[(entry, Some(found))], Counting::InAnswer)?;
            Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
        })
    }
}
