//! messages.sendReaction: puts an emoji on a message, or takes the caller's away.
//!
//! One person has one reaction: of a list the last counts, as the documentation has it for who has no more. It is one of those
//! that messages.getAvailableReactions lists: others have no drawing, and clients would show nothing. Custom emoji are documents
//! and stars are paid for; neither is served. Errors: PEER_ID_INVALID, MESSAGE_ID_INVALID, REACTION_INVALID,
//! MESSAGE_NOT_MODIFIED. Source: <https://core.telegram.org/method/messages.sendReaction>.

use domain::message::{self, ReactError};
use domain::update::{Entry, Event};
use ids::MsgId;
use views::Counting;

use crate::{Access, Ctx, Method, RpcError, drawings};

impl Method for tl::messages::SendReaction {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::Updates, RpcError> {
        let emoji = self.reaction.as_deref().unwrap_or_default().last().map(emoji).transpose()?.flatten();
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let id = MsgId(self.msg_id);
            let reacted = message::react(tx, by, with, id, emoji, now)?;
            if !reacted.changed {
                return Err(RpcError::MessageNotModified);
            }
            let event = Event::Reactions { peer: with.peer(), id };
            let entry = Entry { pts: reacted.pts, pts_count: 1, date: now, event };
            let news = views::news(tx, sight, by, &[(entry, Some(reacted.message))], Counting::Steps)?;
            Ok(views::updates(news.updates, news.mentioned.users(tx, sight, by.user())?, now))
        })
    }
}

/// An emoji; none for the reaction that takes away.
fn emoji(reaction: &tl::Reaction) -> Result<Option<&'static str>, RpcError> {
    match reaction {
        tl::Reaction::ReactionEmpty => Ok(None),
        tl::Reaction::ReactionEmoji { emoticon } => {
            let reaction = drawings::reaction(emoticon).ok_or(RpcError::ReactionInvalid)?;
            Ok(Some(reaction.emoji))
        }
        tl::Reaction::ReactionCustomEmoji { .. } | tl::Reaction::ReactionPaid => {
            Err(RpcError::ReactionInvalid)
        }
    }
}

impl From<ReactError> for RpcError {
    fn from(error: ReactError) -> Self {
        match error {
            ReactError::NotFound => Self::MessageIdInvalid,
            ReactError::Append(error) => error.into(),
        }
    }
}
