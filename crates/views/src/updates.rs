//! `Updates`: events with everybody they mention, since clients drop a batch that names somebody unknown.
//!
//! Source: <https://core.telegram.org/constructor/updates>.

use domain::Peer;
use domain::draft::Draft;
use domain::message::{EntityKind, FormattedText, Media, Message};
use ids::{UnixTime, UserId};
use store::{StoreError, Tx};
use tl::fields;

use crate::Sight;
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
        if let Some(forward) = &message.forward {
            self.add(forward.from);
            if let Some(saved) = &forward.saved_from {
                self.add_peer(saved.peer);
                saved.again.iter().for_each(|again| self.add(again.by));
            }
        }
        match &message.media {
            Some(Media::Contact { user: Some(user), .. }) => self.add(*user),
            Some(Media::Poll { poll }) if poll.is_public => {
                poll.votes.iter().for_each(|vote| self.add(vote.by));
            }
            Some(
                Media::Contact { user: None, .. }
                | Media::Poll { .. }
                | Media::Dice { .. }
                | Media::Geo { .. }
                | Media::Venue { .. },
            )
            | None => {}
        }
        message.reactions.iter().for_each(|reaction| self.add(reaction.by));
        self.add_text(&message.text);
    }

    /// Whom a draft names.
    pub fn add_draft(&mut self, draft: &Draft) {
        self.add_text(&draft.text);
    }

    fn add_text(&mut self, text: &FormattedText) {
        for entity in text.entities() {
            if let EntityKind::MentionName { user } = &entity.kind {
                self.add(user.user());
            }
        }
    }

    /// All of them as the viewer sees them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn users(self, tx: &Tx<'_>, sight: &Sight<'_>, viewer: UserId) -> Result<Vec<tl::User>, StoreError> {
        users(tx, sight, viewer, &self.0)
    }
}

/// Updates without a sequence number: `seq` 0 means that they apply at once.
pub fn updates(updates: Vec<tl::Update>, users: Vec<tl::User>, date: UnixTime) -> tl::Updates {
    tl::Updates::from(fields::Updates { updates, users, chats: Vec::new(), date: date.as_int(), seq: 0 })
}
