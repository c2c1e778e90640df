//! From the bytes of a socket to payloads and back: four framings, each plain or obfuscated, one port for all.
//!
//! Receiving has two stages (A7): [`Transport::head`] tells length and first eight payload bytes, the caller
//! chooses a limit or refuses, and only then [`Transport::frame`] waits for the rest. Nothing is reserved for a
//! length that was merely announced, and a transport without unread bytes owns no buffer.
//! Source: docs, mtproto/mtproto-transports.

mod detect;
mod framing;
mod inbox;
mod obfuscation;

use crypto::Rng;
use thiserror::Error;

use self::detect::{Detected, detect};
use self::framing::{Framing, Header};
use self::inbox::Inbox;
use self::obfuscation::{Ciphers, HEADER_BYTES};
pub use self::obfuscation::{Obfuscation, Secret};

/// How payloads are cut out of the byte stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One length byte in words of four, or `7f` and three.
    Abridged,
    /// Four length bytes.
    Intermediate,
    /// Four length bytes, and 0 to 15 bytes of padding that the length counts but does not tell apart.
    Padded,
    /// Length, sequence number and CRC-32; cannot be obfuscated, since it has no tag.
    Full,
}

/// What is known of a frame before it is complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Bytes of the payload, with the transport's padding.
    pub len: usize,
    /// The first payload bytes: the auth key id, little-endian. Zeros stand for what a shorter payload lacks.
    pub first8: [u8; 8],
}

/// What the header of an obfuscated stream says to a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObfuscatedHeader {
    /// The DC id: real from Telegram Desktop and TDLib, noise from others.
    pub dc: i16,
    /// Random and never the same twice, unless somebody sends what he saw another send (T13).
    pub fingerprint: u64,
}

/// One complete payload.
#[derive(PartialEq, Eq)]
pub struct Frame {
    /// The payload. Of a padded encrypted message the padding is cut off; a plain message keeps its tail.
    pub payload: Vec<u8>,
    /// Whether the sender wants a quick ack for it.
    pub quick_ack: bool,
}

/// What a server may send a client: see [`Transport::incoming`].
pub enum Incoming {
    /// One complete payload.
    Payload(Vec<u8>),
    /// The token of a request that arrived whole.
    QuickAck(u32),
}

/// Why the stream cannot be read on; the peer is to blame. A server closes without a word on all of them (T13).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum TransportError {
    /// The peer speaks HTTP; [`Transport::into_unread`] holds what it said so far.
    #[error("the peer speaks HTTP")]
    Http,
    /// The peer sent a TLS ClientHello.
    #[error("the peer speaks TLS")]
    Tls,
    /// 64 bytes that are no header of ours.
    #[error("the stream begins like no transport")]
    Unrecognised,
    /// A frame of no or of impossible length.
    #[error("a frame has an impossible length")]
    Length,
    /// A frame above the absolute limit of this role.
    #[error("a frame is too large")]
    Oversized,
    /// Full framing: not the sequence number that was due.
    #[error("a frame is out of sequence")]
    Sequence,
    /// Full framing: the checksum does not fit.
    #[error("the checksum of a frame is wrong")]
    Checksum,
}

/// Full framing has no tag that an obfuscated header could carry; the caller asked for what does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("full framing cannot be obfuscated")]
pub struct FullHasNoTag;

/// Largest payload a client takes from a server, in bytes (Telegram Desktop's limit for one message).
const CLIENT_RECEIVES_BYTES_MAX: usize = 16 << 20;

/// One direction pair of one connection.
pub struct Transport {
    role: Role,
    state: State,
    inbox: Inbox,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Server,
    Client,
}

impl Role {
    /// Which bits of a random number say how many bytes pad a frame. Up to 15 are allowed, but Telethon cuts off
    /// only what exceeds a multiple of four, so a server stays below that.
    fn padding_bits(self) -> usize {
        match self {
            Self::Server => 3,
            Self::Client => 15,
        }
    }
}

enum State {
    /// A server that has not yet seen enough to know the framing.
    Detecting {
        websocket: bool,
        secret: Option<Box<Secret>>,
    },
    Open {
        framing: Framing,
        ciphers: Option<Box<Ciphers>>,
        header: Option<ObfuscatedHeader>,
    },
    /// An error was returned; every later call repeats it.
    Broken(TransportError),
}

impl Transport {
    /// The server side of a TCP stream: finds out the framing from the first bytes.
    pub fn server(secret: Option<Secret>) -> Self {
        Self::detecting(false, secret)
    }

