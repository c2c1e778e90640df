//! auth.dropTempAuthKeys: forgets the temporary keys of the caller's permanent key, but for those named.
//!
//! Source: <https://core.telegram.org/method/auth.dropTempAuthKeys>.

use ids::AuthKeyId;

use crate::{Access, Ctx, Effect, Method, RpcError};

impl Method for tl::auth::DropTempAuthKeys {
    const ACCESS: Access = Access::Anyone;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let except = self.except_auth_keys.iter().map(|id| AuthKeyId(id.cast_unsigned())).collect();
        let perm = ctx.key()?;
        ctx.cause(Effect::DropTempKeys { perm, except });
        Ok(true)
    }
}
