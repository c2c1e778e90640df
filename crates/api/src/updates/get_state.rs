//! updates.getState: where the caller's box stands.
//!
//! Clients use it before a login to learn whether there is one. `qts` stands at 1, its start: nothing is counted by
//! it yet. Source: <https://core.telegram.org/method/updates.getState>.

use domain::{Authed, update};
use ids::UnixTime;
use store::{StoreError, Tx};

use crate::{Access, Ctx, Method, RpcError};

/// Where a device's secret-chat counter starts; 1 is "from the start" to clients.
pub(crate) const QTS_START: i32 = 1;

impl Method for tl::updates::GetState {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::updates::State, RpcError> {
        let now = ctx.now.unix();
        ctx.read(|tx, by| Ok(state(tx, by, now)?))
    }
}

/// The caller's state within another answer.
pub(crate) fn state(tx: &Tx<'_>, by: Authed, now: UnixTime) -> Result<tl::updates::State, StoreError> {
    Ok(told(update::state(tx, by)?, now))
}

/// A state as clients read it. `date` is the time of asking: nothing is counted by date.
pub(crate) fn told(state: update::State, now: UnixTime) -> tl::updates::State {
    tl::updates::State::State {
        pts: state.pts.0,
        qts: QTS_START,
        date: now.as_int(),
        seq: 0,
        unread_count: i32::try_from(state.unread).unwrap_or(i32::MAX),
    }
}