    /// The server side of a websocket's byte stream, where obfuscation is obligatory.
    pub fn server_websocket(secret: Option<Secret>) -> Self {
        Self::detecting(true, secret)
    }

    /// The client side, and the bytes with which its stream begins.
    pub fn client(
        kind: Kind,
        obfuscation: Option<Obfuscation>,
        rng: &mut dyn Rng,
    ) -> Result<(Self, Vec<u8>), FullHasNoTag> {
        let (ciphers, opening) = match (obfuscation, kind.tag()) {
            (None, tag) => (None, kind.opening(tag)),
            (Some(_), None) => return Err(FullHasNoTag),
            (Some(obfuscation), Some(tag)) => {
                let (ciphers, header) = obfuscation.open(tag, rng);
                (Some(Box::new(ciphers)), header.to_vec())
            }
        };
        let state = State::Open { framing: Framing::new(kind), ciphers, header: None };
        Ok((Self { role: Role::Client, state, inbox: Inbox::default() }, opening))
    }

    fn detecting(websocket: bool, secret: Option<Secret>) -> Self {
        let state = State::Detecting { websocket, secret: secret.map(Box::new) };
        Self { role: Role::Server, state, inbox: Inbox::default() }
    }

    /// Takes bytes from the socket. An error is final and is repeated by every later call.
    pub fn receive(&mut self, input: &[u8]) -> Result<(), TransportError> {
        match &mut self.state {
            State::Detecting { .. } => {
                self.inbox.push(input);
                self.detect()
            }
            State::Open { ciphers, .. } => {
                let fresh = self.inbox.push(input);
                if let Some(ciphers) = ciphers {
                    ciphers.receive.apply(fresh);
                }
                Ok(())
            }
            State::Broken(error) => Err(*error),
        }
    }

    fn detect(&mut self) -> Result<(), TransportError> {
        let State::Detecting { websocket, secret } = &self.state else { return Ok(()) };
        let (kind, mut ciphers, header, consumed) =
            match detect(self.inbox.unread(), *websocket, secret.as_deref()) {
                Detected::Undecided => return Ok(()),
                Detected::Plain { kind, header_bytes } => (kind, None, None, header_bytes),
                Detected::Obfuscated(found) => {
                    let header = ObfuscatedHeader { dc: found.dc, fingerprint: found.fingerprint };
                    (found.kind, Some(found.ciphers), Some(header), HEADER_BYTES)
                }
                Detected::Refused(error) => return Err(self.broken(error)),
            };
        self.inbox.consume(consumed);
        if let Some(ciphers) = &mut ciphers {
            ciphers.receive.apply(self.inbox.unread_mut());
        }
        self.state = State::Open { framing: Framing::new(kind), ciphers, header };
        Ok(())
    }

    fn broken(&mut self, error: TransportError) -> TransportError {
        self.state = State::Broken(error);
        error
    }

    /// The framing, once it is known.
    pub fn kind(&self) -> Option<Kind> {
        match &self.state {
            State::Open { framing, .. } => Some(framing.kind()),
            State::Detecting { .. } | State::Broken(_) => None,
        }
    }

    /// What the obfuscated header said, if there was one.
    pub fn obfuscated_header(&self) -> Option<ObfuscatedHeader> {
        match &self.state {
            State::Open { header, .. } => *header,
            State::Detecting { .. } | State::Broken(_) => None,
        }
    }

    /// Bytes that were received and not yet given out.
    pub fn unread_bytes(&self) -> usize {
        self.inbox.unread().len()
    }

    /// Heap bytes this transport holds.
    pub fn heap_bytes(&self) -> usize {
        let state = match &self.state {
            State::Detecting { secret, .. } => secret.as_ref().map_or(0, |_| size_of::<Secret>()),
            State::Open { ciphers, .. } => ciphers.as_ref().map_or(0, |_| size_of::<Ciphers>()),
            State::Broken(_) => 0,
        };
        state + self.inbox.heap_bytes()
    }

    /// Everything that was received and not given out: the beginning of an HTTP request after
    /// [`TransportError::Http`].
    pub fn into_unread(self) -> Vec<u8> {
        self.inbox.into_unread()
    }

