//! messages.getTopReactions: the reactions that clients offer first.
//!
//! Nobody counts who uses which, so they come in the order of the list of all reactions. The hash is the one that clients
//! compute themselves: of each emoji 0 and the first four bytes of its MD5. Errors: LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/messages.getTopReactions>.

use crate::drawings::{self, Reaction};
use crate::shape::list_hash;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetTopReactions {
    const ACCESS: Access = Access::User;

    fn call(self, _: &mut Ctx<'_>) -> Result<tl::messages::Reactions, RpcError> {
        let limit = usize::try_from(self.limit).map_err(|_negative| RpcError::LimitInvalid)?;
        let top = || drawings::reactions().iter().take(limit);
        let hash = list_hash(top().flat_map(numbers));
        if self.hash == hash {
            return Ok(tl::messages::Reactions::ReactionsNotModified);
        }
        let one = |reaction: &Reaction| tl::Reaction::ReactionEmoji { emoticon: reaction.emoji.to_owned() };
        Ok(tl::messages::Reactions::Reactions { hash, reactions: top().map(one).collect() })
    }
}

fn numbers(reaction: &Reaction) -> [i64; 2] {
    [0, i64::from(reaction.md5.cast_signed())]
}
