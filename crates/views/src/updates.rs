//! `Updates`: events with everybody they mention, since clients drop a batch that names somebody unknown.
//!
//! Source: <https://core.telegram.org/constructor/updates>.

use domain::AccessHashes;
use domain::Peer;
use domain::message::{EntityKind, Message};
use domain::update::{Entry, Event};
use ids::{UnixTime, UserId};
use store::{StoreError, Tx};
use tl::fields;

use crate::user::users;

/// The users named in what is about to be sent, each once.
#[derive(Default)]
pub struct Mentioned(Vec<UserId>);

impl Mentioned {
    /// A user.
    pub fn add(&mut self, user: UserId) {
        if !self.0.contains(&user) {
            self.0.push(user);
        }
    }

    /// A peer.
    pub fn add_peer(&mut self, peer: Peer) {
        self.add(peer.user());
    }

    /// A message's writer, its dialog, and whom its text names.
    pub fn add_message(&mut self, message: &Message) {
        self.add_peer(message.peer);
        self.add(message.from);
        for entity in message.text.entities() {
            if let EntityKind::MentionName(mentioned) = &entity.kind {
                self.add(mentioned.user());
            }
        }
    }

    /// An event's dialog.
    pub fn add_event(&mut self, entry: &Entry) {
        match entry.event {
            Event::NewMessage { peer, .. }
            | Event::ReadInbox { peer, .. }
            | Event::ReadOutbox { peer, .. } => self.add_peer(peer),
            Event::Repaired => {}
        }
    }

    /// All of them as the viewer sees them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn users(
        self,
        tx: &Tx<'_>,
        hashes: &AccessHashes,
        viewer: UserId,
    ) -> Result<Vec<tl::User>, StoreError> {
        users(tx, hashes, viewer, &self.0)
    }
}

/// Updates without a sequence number: `seq` 0 means that they apply at once.
pub fn updates(updates: Vec<tl::Update>, users: Vec<tl::User>, date: UnixTime) -> tl::Updates {
    tl::Updates::from(fields::Updates { updates, users, chats: Vec::new(), date: date.as_int(), seq: 0 })
}
