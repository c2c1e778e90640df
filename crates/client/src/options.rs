//! Where a client connects, how it speaks, and who it is.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crypto::rsa::PublicKey;
use ids::{Layer, limits};
use mtproto::AuthKey;
use mtproto::handshake::client::{FirstRequest, RsaPadding};
use mtproto::transport::Kind;

/// What carries the bytes of MTProto.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carrier {
    /// A TCP stream to the server's port of MTProto.
    Tcp,
    /// A WebSocket at `/apiws` of the server's port of HTTP. Servers insist on obfuscation there.
    WebSocket,
}

/// What `initConnection` says about the app (docs: api/invoking).
#[derive(Clone)]
pub struct App {
    /// Number of the app.
    pub api_id: i32,
    /// Its secret, an argument of `auth.sendCode`.
    pub api_hash: String,
    /// Model of the device.
    pub device_model: String,
    /// Its operating system.
    pub system_version: String,
    /// Version of the app.
    pub app_version: String,
    /// Language of the system and of the app.
    pub lang_code: String,
}

impl Default for App {
    fn default() -> Self {
        Self {
            api_id: 1,
            api_hash: "heliograph".to_owned(),
            device_model: "Heliograph client".to_owned(),
            system_version: std::env::consts::OS.to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            lang_code: "en".to_owned(),
        }
    }
}

/// Everything a connection depends on. [`Options::new`] fills in what clients do most.
#[derive(Clone)]
pub struct Options {
    /// Where the server listens: its MTProto port for [`Carrier::Tcp`], its HTTP port for [`Carrier::WebSocket`].
    pub address: SocketAddr,
    /// The address to connect from; on loopback any 127.x.y.z will do, since servers count by address.
    pub local: Option<IpAddr>,
    /// The server's RSA keys.
    pub trusted: Arc<[PublicKey]>,
    /// What carries the bytes.
    pub carrier: Carrier,
    /// The framing.
    pub framing: Kind,
    /// Whether the stream begins with an obfuscated header. Full framing cannot.
    pub obfuscated: bool,
    /// The layer to speak, 143 to 230.
    pub layer: Layer,
    /// Life of temporary keys in seconds (docs: api/pfs); `None` uses the permanent key itself.
    pub pfs_s: Option<u32>,
    /// The data centre meant, in the key exchange and in obfuscated headers; `None` says nothing.
    pub dc: Option<i32>,
    /// First request of an exchange.
    pub first: FirstRequest,
    /// Padding of the RSA plaintext.
    pub padding: RsaPadding,
    /// The app.
    pub app: App,
    /// Sees every answer and update of a [`crate::Client`] as it came, in the layer that is spoken.
    pub observer: Option<Observer>,
}

impl Options {
    /// Obfuscated intermediate framing over TCP, the canonical layer, no temporary keys, data centre 2.
    #[must_use]
    pub fn new(address: SocketAddr, trusted: impl Into<Arc<[PublicKey]>>) -> Self {
        Self {
            address,
            local: None,
            trusted: trusted.into(),
            carrier: Carrier::Tcp,
            framing: Kind::Intermediate,
            obfuscated: true,
            layer: Layer(limits::LAYER_CANONICAL),
            pfs_s: None,
            dc: Some(2),
            first: FirstRequest::ReqPqMulti,
            padding: RsaPadding::RsaPad,
            app: App::default(),
            observer: None,
        }
    }
}

/// A function that sees what the server said before it is raised to the canonical layer.
pub type Observer = Arc<dyn Fn(Seen<'_>) + Send + Sync>;

/// Something the server said.
#[derive(Clone, Copy)]
pub enum Seen<'a> {
    /// The result of a call.
    Answer {
        /// Constructor id of the call as it was sent.
        function_id: u32,
        /// The boxed result.
        bytes: &'a [u8],
    },
    /// An update.
    Update(&'a [u8]),
}

/// A key and what is needed to go on with it: a login, once a user signed in under it.
#[derive(Clone)]
pub struct Identity {
    /// The permanent key.
    pub key: Arc<AuthKey>,
    /// A salt the key has or had.
    pub salt: u64,
    /// The server's clock less ours, in nanoseconds.
    pub ahead_ns: i64,
}
