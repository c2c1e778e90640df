//! What passes between a session and whoever answers its calls.
//!
//! Bodies are user content and device descriptions are private: nothing here has `Debug`.
//! Source: docs, api/invoking; mtproto/service_messages, "RPC query error".

use std::borrow::Cow;
use std::sync::Arc;

use ids::{ConnId, Layer, SessionId, WireMsgId};

/// One call to be run exactly once and answered through [`super::KeyState::handle_result`].
pub struct Call {
    /// The session it came from.
    pub session: SessionId,
    /// Its id; together with key and session its identity.
    pub msg_id: WireMsgId,
    /// The connection it came on.
    pub conn: ConnId,
    /// The layer in force: of this call's `invokeWithLayer`, or the session's, or the key's.
    pub layer: Option<Layer>,
    /// What the client last said of itself with this key. `None` after a restart until it says so again.
    pub init: Option<Arc<InitConnection>>,
    /// Whether `init` came with this very call and differs from what was known.
    pub init_is_new: bool,
    /// The call was wrapped in `invokeWithoutUpdates`: it does not subscribe its session.
    pub without_updates: bool,
    /// The call was wrapped in `invokeWithTakeout` with this id.
    pub takeout_id: Option<i64>,
    /// The call was wrapped in `invokeWithMessagesRange`.
    pub range: Option<MessagesRange>,
    /// The query without wrappers and unpacked, in the layer in force.
    pub body: Vec<u8>,
}

/// The range of `invokeWithMessagesRange`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessagesRange {
    /// Lowest message id.
    pub min_id: i32,
    /// Highest message id.
    pub max_id: i32,
}

/// What `initConnection` says of a client. Fields are cut at [`ids::limits::INIT_FIELD_BYTES_MAX`]; the proxy it
/// names is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct InitConnection {
    /// The app's registered id.
    pub api_id: i32,
    /// Device model.
    pub device_model: String,
    /// Operating system and version.
    pub system_version: String,
    /// Version of the app.
    pub app_version: String,
    /// Language of the system.
    pub system_lang_code: String,
    /// Language pack of the app.
    pub lang_pack: String,
    /// Language within the pack.
    pub lang_code: String,
    /// `tz_offset` of the parameters: seconds east of UTC.
    pub tz_offset_s: Option<i32>,
}

/// The answer to a call.
pub enum RpcResult {
    /// A boxed object in the layer of the session, or the same as `gzip_packed`.
    Answer(Vec<u8>),
    /// An `rpc_error`.
    Error(RpcFailure),
}

/// The two fields of `rpc_error` (docs: api/errors).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RpcFailure {
    /// An HTTP-like number.
    pub code: i32,
    /// Upper case with underscores, such as `FLOOD_WAIT_3`.
    pub name: Cow<'static, str>,
}

impl RpcFailure {
    /// A failure with a fixed name.
    pub const fn new(code: i32, name: &'static str) -> Self {
        Self { code, name: Cow::Borrowed(name) }
    }
}

/// How the destruction of a key ended (docs: mtproto/auth_key, destroying).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyDestroyed {
    /// The key and all temporary keys bound to it are gone, durably.
    Done,
    /// There was no such key.
    None,
    /// It could not be done now.
    Failed,
}
