//! The door for tests that attack a server: messages made by hand, packets sent as one likes, everything heard.
use ids::SessionId;
use mtproto::client::{Crafted, Session, SessionStart};

use crate::clock::Clock;
use crate::entropy::OsRng;
use crate::error::WireError;
use crate::opened::{OpenError, Opened};
use crate::options::{Identity, Options};
use crate::wire::{Received, Wire};

/// A key, a session to make messages with, and a wire to send them on. Nothing is sent, acknowledged or repeated but
/// by the caller.
pub struct Probe {
    /// The wire; its stream is [`Wire::stream`].
    pub wire: Wire,
    session: Session,
}

impl Probe {
    /// Connects with a key that the server knows, in a new session.
    pub async fn open(options: &Options, identity: &Identity) -> Result<Self, WireError> {
        let wire = Wire::connect(options, Clock::start()).await?;
        Ok(Self::new(wire, identity, SessionId(crypto::Rng::u64(&mut OsRng))))
    }

    /// A probe on this wire, in this session.
    #[must_use]
    pub fn new(wire: Wire, identity: &Identity, session: SessionId) -> Self {
        let Identity { key, salt, ahead_ns } = identity.clone();
        Self { wire, session: Session::new(SessionStart { key, session, salt, ahead_ns }) }
    }

    /// The next message of the session: id, seqno, salt and session are right and may be changed before sealing.
    pub fn craft(&mut self, body: Vec<u8>, is_content: bool) -> Crafted {
        self.session.crafted(body, is_content, self.wire.clock().now())
    }

    /// The encrypted packet of a message.
    #[must_use]
    pub fn seal(&self, crafted: &Crafted) -> Vec<u8> {
        self.session.seal(crafted, &mut OsRng)
    }

    /// Crafts, seals and sends a body; the message is returned, so that its id can be recognised in the answer.
    pub fn say(&mut self, body: Vec<u8>, is_content: bool) -> Crafted {
        let crafted = self.craft(body, is_content);
        self.wire.send(&self.seal(&crafted));
        crafted
    }

    /// Waits for the next packet.
    pub async fn hear(&mut self) -> Result<Opened, HearError> {
        loop {
            if let Received::Packet(packet) = self.wire.receive().await? {
                return Ok(Opened::read(self.session.key(), &packet)?);
            }
        }
    }

    /// Waits for the result of a message; everything else that comes is dropped.
    pub async fn result(&mut self, of: &Crafted) -> Result<Vec<u8>, HearError> {
        loop {
            for message in self.hear().await?.messages {
                if let Some((call, result)) = message.result()
                    && call == of.msg_id
                {
                    return Ok(result);
                }
            }
        }
    }

    /// The session's number.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session.id()
    }
}

/// Why nothing is heard.
#[derive(Debug, thiserror::Error)]
pub enum HearError {
    /// The connection is over.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A packet that cannot be laid out.
    #[error(transparent)]
    Open(#[from] OpenError),
}
