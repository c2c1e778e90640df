//! auth.bindTempAuthKey: makes a temporary key act for a permanent one (perfect forward secrecy).
//!
//! The call comes under the temporary key and carries a packet under the permanent one that names it. Whatever does
//! not match gives one error (T12). The binding ends with the key or at `expires_at`, whichever is first; it lives in
//! memory alone. Errors: TEMP_AUTH_KEY_EMPTY, TEMP_AUTH_KEY_ALREADY_BOUND, EXPIRES_AT_INVALID,
//! ENCRYPTED_MESSAGE_INVALID. Source: <https://core.telegram.org/method/auth.bindTempAuthKey>.

use domain::authorization;
use ids::{AuthKeyId, UnixTime};
use mtproto::AuthKey;
use mtproto::bind::{self, Binding};
use zeroize::Zeroizing;

use crate::{Access, Ctx, Effect, Method, RpcError};

impl Method for tl::auth::BindTempAuthKey {
    const ACCESS: Access = Access::Unbound;

    fn call(self, ctx: &mut Ctx<'_>) -> Result<bool, RpcError> {
        let caller = ctx.caller;
        let temp = caller.temp.ok_or(RpcError::TempAuthKeyEmpty)?;
        let perm = AuthKeyId(self.perm_auth_key_id.cast_unsigned());
        if caller.perm_key.is_some_and(|bound| bound != perm) {
            return Err(RpcError::TempAuthKeyAlreadyBound);
        }
        let expires_at = UnixTime(self.expires_at.into());
        if expires_at <= ctx.now.unix() {
            return Err(RpcError::ExpiresAtInvalid);
        }
        let stored = ctx.read_anyone(|tx| Ok(authorization::key(tx, perm)?))?;
        let stored = stored.ok_or(RpcError::EncryptedMessageInvalid)?;
        let key = AuthKey::new(Box::new(Zeroizing::new(*stored.bytes.expose())));
        let expected = Binding {
            nonce: self.nonce,
            temp_key: caller.wire_key,
            temp_session: caller.session,
            expires_at: self.expires_at,
            msg_id: caller.msg_id,
        };
        bind::check(&key, &self.encrypted_message, expected)
            .map_err(|_unproven| RpcError::EncryptedMessageInvalid)?;
        let expires_at = expires_at.min(temp.expires_at);
        ctx.cause(Effect::BindTempKey { temp: caller.wire_key, perm, expires_at });
        Ok(true)
    }
}
