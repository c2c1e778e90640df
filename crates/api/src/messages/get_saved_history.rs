//! messages.getSavedHistory: what was saved from one peer, newest first.
//!
//! The dialog with oneself is read for it as far as a search goes; beyond, the answer is marked as not exact, and what lies
//! further back is found below an older number. Errors: PEER_ID_INVALID, OFFSET_INVALID, PARENT_PEER_INVALID.
//! Source: <https://core.telegram.org/method/messages.getSavedHistory>, <https://core.telegram.org/api/offsets>.

use domain::message::{self, HistoryPage};
use ids::limits::HISTORY_ADD_OFFSET_MAX;
use ids::{MsgId, UnixTime};

use crate::flood::Cost;
use crate::shape::found;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::GetSavedHistory {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::Messages, RpcError> {
        if self.parent_peer.is_some() {
            return Err(RpcError::ParentPeerInvalid);
        }
        if usize::try_from(self.add_offset.unsigned_abs()).unwrap_or(usize::MAX) > HISTORY_ADD_OFFSET_MAX {
            return Err(RpcError::OffsetInvalid);
        }
        ctx.charge(Cost::search())?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let of = views::input_peer(sight, by, &self.peer)?;
            let page = HistoryPage {
                offset_id: MsgId(self.offset_id),
                offset_date: UnixTime(self.offset_date.into()),
                add_offset: self.add_offset,
                limit: self.limit,
                max_id: MsgId(self.max_id),
                min_id: MsgId(self.min_id),
            };
            let history = message::saved_history(tx, by, of, &page)?;
            Ok(found(tx, sight, by, of.peer(), &history)?)
        })
    }
}
