//! contacts.getBlocked: whom the caller has blocked, newest first.
//!
//! Nobody is on a list of stories, of which there are none.
//! Source: <https://core.telegram.org/method/contacts.getBlocked>.

use domain::block;
use ids::UserId;
use ids::limits::PAGE_ITEMS_MAX;
use tl::fields;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::GetBlocked {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::contacts::Blocked, RpcError> {
        if self.my_stories_from {
            return Ok(fields::contacts::Blocked::default().into());
        }
        let offset = usize::try_from(self.offset).unwrap_or(0);
        let limit = usize::try_from(self.limit).unwrap_or(0).min(PAGE_ITEMS_MAX);
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let list = block::list(tx, by, offset, limit)?;
            let users: Vec<UserId> = list.blocked.iter().map(|&(user, _)| user).collect();
            let entry = |&(user, date): &(UserId, ids::UnixTime)| tl::PeerBlocked::PeerBlocked {
                peer_id: tl::Peer::PeerUser { user_id: user.0 },
                date: date.as_int(),
            };
            let blocked: Vec<_> = list.blocked.iter().map(entry).collect();
            let users = views::users(tx, sight, by.user(), &users)?;
            if blocked.len() == list.total as usize {
                return Ok(fields::contacts::Blocked { blocked, chats: Vec::new(), users }.into());
            }
            let count = i32::try_from(list.total).unwrap_or(i32::MAX);
            Ok(fields::contacts::BlockedSlice { count, blocked, chats: Vec::new(), users }.into())
        })
    }
}
