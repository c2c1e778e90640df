//! stories.getPeerMaxIDs: the newest story of each of some peers, of whom none has one.
//!
//! Clients want an element for each peer that they ask about. Errors: PEER_ID_INVALID, LIMIT_INVALID.
//! Source: <https://core.telegram.org/method/stories.getPeerMaxIDs>.

use ids::limits::PAGE_ITEMS_MAX;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::stories::GetPeerMaxIDs {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<Vec<tl::RecentStory>, RpcError> {
        if self.id.len() > PAGE_ITEMS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        let sight = &ctx.sight();
        ctx.read(|_, by| {
            let none = |peer| -> Result<_, RpcError> {
                views::input_peer(sight, by, peer)?;
                Ok(tl::RecentStory::RecentStory { live: false, max_id: None })
            };
            self.id.iter().map(none).collect()
        })
    }
}
