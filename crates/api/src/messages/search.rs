//! messages.search: messages of one dialog by words, kind, writer and date.
//!
//! The dialog is read for it, so there is a bound: beyond 10,000 messages the answer is marked as not exact, and what lies
//! further back is found by asking below an older number. Saved messages may be asked for by where they were saved from.
//! Errors: PEER_ID_INVALID, FROM_PEER_INVALID, SEARCH_QUERY_EMPTY, OPTION_NOT_SUPPORTED for topics and tags.
//! Source: <https://core.telegram.org/method/messages.search>, <https://core.telegram.org/api/offsets>.

use domain::message::{self, HistoryPage, Kind, Search};
use ids::{MsgId, UnixTime};

use crate::flood::Cost;
use crate::shape::{found, kind, saved_from};
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::Search {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::Messages, RpcError> {
        let kind = kind(&self.filter);
        if kind == Kind::Any && self.q.trim().is_empty() && self.from_id.is_none() {
            return Err(RpcError::SearchQueryEmpty);
        }
        let has_tags = self.saved_reaction.as_ref().is_some_and(|tags| !tags.is_empty());
        if self.top_msg_id.is_some() || has_tags {
            return Err(RpcError::OptionNotSupported);
        }
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let with = views::input_peer(sight, by, &self.peer)?;
            let from = self.from_id.as_ref().map(|from| views::input_peer(sight, by, from)).transpose();
            let search = Search {
                with,
                words: self.q,
                kind,
                from: from.map_err(|_| RpcError::FromPeerInvalid)?.map(|from| from.user()),
                after: UnixTime(self.min_date.into()),
                before: UnixTime(self.max_date.into()),
                saved_from: saved_from(sight, by, with, self.saved_peer_id.as_ref())?,
                page: HistoryPage {
                    offset_id: MsgId(self.offset_id),
                    add_offset: self.add_offset,
                    limit: self.limit,
                    max_id: MsgId(self.max_id),
                    min_id: MsgId(self.min_id),
                    ..HistoryPage::default()
                },
            };
            Ok(found(tx, sight, by, with.peer(), &message::search(tx, by, &search)?)?)
        })
    }
}
