//! A connection of which every byte may be chosen, and of which every byte that comes back is seen.
use client::{Clock, Options, OsRng, Stream};
use mtproto::plain;
use mtproto::transport::{Incoming, Transport};

use crate::support::within;

/// A stream and the framing on it; nothing is done by itself.
pub(crate) struct Raw {
    pub(crate) stream: Stream,
    transport: Transport,
    opening: Vec<u8>,
    clock: Clock,
}

/// What a server says to somebody who makes a key.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// The body of a plain message.
    Body(Vec<u8>),
    /// A transport error.
    Error(i32),
    /// The connection was closed without a word.
    Closed,
}

impl Raw {
    /// Connects with the framing of the options, not obfuscated.
    pub(crate) async fn connect(options: &Options) -> Self {
        let stream = within(Stream::connect(options)).await.expect("a connection");
        let (transport, opening) = Transport::client(options.framing, None, &mut OsRng).expect("a framing");
        Self { stream, transport, opening, clock: Clock::start() }
    }

    /// The bytes of one frame, with the opening before the first one.
    pub(crate) fn frame(&mut self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.opening);
        self.transport.send(payload, &mut OsRng, &mut bytes);
        bytes
    }

    /// Sends a payload as one frame.
    pub(crate) fn send(&mut self, payload: &[u8]) {
        let bytes = self.frame(payload);
        self.stream.send(&bytes);
    }

    /// Sends a TL object as a plain message.
    pub(crate) fn say(&mut self, body: &[u8]) {
        let message = plain::wrap(plain::request_id(self.clock.now()), body);
        self.send(&message);
    }

    /// The next payload; nothing at the end.
    pub(crate) async fn payload(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.transport.incoming().expect("frames of a server") {
                Some(Incoming::Payload(payload)) => return Some(payload),
                Some(Incoming::QuickAck(_)) => {}
                None => {
                    let input = within(self.stream.receive()).await.unwrap_or_default();
                    if input.is_empty() {
                        return None;
                    }
                    self.transport.receive(&input).expect("a stream of a server");
                }
            }
        }
    }

    /// The next answer in a key exchange.
    pub(crate) async fn answer(&mut self) -> Answer {
        match self.payload().await.as_deref() {
            None => Answer::Closed,
            Some([a, b, c, d]) => Answer::Error(i32::from_le_bytes([*a, *b, *c, *d])),
            Some(payload) => {
                let message = plain::parse(payload).unwrap_or_else(|_| panic!("no plain message"));
                assert_eq!(message.msg_id.get() % 4, 1, "the id of an answer");
                Answer::Body(message.body.to_vec())
            }
        }
    }

    /// Sends a request of a key exchange and waits for what comes of it.
    pub(crate) async fn ask(&mut self, body: &[u8]) -> Answer {
        self.say(body);
        self.answer().await
    }

    /// Every byte up to the end of the stream, which must be an orderly one: a reset could swallow what was said.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let input = within(self.stream.receive()).await.expect("an orderly end");
            if input.is_empty() {
                return bytes;
            }
            bytes.extend_from_slice(&input);
        }
    }
}
