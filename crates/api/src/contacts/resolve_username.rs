//! contacts.resolveUsername: whose username it is.
//!
//! Errors: USERNAME_INVALID, USERNAME_NOT_OCCUPIED. Source: <https://core.telegram.org/method/contacts.resolveUsername>.

use domain::username::{self, Username};

use crate::shape::resolved;
use crate::{Access, Ctx, Method, RpcError};

impl Method for tl::contacts::ResolveUsername {
    const ACCESS: Access = Access::User;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<tl::contacts::ResolvedPeer, RpcError> {
        let name = Username::parse(self.username.trim_start_matches('@'))?;
        let sight = &ctx.sight();
        ctx.read(|tx, by| {
            let user = username::find(tx, &name)?.ok_or(RpcError::UsernameNotOccupied)?;
            Ok(resolved(tx, sight, by, user)?)
        })
    }
}
