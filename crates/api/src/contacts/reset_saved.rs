//! contacts.resetSaved: empties the caller's book, with what says that he had anybody in it (P27).
//!
//! Source: <https://core.telegram.org/method/contacts.resetSaved>.

use domain::contact;

use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::ResetSaved {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        ctx.write(|tx, by| {
            contact::clear(tx, by)?;
            Ok(true)
        })
    }
}
