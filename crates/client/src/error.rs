//! Why a connection, a call or the client itself ended.
use std::io;

use ids::Layer;
use mtproto::client::PacketError;
use mtproto::handshake::client::ExchangeError;
use mtproto::transport::TransportError;
use tl::DecodeError;
use tl::layer::LayerError;

/// Why one connection cannot be used any more. Nothing in it comes from what people wrote.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The network.
    #[error("the network failed: {0}")]
    Io(#[from] io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server did not agree to a WebSocket.
    #[error("the server refused the WebSocket")]
    NoWebSocket,
    /// Full framing cannot be obfuscated: the options ask for what does not exist.
    #[error("full framing cannot be obfuscated")]
    NoTag,
    /// The server's stream is no stream of this transport.
    #[error("the server's stream is broken: {0}")]
    Transport(#[from] TransportError),
    /// The key exchange failed.
    #[error("the key exchange failed: {0}")]
    Exchange(#[from] ExchangeError),
    /// A transport error: -404 unknown key or a broken message, -429 too much, -444 another environment.
    #[error("the server sent transport error {0}")]
    Server(i32),
    /// A packet that no server may send.
    #[error("the server sent a packet that must be refused")]
    Packet(PacketError),
    /// The server says that it answered, and the answer does not come.
    #[error("an answer is lost")]
    Stalled,
}

/// Why a client could not start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The connection or the key exchange.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The temporary key could not be bound.
    #[error("the temporary key could not be bound")]
    NotBound(CallError),
}

/// Why a client is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Ended {
    /// Its owner closed it.
    #[error("the client was closed")]
    Closed,
    /// The server does not know the key (-404), and without it there is no login.
    #[error("the server does not know the key")]
    KeyUnknown,
    /// A new temporary key was refused.
    #[error("the server refused a new temporary key")]
    NotBound,
}

/// Why a call has no result.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CallError {
    /// The server answered `rpc_error`.
    #[error("{code} {name}")]
    Rpc {
        /// Its code.
        code: i32,
        /// Its name.
        name: String,
    },
    /// The server refused the message for ever, with this code of `bad_msg_notification`.
    #[error("the server refused the message with code {code}")]
    Refused {
        /// 18, 19, 32 to 35 or 64.
        code: i32,
    },
    /// The answer cannot be unpacked.
    #[error("the answer cannot be unpacked")]
    Broken,
    /// The call does not exist in the layer that is spoken.
    #[error("layer {} has no such call: {why}", layer.get())]
    NotInLayer {
        /// The layer.
        layer: Layer,
        /// Why not.
        why: LayerError,
    },
    /// The answer is not one of the layer that is spoken.
    #[error("the answer cannot be raised from layer {}: {why}", layer.get())]
    AnswerLayer {
        /// The layer.
        layer: Layer,
        /// Why not.
        why: LayerError,
    },
    /// The answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Malformed(DecodeError),
    /// The client is over.
    #[error(transparent)]
    Ended(#[from] Ended),
}

impl CallError {
    /// Whether it is the RPC error of this name.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Rpc { name, .. } if name == wanted)
    }
}

/// Why there is no update.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UpdateError {
    /// It is not one of the layer that is spoken.
    #[error("the update cannot be raised: {0}")]
    Layer(#[from] LayerError),
    /// It cannot be read.
    #[error("the update cannot be read: {0}")]
    Malformed(#[from] DecodeError),
    /// The client is over.
    #[error(transparent)]
    Ended(#[from] Ended),
}
