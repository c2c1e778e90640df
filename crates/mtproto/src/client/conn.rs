//! One connection as a client sees it: its transport, the key exchanges it runs, and encrypted packets as they are.
//!
//! What is inside a packet is the session's business. The client works on its own thread of one connection, so the
//! powers of an exchange are computed in place. Source: docs, mtproto/auth_key, mtproto/mtproto-transports.

use std::collections::VecDeque;
use std::sync::Arc;

use crypto::Rng;
use crypto::rsa::PublicKey;
use ids::{Now, UnixTime};

use crate::handshake::NewKey;
use crate::handshake::client::{DhAsked, ExchangeError, KeyAsked, Outcome, PqAsked, Wanted};
use crate::plain;
use crate::transport::{FullHasNoTag, Incoming, Kind, Obfuscation, Transport, TransportError};

/// What the driver has to do, or has to know.
pub enum Output {
    /// Write these bytes.
    Transmit(Vec<u8>),
    /// An encrypted packet for the session.
    Packet(Vec<u8>),
    /// A request that asked for it arrived whole.
    QuickAck(u32),
    /// The exchange is over.
    KeyMade {
        /// The key.
        key: NewKey,
        /// The server's clock when it answered step 2, in whole seconds.
        server_time: UnixTime,
    },
    /// The exchange failed; the connection should be closed.
    ExchangeFailed(ExchangeError),
    /// The server sent a transport error: -404 unknown key, -429 too much, -444 another environment.
    ServerError(i32),
    /// The stream cannot be read on. Always the last output.
    Close(TransportError),
}

/// Where an exchange stands.
enum Exchange {
    Pq(PqAsked),
    Dh(DhAsked),
    Key(Box<KeyAsked>),
}

/// One connection of a client.
pub struct Conn {
    transport: Transport,
    /// What the stream begins with, until the first frame takes it along.
    opening: Vec<u8>,
    trusted: Arc<[PublicKey]>,
    exchange: Option<Box<Exchange>>,
    outputs: VecDeque<Output>,
    closed: bool,
}

impl Conn {
    /// A stream that was just connected; `trusted` are the server's RSA keys.
    pub fn new(
        kind: Kind,
        obfuscation: Option<Obfuscation>,
        trusted: Arc<[PublicKey]>,
        rng: &mut dyn Rng,
    ) -> Result<Self, FullHasNoTag> {
        let (transport, opening) = Transport::client(kind, obfuscation, rng)?;
        Ok(Self { transport, opening, trusted, exchange: None, outputs: VecDeque::new(), closed: false })
    }

    /// Begins a key exchange; one that is under way is given up.
    pub fn make_key(&mut self, wanted: Wanted, now: Now, rng: &mut dyn Rng) {
        let (state, request) = PqAsked::start(wanted, rng);
        self.exchange = Some(Box::new(Exchange::Pq(state)));
        self.send_plain(&request, now, rng);
    }

    /// Sends one encrypted packet.
    pub fn send(&mut self, packet: &[u8], rng: &mut dyn Rng) {
        let mut frame = std::mem::take(&mut self.opening);
        self.transport.send(packet, rng, &mut frame);
        self.outputs.push_back(Output::Transmit(frame));
    }

    /// Sends one encrypted packet and asks for a quick ack, if the framing can.
    pub fn send_asking_quick_ack(&mut self, packet: &[u8], rng: &mut dyn Rng) {
        let mut frame = std::mem::take(&mut self.opening);
        self.transport.send_asking_quick_ack(packet, rng, &mut frame);
        self.outputs.push_back(Output::Transmit(frame));
    }

    /// Takes bytes from the socket.
    pub fn handle_input(&mut self, input: &[u8], now: Now, rng: &mut dyn Rng) {
        if self.closed {
            return;
        }
        let mut next = self.transport.receive(input).and_then(|()| self.transport.incoming());
        while let Ok(Some(incoming)) = next {
            match incoming {
                Incoming::QuickAck(token) => self.outputs.push_back(Output::QuickAck(token)),
                Incoming::Payload(payload) => self.payload(payload, now, rng),
            }
            next = self.transport.incoming();
        }
        if let Err(error) = next {
            self.closed = true;
            self.outputs.push_back(Output::Close(error));
        }
    }

    /// The next thing the driver has to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn payload(&mut self, payload: Vec<u8>, now: Now, rng: &mut dyn Rng) {
        match payload.as_slice() {
            // Four zeros are a filler that keeps a line open.
            [0, 0, 0, 0] => {}
            [a, b, c, d] => {
                self.outputs.push_back(Output::ServerError(i32::from_le_bytes([*a, *b, *c, *d])));
            }
            [0, 0, 0, 0, 0, 0, 0, 0, ..] => self.plain(&payload, now, rng),
            _ => self.outputs.push_back(Output::Packet(payload)),
        }
    }

    /// A plain message when no exchange waits for one means nothing and is dropped.
    fn plain(&mut self, payload: &[u8], now: Now, rng: &mut dyn Rng) {
        let Some(exchange) = self.exchange.take() else { return };
        let stepped = match plain::parse(payload) {
            Ok(message) if message.msg_id.get() % 4 == 1 => self.step(*exchange, message.body, now, rng),
            Ok(_) | Err(_) => Err(ExchangeError::Malformed),
        };
        if let Err(error) = stepped {
            self.outputs.push_back(Output::ExchangeFailed(error));
        }
    }

    fn step(
        &mut self,
        exchange: Exchange,
        body: &[u8],
        now: Now,
        rng: &mut dyn Rng,
    ) -> Result<(), ExchangeError> {
        let (next, request) = match exchange {
            Exchange::Pq(state) => {
                let (state, request) = state.handle(body, &self.trusted, rng)?;
                (Exchange::Dh(state), request)
            }
            Exchange::Dh(state) => {
                let (state, request) = state.handle(body, rng)?;
                (Exchange::Key(Box::new(state)), request)
            }
            Exchange::Key(state) => match state.handle(body, rng)? {
                Outcome::Made { key, server_time } => {
                    self.outputs.push_back(Output::KeyMade { key, server_time });
                    return Ok(());
                }
                Outcome::Again(state, request) => (Exchange::Key(state), request),
            },
        };
        self.exchange = Some(Box::new(next));
        self.send_plain(&request, now, rng);
        Ok(())
    }

    fn send_plain(&mut self, request: &[u8], now: Now, rng: &mut dyn Rng) {
        self.send(&plain::wrap(plain::request_id(now), request), rng);
    }
}
