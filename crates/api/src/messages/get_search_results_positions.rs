//! messages.getSearchResultsPositions: where the messages of a kind stand among all of that kind.
//!
//! Errors: PEER_ID_INVALID, FILTER_NOT_SUPPORTED for all messages and mentions.
//! Source: <https://core.telegram.org/method/messages.getSearchResultsPositions>.

use domain::message;
use ids::limits::PAGE_ITEMS_MAX;

use crate::flood::Cost;
use crate::shape::{kind_with_places, saved_from};
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetSearchResultsPositions {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::SearchResultsPositions, RpcError> {
        let kind = kind_with_places(&self.filter)?;
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        let limit = usize::try_from(self.limit).unwrap_or_default().min(PAGE_ITEMS_MAX);
        ctx.read(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let from = saved_from(sight, by, with, self.saved_peer_id.as_ref())?;
            let all = message::places(tx, by, with, from, kind)?.all;
            let numbered = all.iter().zip(0..);
            let below = numbered.filter(|((id, _), _)| self.offset_id <= 0 || id.0 < self.offset_id);
            let position = |((id, date), offset): (&(ids::MsgId, ids::UnixTime), i32)| {
                tl::SearchResultsPosition::SearchResultPosition { msg_id: id.0, date: date.as_int(), offset }
            };
            Ok(tl::messages::SearchResultsPositions::SearchResultsPositions {
                count: i32::try_from(all.len()).unwrap_or(i32::MAX),
                positions: below.take(limit).map(position).collect(),
            })
        })
    }
}
