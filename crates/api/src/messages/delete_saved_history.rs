//! messages.deleteSavedHistory: deletes what was saved from one peer, up to a number or between two dates.
//!
//! A call takes at most 100 messages and looks at no more than a search does; `offset` in the answer says that more may be left
//! and the call is to be made again, which goes on where it ended. Errors:
//! PEER_ID_INVALID, MIN_DATE_INVALID, MAX_DATE_INVALID, PARENT_PEER_INVALID.
//! Source: <https://core.telegram.org/method/messages.deleteSavedHistory>.

use domain::message::{self, ClearSaved};
use ids::{MsgId, UnixTime};

use crate::flood::Cost;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::DeleteSavedHistory {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedHistory, RpcError> {
        if self.parent_peer.is_some() {
            return Err(RpcError::ParentPeerInvalid);
        }
        if self.max_date.is_some_and(|date| date <= 0) {
            return Err(RpcError::MaxDateInvalid);
        }
        let ends = self.max_date.unwrap_or(i32::MAX);
        if self.min_date.is_some_and(|date| date <= 0 || date > ends) {
            return Err(RpcError::MinDateInvalid);
        }
        // A deletion misses nothing, so it looks through all notes, as far as a search goes with each call.
        ctx.charge(Cost::search())?;
        let date = |date: i32| UnixTime(date.into());
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let what = ClearSaved {
                of: views::input_peer(sight, by, &self.peer)?,
                max_id: MsgId(self.max_id),
                min_date: self.min_date.map(date),
                max_date: self.max_date.map(date),
            };
            let cleared = message::clear_saved(tx, by, &what, now)?;
            Ok(tl::messages::AffectedHistory::AffectedHistory {
                pts: cleared.pts.0,
                pts_count: cleared.pts_count,
                offset: i32::try_from(cleared.left).unwrap_or(i32::MAX),
            })
        })
    }
}
