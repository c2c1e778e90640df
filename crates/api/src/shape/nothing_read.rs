//! The answer of a method that marks things as seen of which none is ever told as unseen.

use domain::update;

use crate::{Ctx, RpcError};

/// Nothing changed; said of a dialog that the caller may name.
///
/// # Errors
/// PEER_ID_INVALID.
pub(crate) fn nothing_read(
    ctx: &mut Ctx<'_>,
    peer: &tl::InputPeer,
) -> Result<tl::messages::AffectedHistory, RpcError> {
    let sight = &ctx.sight();
    ctx.read(|tx, by| {
        views::input_peer(sight, by, peer)?;
        let pts = update::state(tx, by)?.pts.0;
        Ok(tl::messages::AffectedHistory::AffectedHistory { pts, pts_count: 0, offset: 0 })
    })
}
