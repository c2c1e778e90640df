//! messages.deleteHistory: empties a dialog, up to a number or between two dates, and with `revoke` for both sides.
//!
//! A call takes at most 100 messages; `offset` in the answer says that more are left and the call is to be made again.
//! `just_clear` leaves the dialog in the list. Errors: PEER_ID_INVALID, MIN_DATE_INVALID, MAX_DATE_INVALID.
//! Source: <https://core.telegram.org/method/messages.deleteHistory>.

use domain::message::{self, Clear};
use ids::{MsgId, UnixTime};

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::messages::DeleteHistory {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::messages::AffectedHistory, RpcError> {
        if self.max_date.is_some_and(|date| date <= 0) {
            return Err(RpcError::MaxDateInvalid);
        }
        let ends = self.max_date.unwrap_or(i32::MAX);
        if self.min_date.is_some_and(|date| date <= 0 || date > ends) {
            return Err(RpcError::MinDateInvalid);
        }
        let date = |date: i32| UnixTime(date.into());
        let (sight, now) = (&ctx.sight(), ctx.now.unix());
        ctx.write(|tx, by| {
            let what = Clear {
                with: views::input_peer(sight, by, &self.peer)?,
                max_id: MsgId(self.max_id),
                min_date: self.min_date.map(date),
                max_date: self.max_date.map(date),
                keep_dialog: self.just_clear,
                revoke: self.revoke,
            };
            let cleared = message::clear(tx, by, &what, now)?;
            Ok(tl::messages::AffectedHistory::AffectedHistory {
                pts: cleared.pts.0,
                pts_count: cleared.pts_count,
                offset: i32::try_from(cleared.left).unwrap_or(i32::MAX),
            })
        })
    }
}
