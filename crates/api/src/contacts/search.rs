//! contacts.search: people by a part of a name that the caller knows, or by their whole username.
//!
//! Errors: QUERY_TOO_SHORT for fewer than 3 characters. Source: <https://core.telegram.org/method/contacts.search>.

use domain::contact;
use ids::UserId;
use ids::limits::PAGE_ITEMS_MAX;
use tl::fields;

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

/// Characters below which a search is refused, as the documentation has it.
const QUERY_CHARS_MIN: usize = 3;

impl Method for tl::contacts::Search {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::contacts::Found, RpcError> {
        if self.q.trim().chars().count() < QUERY_CHARS_MIN {
            return Err(RpcError::QueryTooShort);
        }
        let limit = usize::try_from(self.limit).unwrap_or(0).min(PAGE_ITEMS_MAX);
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let found = contact::search(tx, by, &self.q, limit)?;
            let all: Vec<UserId> = found.mine.iter().chain(&found.others).copied().collect();
            let peers = |users: &[UserId]| {
                users.iter().map(|user| tl::Peer::PeerUser { user_id: user.0 }).collect::<Vec<_>>()
            };
            Ok(fields::contacts::Found {
                my_results: peers(&found.mine),
                results: peers(&found.others),
                chats: Vec::new(),
                users: views::users(tx, sight, by.user(), &all)?,
            }
            .into())
        })
    }
}
