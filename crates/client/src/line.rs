//! A session on one connection.
use ids::SessionId;
use mtproto::client::{Event, Session, SessionStart};

use crate::clock::Clock;
use crate::entropy::OsRng;
use crate::error::WireError;
use crate::options::Identity;
use crate::wire::{Received, Wire};

/// Something that happened on a line.
pub enum Heard {
    /// In the session.
    Event(Event),
    /// A request that asked for it arrived whole.
    QuickAck(u32),
}

/// A wire and the session that speaks on it.
pub struct Line {
    wire: Wire,
    session: Session,
}

impl Line {
    /// A new session under a key. On a new wire it may be the first thing said, or a key exchange came before.
    #[must_use]
    pub fn new(wire: Wire, identity: Identity) -> Self {
        let Identity { key, salt, ahead_ns } = identity;
        let session = SessionId(crypto::Rng::u64(&mut OsRng));
        Self { wire, session: Session::new(SessionStart { key, session, salt, ahead_ns }) }
    }

    /// The session goes on with another wire: calls without an answer are sent again.
    pub fn reconnect(&mut self, wire: Wire) {
        self.wire = wire;
        self.session.handle_connected();
    }

    /// The session. What is done to it takes effect while [`Line::next`] waits.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The wire: packets sent here are none of the session's.
    pub fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.wire.clock()
    }

    /// The key, with what the session has learnt about salt and clock.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let (key, salt, ahead_ns) =
            (self.session.key().clone(), self.session.salt(), self.session.ahead_ns());
        Identity { key, salt, ahead_ns }
    }

    /// Sends what the session has to say and waits for what happens next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Heard, WireError> {
        let clock = self.clock();
        loop {
            match self.session.poll_event() {
                Some(Event::Stalled) => return Err(WireError::Stalled),
                Some(event) => return Ok(Heard::Event(event)),
                None => {}
            }
            while let Some(packet) = self.session.poll_transmit(clock.now(), &mut OsRng) {
                self.wire.send(&packet);
            }
            let received = tokio::select! {
                received = self.wire.receive() => received?,
                () = sleep_until(clock, self.session.poll_timeout()) => {
                    self.session.handle_timeout(clock.now());
                    continue;
                }
            };
            match received {
                Received::Packet(packet) => {
                    self.session.handle_packet(&packet, clock.now()).map_err(WireError::Packet)?;
                }
                Received::QuickAck(token) => return Ok(Heard::QuickAck(token)),
            }
        }
    }
}

async fn sleep_until(clock: Clock, mono_ms: Option<u64>) {
    match mono_ms {
        Some(mono_ms) => tokio::time::sleep_until(clock.instant(mono_ms)).await,
        None => std::future::pending().await,
    }
}
