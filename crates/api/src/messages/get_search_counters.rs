//! messages.getSearchCounters: how many messages of each kind a dialog holds.
//!
//! Counted as messages.search would find them, and marked as not exact where it would not look at all. Errors:
//! PEER_ID_INVALID, LIMIT_INVALID for more filters than there are, OPTION_NOT_SUPPORTED for topics.
//! Source: <https://core.telegram.org/method/messages.getSearchCounters>.

use domain::message;
use ids::limits::SEARCH_FILTERS_MAX;
use tl::messages::SearchCounter::SearchCounter;

use crate::flood::Cost;
use crate::shape::{kind, saved_from};
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetSearchCounters {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<Vec<tl::messages::SearchCounter>, RpcError> {
        if self.filters.len() > SEARCH_FILTERS_MAX {
            return Err(RpcError::LimitInvalid);
        }
        if self.top_msg_id.is_some() {
            return Err(RpcError::OptionNotSupported);
        }
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let from = saved_from(sight, by, with, self.saved_peer_id.as_ref())?;
            let counter = |filter| {
                let places = message::places(tx, by, with, from, kind(&filter))?;
                let count = i32::try_from(places.all.len()).unwrap_or(i32::MAX);
                Ok(SearchCounter { inexact: !places.exact, filter, count })
            };
            self.filters.into_iter().map(counter).collect()
        })
    }
}
