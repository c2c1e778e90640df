//! A call on its way: how its body is made, and where it stands.

use std::sync::Arc;

use ids::{SessionId, WireMsgId};
use tl::codec::Encode;

use super::session::CallId;
use crate::AuthKey;
use crate::bind::{self, Binding};

/// How the body of a call is made each time it gets an id.
pub(super) enum Making {
    /// As it is.
    Plain(Vec<u8>),
    /// After another call of the session.
    After(CallId, Vec<u8>),
    /// The binding of a temporary key, which names the id of its own message.
    Bind { permanent: Arc<AuthKey>, nonce: i64, expires_at: i32 },
}

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// It has no id that the server would take.
    New,
    /// It was sent in the packet `outer`; its state is asked for at `ask_ms`.
    Sent { msg_id: WireMsgId, outer: WireMsgId, ask_ms: u64 },
    /// It goes out once more under the id it has.
    Again,
}

pub(super) struct Pending {
    pub(super) call: CallId,
    pub(super) making: Making,
    pub(super) stage: Stage,
    /// Its id and seqno, once it was sent.
    pub(super) identity: Option<(WireMsgId, u32)>,
    /// The server said that it has answered.
    pub(super) was_answered: bool,
}

const INVOKE_AFTER_MSG: u32 = <tl::InvokeAfterMsg as tl::Function>::ID;

impl Pending {
    /// The body under this id. `earlier` is the id of the call this one follows, if that is still without an answer.
    pub(super) fn body(
        &self,
        msg_id: WireMsgId,
        earlier: Option<WireMsgId>,
        temporary: (&AuthKey, SessionId),
        rng: &mut dyn crypto::Rng,
    ) -> Vec<u8> {
        match &self.making {
            Making::Plain(body) => body.clone(),
            Making::After(_, body) => {
                let mut wrapped = Vec::with_capacity(12 + body.len());
                if let Some(earlier) = earlier {
                    INVOKE_AFTER_MSG.encode(&mut wrapped);
                    wrapped.extend_from_slice(&earlier.0.to_le_bytes());
                }
                wrapped.extend_from_slice(body);
                wrapped
            }
            Making::Bind { permanent, nonce, expires_at } => {
                let (temp_key, temp_session) = (temporary.0.id(), temporary.1);
                let binding =
                    Binding { nonce: *nonce, temp_key, temp_session, expires_at: *expires_at, msg_id };
                tl::auth::BindTempAuthKey {
                    perm_auth_key_id: permanent.id().0.cast_signed(),
                    nonce: *nonce,
                    expires_at: *expires_at,
                    encrypted_message: bind::make(permanent, binding, rng),
                }
                .to_bytes()
            }
        }
    }
}
