//! One connection as the server sees it: frames in, key exchange, decryption, frames out.
//!
//! The driver feeds bytes and answers, polls outputs and keeps the time. A connection holds no auth key between
//! two messages: it asks for the key of each one, so that a destroyed key is dead at once (A16). What waits for an
//! answer of the driver waits alone: [`Conn::wants_input`] is false meanwhile, so a connection never buffers more
//! than one frame and what one read returned (A7). Whoever is not understood is closed in silence (T13).

use std::collections::VecDeque;
use std::sync::Arc;

use crypto::Rng;
use ids::limits;
use ids::{AuthKeyId, Now};

use super::Config;
use super::deadline::Deadlines;
use crate::cipher::{self, Sender};
use crate::envelope::Envelope;
use crate::handshake::NewKey;
use crate::handshake::server::{Done, Exchanges, Finished, Job, Refusal, Reply};
use crate::transport::{Frame, Head, Kind, Transport, TransportError};
use crate::{AuthKey, plain};

/// What the driver has to do, in the order it was said.
pub enum Output {
    /// Write these bytes: exactly one transport frame or one quick ack, one websocket message each.
    Transmit(Vec<u8>),
    /// Look the key up and call [`Conn::handle_key`].
    NeedAuthKey(AuthKeyId),
    /// Run it on the pool and call [`Conn::handle_job`].
    Job(Job),
    /// Store the key, durably if it is permanent, and call [`Conn::handle_stored`].
    KeyCreated(NewKey),
    /// A message whose integrity is proven.
    Message(Envelope),
    /// The peer speaks HTTP and has said this much. The connection is over for MTProto.
    Http(Vec<u8>),
    /// Write what was transmitted before, then close. Always the last output.
    Close(CloseReason),
}

/// What the key table says.
pub enum KeyAnswer {
    /// The key.
    Known(Arc<AuthKey>),
    /// No such key: never created, destroyed, or temporary and expired. The client is told -404.
    Unknown,
    /// The table cannot be read. The client is told nothing: a -404 would log it out.
    Unavailable,
}

/// What became of a new key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stored {
    /// It is kept; durably if it is permanent.
    Kept,
    /// Another key has this id (T9).
    Collides,
    /// The store failed. The client is told nothing.
    Failed,
}

/// Why a connection ends; every reason is the peer's, except those that name the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseReason {
    /// The byte stream is no MTProto transport, or a frame of it is broken.
    Transport(TransportError),
    /// The stream is one that was here before, to be answered like noise.
    Replayed,
    /// A frame above the limit for peers without a key.
    Oversized,
    /// A request of the key exchange that is not due or not right. The peer was told -404.
    Handshake,
    /// A handshake meant for another environment. The peer was told -444.
    ForeignDc,
    /// The auth key is unknown. The peer was told -404.
    UnknownKey,
    /// Wrong msg_key, or a length that cannot be: all told apart by nobody (T3).
    Message,
    /// No complete frame in time (A6).
    FirstFrameLate,
    /// A frame that was begun and not finished in time (A6).
    FrameLate,
    /// No message under an auth key in time (A6).
    KeyUnused,
    /// The server could not look up or store a key.
    StoreUnavailable,
}

/// Whom the connection waits for.
enum Gate {
    /// The peer: the next frame.
    Frame,
    /// The driver: the key with this id.
    Key(AuthKeyId),
    /// The peer: the rest of a frame whose key is known.
    Rest(Arc<AuthKey>),
    /// The driver: the job.
    Job,
    /// The driver: whether the key with this id is stored.
    Store(AuthKeyId),
    /// Nobody.
    Closed,
}

/// One connection.
pub struct Conn {
    config: Arc<Config>,
    transport: Transport,
    gate: Gate,
    exchanges: Exchanges,
    deadlines: Deadlines,
    outputs: VecDeque<Output>,
}

/// The server does not know the auth key, or refuses a handshake message.
const ERROR_NOT_FOUND: i32 = -404;
/// The handshake names a data centre of another environment.
const ERROR_FOREIGN_DC: i32 = -444;

/// auth_key_id, msg_key, 32 bytes of encrypted header, the shortest body and the least padding.
const ENCRYPTED_BYTES_MIN: usize = 24 + 48;

impl Conn {
    /// A TCP or TLS stream that was just accepted.
    pub fn new(config: Arc<Config>, now: Now) -> Self {
        let transport = Transport::server(config.secret.clone());
        Self::with(config, transport, now)
    }

    /// A websocket that was just upgraded: its stream must be obfuscated.
    pub fn websocket(config: Arc<Config>, now: Now) -> Self {
        let transport = Transport::server_websocket(config.secret.clone());
        Self::with(config, transport, now)
    }

    fn with(config: Arc<Config>, transport: Transport, now: Now) -> Self {
        Self {
            config,
            transport,
            gate: Gate::Frame,
            exchanges: Exchanges::default(),
            deadlines: Deadlines::new(now),
            outputs: VecDeque::new(),
        }
    }

