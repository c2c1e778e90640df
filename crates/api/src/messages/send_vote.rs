//! messages.sendVote: answers a poll, or with no options takes the caller's answer back.
//!
//! Who forwarded a quiz before he answered it answers both with one vote, and the answer tells of both. Errors: PEER_ID_INVALID, MESSAGE_ID_INVALID, MESSAGE_POLL_CLOSED, OPTIONS_TOO_MUCH, OPTION_INVALID, REVOTE_NOT_ALLOWED.
//! Source: <https://core.telegram.org/method/messages.sendVote>, <https://core.telegram.org/api/poll>.

use domain::message::{self, Message, VoteError};
use domain::update::{Entry, Event};
use ids::{MsgId, Pts};
use views::Counting;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::SendVote {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let id = MsgId(self.msg_id);
            let voted = message::vote(tx, by, with, id, &self.options, now)?;
            // Who votes as before is told how the poll stands, and his counter stays.
            let counting = if voted.changed { Counting::Steps } else { Counting::InAnswer };
            let entry = |(message, pts): (Message, Pts)| {
                let event = Event::Poll { peer: message.peer, id: message.id };
                (Entry { pts, pts_count: 1, date: now, event }, Some(message))
            };
            let both = voted.first.into_iter().chain([(voted.message, voted.pts)]);
            let news = views::news(tx, sight, by, &both.map(entry).collect::<Vec<_>>(), counting)?;
            Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
        })
    }
}

impl From<VoteError> for RpcError {
    fn from(error: VoteError) -> Self {
        match error {
            VoteError::NotFound => Self::MessageIdInvalid,
            VoteError::Ended => Self::MessagePollClosed,
            VoteError::TooMany => Self::OptionsTooMuch,
            VoteError::Option => Self::OptionInvalid,
            VoteError::Final => Self::RevoteNotAllowed,
            VoteError::Append(error) => error.into(),
        }
    }
}
