//! Somebody in a conversation: what they do, and what they are told.
use std::collections::VecDeque;

use client::Client;
use ids::Layer;
use tl::{Function, fields};

use crate::support::process::Process;
use crate::support::{User, conversation, options, person, sign_up, within};
use crate::witness::Witness;

/// One side.
pub(crate) struct Person {
    user: User,
    pub(crate) witness: Witness,
    /// Events that came and were not looked for yet.
    told: VecDeque<Told>,
}

/// An event that a conversation is made of.
pub(crate) enum Told {
    Message(Box<fields::Message>),
    ReadOutbox(i32),
    Typing(i64),
}

impl Person {
    pub(crate) async fn new(server: &Process, number: u16, layer: u16) -> Self {
        let witness = Witness::of(layer);
        let mut options = options(server, number);
        options.layer = Layer(layer);
        options.observer = Some(witness.observer());
        Self { user: sign_up(server, options, number).await, witness, told: VecDeque::new() }
    }

    pub(crate) fn id(&self) -> i64 {
        self.user.own.id
    }

    pub(crate) fn layer(&self) -> u16 {
        self.user.client.layer().get()
    }

    /// The next updates as they come.
    pub(crate) async fn update(&self) -> tl::Updates {
        self.user.client.update().await.expect("an update")
    }

    pub(crate) async fn call<M: Function>(&self, method: &M) -> M::Result {
        within(self.user.client.call(method)).await.unwrap_or_else(|error| panic!("{}: {error}", M::NAME))
    }

    /// Imports the number of person `number` and finds them under it.
    pub(crate) async fn import(&self, number: u16) -> tl::InputPeer {
        let who = person(number);
        let contact = fields::InputPhoneContact {
            client_id: 7,
            phone: who.phone.clone(),
            first_name: "Known".into(),
            last_name: "As".into(),
            note: None,
        };
        let imported = self.call(&tl::contacts::ImportContacts { contacts: vec![contact.into()] }).await;
        let tl::contacts::ImportedContacts::ImportedContacts(imported) = imported;
        let [tl::User::User(found)] = imported.users.as_slice() else { panic!("one user is found") };
        assert_eq!(found.first_name.as_deref(), Some("Known"));
        assert_eq!(found.phone.as_deref(), Some(who.phone.as_str()));
        tl::InputPeer::InputPeerUser { user_id: found.id, access_hash: found.access_hash.expect("a hash") }
    }

    /// Sends a text and returns its number in the own box.
    pub(crate) async fn send(
        &self,
        to: &tl::InputPeer,
        text: &str,
        marks: Marks,
        reply_to: Option<i32>,
    ) -> i32 {
        let reply_to = reply_to.map(|reply_to_msg_id| {
            fields::InputReplyToMessage { reply_to_msg_id, ..Default::default() }.into()
        });
        let Marks(entities) = marks;
        let random_id = crypto::Rng::u64(&mut client::OsRng).cast_signed();
        let (peer, message) = (to.clone(), text.to_owned());
        let entities = Some(entities).filter(|entities| !entities.is_empty());
        let send =
            tl::messages::SendMessage { peer, message, random_id, entities, reply_to, ..Default::default() };
        let tl::Updates::Updates(updates) = self.call(&send).await else { panic!("updates are answered") };
        let number = updates.updates.iter().find_map(|update| {
            let tl::Update::UpdateMessageID { id, random_id: of } = update else { return None };
            (*of == random_id).then_some(*id)
        });
        number.expect("the number of the message")
    }

    /// Waits for an event; others are kept.
    pub(crate) async fn hears<T>(&mut self, wanted: impl Fn(&Told) -> Option<T>) -> T {
        loop {
            for at in 0..self.told.len() {
                if let Some(found) = wanted(&self.told[at]) {
                    self.told.remove(at);
                    return found;
                }
            }
            let updates = within(self.user.client.update()).await.expect("an update");
            self.told.extend(events(updates));
        }
    }

    /// Waits for a message with this text.
    pub(crate) async fn hears_text(&mut self, text: &str) -> Box<fields::Message> {
        self.hears(|told| match told {
            Told::Message(message) if message.message == text => Some(message.clone()),
            Told::Message(_) | Told::ReadOutbox(_) | Told::Typing(_) => None,
        })
        .await
    }

    /// Goes away, lets `meanwhile` happen, and comes back with the same login.
    pub(crate) async fn away<T>(mut self, meanwhile: impl Future<Output = T>) -> (Self, T) {
        let (options, login) = (self.user.client.options().clone(), self.user.client.permanent().clone());
        self.user.client.close().await;
        let happened = meanwhile.await;
        self.user.client = within(Client::resume(options, login)).await.expect("a client");
        self.told.clear();
        (self, happened)
    }
}

/// The marks of a text.
#[derive(Default)]
pub(crate) struct Marks(pub(crate) Vec<tl::MessageEntity>);

fn events(updates: tl::Updates) -> Vec<Told> {
    conversation(updates).into_iter().filter_map(event).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "there are 160 kinds of updates")]
fn event(update: tl::Update) -> Option<Told> {
    match update {
        tl::Update::UpdateNewMessage(new) => match new.message {
            tl::Message::Message(message) => Some(Told::Message(message)),
            tl::Message::MessageEmpty { .. } | tl::Message::MessageService(_) => None,
        },
        tl::Update::UpdateReadHistoryOutbox { max_id, .. } => Some(Told::ReadOutbox(max_id)),
        tl::Update::UpdateUserTyping(typing) => Some(Told::Typing(typing.user_id)),
        _ => None,
    }
}
