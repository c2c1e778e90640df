//! messages.getPollVotes: who answered what in a poll that tells it, newest first.
//!
//! Two people have two votes at most, so there is one page. Who may not see votes yet is to vote first; of an anonymous poll
//! nobody is told. Errors: PEER_ID_INVALID, MSG_ID_INVALID, OPTION_INVALID, POLL_VOTE_REQUIRED.
//! Source: <https://core.telegram.org/method/messages.getPollVotes>.

use domain::message::{self, Media};
use ids::MsgId;
use tl::fields;
use views::Mentioned;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetPollVotes {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::VotesList, RpcError> {
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let peer = views::input_peer(sight, by, &self.peer)?.peer();
            let found = message::by_id(tx, by, &[MsgId(self.id)])?.pop().flatten();
            let found = found.filter(|message| message.peer == peer).ok_or(RpcError::MsgIdInvalid)?;
            let Some(Media::Poll { poll }) = &found.media else { return Err(RpcError::MsgIdInvalid) };
            if !poll.is_public {
                return Err(RpcError::MsgIdInvalid);
            }
            if !poll.shows_votes_to(by.user(), found.asks()) {
                return Err(RpcError::PollVoteRequired);
            }
            let place = |key: &Vec<u8>| (0_u8..).zip(&poll.options).find(|(_, option)| option.key == *key);
            let place =
                self.option.as_ref().map(|key| place(key).ok_or(RpcError::OptionInvalid)).transpose()?;
            let mut votes = views::poll_votes(poll, place.map(|(place, _)| place));
            let count = i32::try_from(votes.len()).unwrap_or(i32::MAX);
            // There is no second page.
            let is_later = self.offset.as_deref().is_some_and(|offset| !offset.is_empty());
            votes.truncate(if is_later { 0 } else { usize::try_from(self.limit).unwrap_or(0) });
            let mut mentioned = Mentioned::default();
            mentioned.add_message(&found);
            Ok(fields::messages::VotesList {
                count,
                votes,
                chats: Vec::new(),
                users: mentioned.users(tx, sight, by.user())?,
                next_offset: None,
            }
            .into())
        })
    }
}
