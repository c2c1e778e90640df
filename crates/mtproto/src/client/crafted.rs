//! The door for tests that attack a server: every field of a packet may be chosen by hand.
//!
//! Source: docs, mtproto/description.

use crypto::Rng;
use ids::{Now, SessionId, WireMsgId};

use super::Session;
use crate::cipher::{self, Body, Head, Padding, Sender};
use crate::container;
use crate::session::msg_id::Class;

/// A message before encryption. [`Session::crafted`] fills in what is right.
#[derive(Clone)]
pub struct Crafted {
    /// The salt.
    pub salt: u64,
    /// The session.
    pub session: SessionId,
    /// The message id.
    pub msg_id: WireMsgId,
    /// The sequence number.
    pub seqno: u32,
    /// The body.
    pub body: Vec<u8>,
}

impl Session {
    /// A message as this session would send it next; the answer to it is an [`super::Event::Update`] or nothing.
    pub fn crafted(&mut self, body: Vec<u8>, is_content: bool, now: Now) -> Crafted {
        let server_now = self.server_now(now);
        Crafted {
            salt: self.salt,
            session: self.id,
            msg_id: self.ids.next(server_now, Class::Request),
            seqno: self.next_seqno(is_content),
            body,
        }
    }

    /// Encrypts a message with this session's key, whatever it says.
    pub fn seal(&self, crafted: &Crafted, rng: &mut dyn Rng) -> Vec<u8> {
        let Crafted { salt, session, msg_id, seqno, body } = crafted;
        let head = Head { salt: *salt, session: *session, msg_id: *msg_id, seqno: *seqno };
        cipher::encrypt(&self.key, Sender::Client, head, Body::new(body), Padding::Short, rng)
    }
}

impl Crafted {
    /// The body of a container of these messages; salts and sessions of theirs do not count.
    pub fn container(messages: &[Self]) -> Vec<u8> {
        let mut body = Vec::new();
        container::begin(&mut body, messages.len());
        for message in messages {
            container::put_head(&mut body, message.msg_id, message.seqno, message.body.len());
            body.extend_from_slice(&message.body);
        }
        body
    }
}
