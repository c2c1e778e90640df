//! help.getNearestDc: the data centre to use, which is the one the client is on.
//!
//! The country is what a phone form would preselect. It would have to be guessed from an address, which this server
//! does not do, so it is the empty string and the person chooses.
//! Source: <https://core.telegram.org/method/help.getNearestDc>.

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::help::GetNearestDc {
    const ACCESS: Access = Access::Unbound;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::NearestDc, RpcError> {
        let dc = ctx.caller.dc.0;
        Ok(tl::NearestDc::NearestDc { country: String::new(), this_dc: dc, nearest_dc: dc })
    }
}