    /// Takes bytes from the socket; all of them, whatever [`Conn::wants_input`] says.
    pub fn handle_input(&mut self, input: &[u8], now: Now, rng: &mut dyn Rng) {
        if matches!(self.gate, Gate::Closed) {
            return;
        }
        match self.transport.receive(input) {
            Ok(()) => self.advance(now, rng),
            Err(error) => self.end_transport(error),
        }
    }

    /// Whether the driver should read from the socket. False while an answer of the driver is due, and after the
    /// end.
    pub fn wants_input(&self) -> bool {
        match self.gate {
            Gate::Frame | Gate::Rest(_) => true,
            Gate::Key(_) | Gate::Job | Gate::Store(_) | Gate::Closed => false,
        }
    }

    /// Answers [`Output::NeedAuthKey`]. An answer that nobody waits for is ignored.
    pub fn handle_key(&mut self, id: AuthKeyId, answer: KeyAnswer, now: Now, rng: &mut dyn Rng) {
        if !matches!(self.gate, Gate::Key(asked) if asked == id) {
            return;
        }
        match answer {
            KeyAnswer::Known(key) => {
                self.gate = Gate::Rest(key);
                self.advance(now, rng);
            }
            KeyAnswer::Unknown => self.refuse(ERROR_NOT_FOUND, CloseReason::UnknownKey),
            KeyAnswer::Unavailable => self.end(CloseReason::StoreUnavailable),
        }
    }

    /// Answers [`Output::Job`].
    pub fn handle_job(&mut self, done: Done, now: Now, rng: &mut dyn Rng) {
        if !matches!(self.gate, Gate::Job) {
            return;
        }
        self.gate = Gate::Frame;
        match self.exchanges.finish(done, now, rng) {
            Ok(Finished::Answer(packet)) => self.send(&packet, rng),
            Ok(Finished::Key(key)) => {
                self.gate = Gate::Store(key.key.id());
                self.outputs.push_back(Output::KeyCreated(key));
            }
            Err(refusal) => self.refuse_handshake(refusal),
        }
        self.advance(now, rng);
    }

    /// Answers [`Output::KeyCreated`].
    pub fn handle_stored(&mut self, id: AuthKeyId, stored: Stored, now: Now, rng: &mut dyn Rng) {
        if !matches!(self.gate, Gate::Store(asked) if asked == id) {
            return;
        }
        self.gate = Gate::Frame;
        match self.exchanges.stored(stored, now) {
            Some(packet) => self.send(&packet, rng),
            None if stored == Stored::Failed => self.end(CloseReason::StoreUnavailable),
            // The exchange was forgotten meanwhile; the key stays unused.
            None => self.refuse_handshake(Refusal::Invalid),
        }
        self.advance(now, rng);
    }

    /// Sends one packet (encrypted by the session, or plain) as one [`Output::Transmit`]. Nothing is sent before
    /// the peer's framing is known or after the end.
    pub fn send(&mut self, packet: &[u8], rng: &mut dyn Rng) {
        let mut frame = Vec::new();
        self.transport.send(packet, rng, &mut frame);
        self.transmit(frame);
    }