    /// First stage: the next frame's length and first bytes, as soon as they are there.
    pub fn head(&mut self) -> Result<Option<Head>, TransportError> {
        let Some(header) = self.header()? else { return Ok(None) };
        let mut first8 = [0; 8];
        let shown = header.payload_bytes.min(first8.len());
        let unread = self.inbox.unread();
        let Some(from) = unread.get(header.header_bytes..header.header_bytes + shown) else {
            return Ok(None);
        };
        for (to, from) in first8.iter_mut().zip(from) {
            *to = *from;
        }
        Ok(Some(Head { len: header.payload_bytes, first8 }))
    }

    fn header(&mut self) -> Result<Option<Header>, TransportError> {
        let (framing, limit) = match (&self.state, self.role) {
            (State::Broken(error), _) => return Err(*error),
            (State::Detecting { .. }, _) => return Ok(None),
            (State::Open { framing, .. }, Role::Server) => (framing, ids::limits::FRAME_BYTES_MAX),
            (State::Open { framing, .. }, Role::Client) => (framing, CLIENT_RECEIVES_BYTES_MAX),
        };
        match framing.header(self.inbox.unread()) {
            Ok(Some(header)) if header.payload_bytes > limit => Err(self.broken(TransportError::Oversized)),
            Ok(header) => Ok(header),
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Second stage: the next frame, once it is complete.
    pub fn frame(&mut self) -> Result<Option<Frame>, TransportError> {
        let Some(header) = self.header()? else { return Ok(None) };
        let State::Open { framing, .. } = &mut self.state else { return Ok(None) };
        let Some(whole) = self.inbox.unread().get(..header.frame_bytes()) else { return Ok(None) };
        if let Err(error) = framing.accept(whole) {
            return Err(self.broken(error));
        }
        let kind = framing.kind();
        let mut payload = self.inbox.take(header.header_bytes, header.payload_bytes, header.trailer_bytes);
        if kind == Kind::Padded {
            framing::cut_padding(&mut payload);
        }
        Ok(Some(Frame { payload, quick_ack: header.marked }))
    }

    /// The client's receiving side in one stage: it trusts its server up to 16 MiB a frame.
    pub fn incoming(&mut self) -> Result<Option<Incoming>, TransportError> {
        if let State::Open { framing, .. } = &self.state
            && framing.begins_quick_ack(self.inbox.unread())
        {
            let Some(four) = self.inbox.unread().first_chunk::<4>() else { return Ok(None) };
            let token = framing.quick_ack_token(*four);
            self.inbox.consume(4);
            return Ok(Some(Incoming::QuickAck(token)));
        }
        Ok(self.frame()?.map(|frame| Incoming::Payload(frame.payload)))
    }

    /// Appends one frame to `out`. While the framing is not known nobody could read it, and nothing is appended.
    /// The length must be a multiple of four, as all payloads are.
    pub fn send(&mut self, payload: &[u8], rng: &mut dyn Rng, out: &mut Vec<u8>) {
        self.write(payload, false, rng, out);
    }

    /// As [`Transport::send`], and asks the server for a quick ack. Full framing cannot ask.
    pub fn send_asking_quick_ack(&mut self, payload: &[u8], rng: &mut dyn Rng, out: &mut Vec<u8>) {
        self.write(payload, true, rng, out);
    }

    /// Appends a transport error (-404, -429, -444): a frame of four bytes, never padded.
    pub fn send_error(&mut self, code: i32, out: &mut Vec<u8>) {
        self.seal(out, |framing, out| framing.write(&code.to_le_bytes(), false, &[], out));
    }

    /// Appends a quick ack: four bare bytes, no frame around them.
    pub fn send_quick_ack(&mut self, token: u32, out: &mut Vec<u8>) {
        self.seal(out, |framing, out| framing.write_quick_ack(token, out));
    }

    fn write(&mut self, payload: &[u8], marked: bool, rng: &mut dyn Rng, out: &mut Vec<u8>) {
        let mut padding = [0; 16];
        let mut padding_bytes = 0;
        if self.kind() == Some(Kind::Padded) {
            rng.fill(&mut padding);
            let [.., last] = padding;
            padding_bytes = usize::from(last) & self.role.padding_bits();
        }
        let padding = padding.get(..padding_bytes).unwrap_or_default();
        self.seal(out, |framing, out| framing.write(payload, marked, padding, out));
    }

    fn seal(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Framing, &mut Vec<u8>)) {
        let State::Open { framing, ciphers, .. } = &mut self.state else { return };
        let start = out.len();
        write(framing, out);
        if let (Some(ciphers), Some(fresh)) = (ciphers, out.get_mut(start..)) {
            ciphers.send.apply(fresh);
        }
    }
}
