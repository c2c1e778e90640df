//! How connections come and go, in words for the log and the metrics.
use mtproto::server::CloseReason;
use mtproto::transport::TransportError;

use crate::log::log_words;

log_words! {
    /// What carries the bytes of MTProto.
    pub(crate) enum Carrier {
        /// A TCP stream.
        Tcp = "tcp",
        /// A WebSocket.
        Websocket = "websocket",
    }
}

log_words! {
    /// Why a connection ended.
    pub(crate) enum Ending {
        /// The peer closed it, or its network did.
        Peer = "peer",
        /// Not a transport of MTProto, or a broken frame.
        Transport = "transport",
        /// A stream that was here before.
        Replayed = "replayed",
        /// HTTP on the port of MTProto.
        Http = "http",
        /// TLS on the port of MTProto.
        Tls = "tls",
        /// A frame above the limit.
        Oversized = "oversized",
        /// A wrong key exchange.
        Handshake = "handshake",
        /// A key exchange for another environment.
        ForeignDc = "foreign-dc",
        /// An auth key that does not exist.
        UnknownKey = "unknown-key",
        /// A message that is not what it says.
        Message = "message",
        /// No complete frame in time.
        FirstFrameLate = "first-frame-late",
        /// A frame was not finished in time.
        FrameLate = "frame-late",
        /// No auth key was used in time.
        KeyUnused = "key-unused",
        /// The store did not answer.
        StoreUnavailable = "store-unavailable",
        /// The peer did not take what it was sent.
        Stalled = "stalled",
        /// Too much was waiting for the peer.
        Overflow = "overflow",
        /// Its address starts too many key exchanges, or all addresses together do.
        Refused = "refused",
        /// The client asked to be disconnected when silent, and was.
        Silent = "silent",
        /// The session has no use for the connection.
        Session = "session",
        /// The server stops.
        Stopping = "stopping",
    }
}

impl From<CloseReason> for Ending {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Transport(TransportError::Http) => Self::Http,
            CloseReason::Transport(TransportError::Tls) => Self::Tls,
            CloseReason::Transport(
                TransportError::Unrecognised
                | TransportError::Length
                | TransportError::Sequence
                | TransportError::Checksum,
            ) => Self::Transport,
            CloseReason::Replayed => Self::Replayed,
            CloseReason::Transport(TransportError::Oversized) | CloseReason::Oversized => Self::Oversized,
            CloseReason::Handshake => Self::Handshake,
            CloseReason::ForeignDc => Self::ForeignDc,
            CloseReason::UnknownKey => Self::UnknownKey,
            CloseReason::Message => Self::Message,
            CloseReason::FirstFrameLate => Self::FirstFrameLate,
            CloseReason::FrameLate => Self::FrameLate,
            CloseReason::KeyUnused => Self::KeyUnused,
            CloseReason::StoreUnavailable => Self::StoreUnavailable,
        }
    }
}