    /// The next thing the driver has to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() {
            // An idle connection owns no queue.
            self.outputs = VecDeque::new();
        }
        output
    }

    /// When [`Conn::handle_timeout`] wants to be called, on the monotonic clock in milliseconds.
    pub fn poll_timeout(&self) -> Option<u64> {
        if matches!(self.gate, Gate::Closed) {
            return None;
        }
        let deadline = self.next_deadline().map(|(at_ms, _)| at_ms);
        deadline.into_iter().chain(self.exchanges.next_expiry_ms()).min()
    }

    /// Closes what took too long and forgets old exchanges.
    pub fn handle_timeout(&mut self, now: Now) {
        if matches!(self.gate, Gate::Closed) {
            return;
        }
        self.exchanges.expire(now);
        if let Some((at_ms, reason)) = self.next_deadline()
            && at_ms <= now.mono_ms
        {
            self.end(reason);
        }
    }

    fn next_deadline(&self) -> Option<(u64, CloseReason)> {
        self.deadlines.next(self.transport.unread_bytes(), &self.config.patience)
    }

    /// The DC id of the obfuscated header: the one the client thinks it is on, or noise.
    pub fn header_dc(&self) -> Option<i16> {
        self.transport.obfuscated_header().map(|header| header.dc)
    }

    /// A number that no two obfuscated streams have in common, but for one that replays the other.
    pub fn header_fingerprint(&self) -> Option<u64> {
        self.transport.obfuscated_header().map(|header| header.fingerprint)
    }

    /// The stream began before on another connection: whoever sends it wants to know what listens here. Nothing is
    /// answered that was not polled yet (T13).
    pub fn refuse_replay(&mut self) {
        self.outputs.clear();
        self.close(CloseReason::Replayed);
    }

    /// The framing, once it is known.
    pub fn kind(&self) -> Option<Kind> {
        self.transport.kind()
    }

    /// Key exchanges that are open here, for the sum of A7.
    pub fn open_exchanges(&self) -> usize {
        self.exchanges.len()
    }

    /// Forgets all open exchanges: the driver has too many (A7). A client that goes on with one is told -404.
    pub fn forget_exchanges(&mut self) {
        self.exchanges.clear();
    }

    /// Heap bytes held by this connection besides itself.
    pub fn heap_bytes(&self) -> usize {
        self.transport.heap_bytes()
            + self.exchanges.heap_bytes()
            + self.outputs.capacity() * size_of::<Output>()
    }

    /// Works through the frames that are there until somebody has to be waited for.
    fn advance(&mut self, now: Now, rng: &mut dyn Rng) {
        loop {
            let step = match &self.gate {
                Gate::Frame => self.begin(now, rng),
                Gate::Rest(key) => {
                    let key = Arc::clone(key);
                    self.encrypted(&key)
                }
                Gate::Key(_) | Gate::Job | Gate::Store(_) | Gate::Closed => break,
            };
            match step {
                Ok(Step::Go) => {}
                Ok(Step::Wait) => break,
                Err(error) => self.end_transport(error),
            }
        }
        let partial = self.wants_input() && self.transport.unread_bytes() > 0;
        self.deadlines.note_partial(partial, now);
    }

    /// Looks at the beginning of a frame and decides who may send the rest (A7).
    fn begin(&mut self, now: Now, rng: &mut dyn Rng) -> Result<Step, TransportError> {
        let Some(head) = self.transport.head()? else { return Ok(Step::Wait) };
        let id = AuthKeyId(u64::from_le_bytes(head.first8));
        if id.get() != 0 {
            if !self.may_be_encrypted(head) {
                self.end(CloseReason::Message);
                return Ok(Step::Wait);
            }
            self.gate = Gate::Key(id);
            self.outputs.push_back(Output::NeedAuthKey(id));
            return Ok(Step::Wait);
        }
        if head.len > limits::FRAME_PLAIN_BYTES_MAX {
            self.end(CloseReason::Oversized);
            return Ok(Step::Wait);
        }
        let Some(frame) = self.transport.frame()? else { return Ok(Step::Wait) };
        self.deadlines.note_frame();
        self.plain(&frame.payload, now, rng);
        Ok(Step::Go)
    }

    /// Whether the length is one of an encrypted message. Noise is mostly caught here, without an answer.
    fn may_be_encrypted(&self, head: Head) -> bool {
        let Some(after_minimum) = head.len.checked_sub(ENCRYPTED_BYTES_MIN) else { return false };
        self.transport.kind() == Some(Kind::Padded) || after_minimum % 16 == 0
    }

    fn plain(&mut self, payload: &[u8], now: Now, rng: &mut dyn Rng) {
        let Ok(message) = plain::parse(payload) else { return self.end(CloseReason::Message) };
        match self.exchanges.handle(message.body, &self.config, now, rng) {
            Ok(Reply::Answer(packet)) => self.send(&packet, rng),
            Ok(Reply::Job(job)) => {
                self.gate = Gate::Job;
                self.outputs.push_back(Output::Job(job));
            }
            Err(refusal) => self.refuse_handshake(refusal),
        }
    }

    fn encrypted(&mut self, key: &AuthKey) -> Result<Step, TransportError> {
        let Some(Frame { payload, quick_ack }) = self.transport.frame()? else { return Ok(Step::Wait) };
        self.gate = Gate::Frame;
        self.deadlines.note_frame();
        let Ok(opened) = cipher::decrypt(key, Sender::Client, &payload) else {
            self.end(CloseReason::Message);
            return Ok(Step::Wait);
        };
        self.deadlines.note_key_used();
        self.exchanges.used(key.id());
        if quick_ack {
            let mut frame = Vec::new();
            self.transport.send_quick_ack(opened.quick_ack, &mut frame);
            self.transmit(frame);
        }
        self.outputs.push_back(Output::Message(opened.message));
        Ok(Step::Go)
    }

    fn transmit(&mut self, frame: Vec<u8>) {
        if !frame.is_empty() && !matches!(self.gate, Gate::Closed) {
            self.outputs.push_back(Output::Transmit(frame));
        }
    }

    fn refuse_handshake(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::Invalid => self.refuse(ERROR_NOT_FOUND, CloseReason::Handshake),
            Refusal::ForeignDc => self.refuse(ERROR_FOREIGN_DC, CloseReason::ForeignDc),
        }
    }

    fn refuse(&mut self, code: i32, reason: CloseReason) {
        let mut frame = Vec::new();
        self.transport.send_error(code, &mut frame);
        self.transmit(frame);
        self.end(reason);
    }

    fn end_transport(&mut self, error: TransportError) {
        if error == TransportError::Http {
            let transport = std::mem::replace(&mut self.transport, Transport::server(None));
            self.outputs.push_back(Output::Http(transport.into_unread()));
        }
        self.end(CloseReason::Transport(error));
    }

    fn end(&mut self, reason: CloseReason) {
        if !matches!(self.gate, Gate::Closed) {
            self.close(reason);
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.gate = Gate::Closed;
        self.exchanges.clear();
        self.outputs.push_back(Output::Close(reason));
    }
}

/// Whether there may be more to do with the bytes that are there.
enum Step {
    Go,
    Wait,
}
