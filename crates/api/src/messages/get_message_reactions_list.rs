//! messages.getMessageReactionsList: who put what on a message, newest first.
//!
//! Two people have two reactions at most, so there is one page. Errors: PEER_ID_INVALID, MESSAGE_ID_INVALID.
//! Source: <https://core.telegram.org/method/messages.getMessageReactionsList>.

use domain::message::{self, Reaction};
use ids::MsgId;
use tl::fields;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetMessageReactionsList {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::MessageReactionsList, RpcError> {
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let peer = views::input_peer(sight, by, &self.peer)?.peer();
            let found = message::by_id(tx, by, &[MsgId(self.id)])?.pop().flatten();
            let found = found.filter(|message| message.peer == peer).ok_or(RpcError::MessageIdInvalid)?;
            let is_wanted = |reaction: &&Reaction| match &self.reaction {
                None => true,
                Some(tl::Reaction::ReactionEmoji { emoticon }) => *emoticon == reaction.emoji,
                Some(_) => false,
            };
            let limit = usize::try_from(self.limit).unwrap_or(0);
            // There is no second page.
            let limit =
                if self.offset.as_deref().is_some_and(|offset| !offset.is_empty()) { 0 } else { limit };
            let wanted: Vec<&Reaction> = found.reactions.iter().rev().filter(is_wanted).collect();
            let mut mentioned = Mentioned::default();
            let shown = wanted.iter().take(limit);
            let reactions = shown
                .map(|reaction| {
                    mentioned.add(reaction.by);
                    views::peer_reaction(reaction, by.user())
                })
                .collect();
            Ok(fields::messages::MessageReactionsList {
                count: i32::try_from(wanted.len()).unwrap_or(i32::MAX),
                reactions,
                chats: Vec::new(),
                users: mentioned.users(tx, sight, by.user())?,
                next_offset: None,
            }
            .into())
        })
    }
}
