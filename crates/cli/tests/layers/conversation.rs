//! One conversation between two layers, from signing up to catching up.
use ids::Layer;
use tl::{fields, schema};

use crate::person::{Marks, Person, Told};
use crate::support::start;

/// What each side hears at least: answers and updates.
const HEARD_MIN: usize = 20;
const TEXT: &str = "bold \u{1f600} link hidden quoted";

/// Everything a client of layer `a` and one of layer `b` do with each other.
pub(crate) async fn converse(a: u16, b: u16) {
    let server = start(&[]);
    let mut alice = Person::new(&server, 1, a).await;
    let mut bob = Person::new(&server, 2, b).await;
    let to_bob = alice.import(2).await;
    let to_alice = bob.import(1).await;

    let first = alice.send(&to_bob, TEXT, marks(), None).await;
    let heard = bob.hears_text(TEXT).await;
    assert_marks(heard.entities.as_deref().unwrap_or_default(), a, b);
    assert!(matches!(heard.peer_id, tl::Peer::PeerUser { user_id } if user_id == alice.id()));
    let reply = bob.send(&to_alice, "an answer", Marks::default(), Some(heard.id)).await;
    let answer = alice.hears_text("an answer").await;
    assert_eq!(replied_to(&answer), Some(first), "in Alice's own numbers");

    talk_and_read(&mut alice, &mut bob, (&to_bob, &to_alice), answer.id, reply).await;
    assert_lists(&alice, &to_bob, &["an answer", TEXT], 0).await;
    assert_lists(&bob, &to_alice, &["an answer", TEXT], 1).await;
    let read = tl::messages::ReadHistory { peer: to_alice.clone(), max_id: reply };
    bob.call(&read).await;
    assert_lists(&bob, &to_alice, &["an answer", TEXT], 0).await;
    assert_start_calls(&alice, 1).await;
    assert_start_calls(&bob, 1).await;

    let state = state(&bob).await;
    let missed = async {
        for text in ["one", "two", "three"] {
            alice.send(&to_bob, text, marks_of(text), None).await;
        }
    };
    let (mut bob, ()) = bob.away(missed).await;
    assert_missed(&bob, &state, &["one", "two", "three"]).await;
    alice.send(&to_bob, "live again", Marks::default(), None).await;
    bob.hears_text("live again").await;

    alice.witness.assert_well(HEARD_MIN);
    bob.witness.assert_well(HEARD_MIN);
}

/// Typing and read marks, from both to both.
async fn talk_and_read(
    alice: &mut Person,
    bob: &mut Person,
    (to_bob, to_alice): (&tl::InputPeer, &tl::InputPeer),
    answer: i32,
    reply: i32,
) {
    let typing = |peer: &tl::InputPeer| tl::messages::SetTyping {
        peer: peer.clone(),
        top_msg_id: None,
        action: tl::SendMessageAction::SendMessageTypingAction,
    };
    alice.call(&typing(to_bob)).await;
    bob.call(&typing(to_alice)).await;
    let typist = |told: &Told| if let Told::Typing(user) = told { Some(*user) } else { None };
    assert_eq!(bob.hears(typist).await, alice.id());
    assert_eq!(alice.hears(typist).await, bob.id());
    alice.call(&tl::messages::ReadHistory { peer: to_bob.clone(), max_id: answer }).await;
    let read = |told: &Told| if let Told::ReadOutbox(max_id) = told { Some(*max_id) } else { None };
    assert_eq!(bob.hears(read).await, reply, "in Bob's own numbers");
}

/// History and lists of dialogs agree with what was said.
async fn assert_lists(person: &Person, peer: &tl::InputPeer, texts: &[&str], unread: i32) {
    let history = tl::messages::GetHistory { peer: peer.clone(), limit: 10, ..Default::default() };
    let messages = match person.call(&history).await {
        tl::messages::Messages::Messages(all) => all.messages,
        tl::messages::Messages::MessagesSlice(slice) => slice.messages,
        tl::messages::Messages::ChannelMessages(_) | tl::messages::Messages::MessagesNotModified { .. } => {
            panic!("a history")
        }
    };
    assert_eq!(texts_of(&messages), texts);
    let dialogs = tl::messages::GetDialogs {
        offset_peer: tl::InputPeer::InputPeerEmpty,
        limit: 10,
        ..Default::default()
    };
    let dialogs = match person.call(&dialogs).await {
        tl::messages::Dialogs::Dialogs(all) => all.dialogs,
        tl::messages::Dialogs::DialogsSlice(slice) => slice.dialogs,
        tl::messages::Dialogs::DialogsNotModified { .. } => panic!("dialogs"),
    };
    assert_dialog(&dialogs, unread);
    let one = tl::InputDialogPeer::InputDialogPeer { peer: peer.clone() };
    let tl::messages::PeerDialogs::PeerDialogs(one) =
        person.call(&tl::messages::GetPeerDialogs { peers: vec![one] }).await;
    assert_dialog(&one.dialogs, unread);
    person.call(&tl::messages::GetPinnedDialogs { folder_id: 0 }).await;
}

fn assert_dialog(dialogs: &[tl::Dialog], unread: i32) {
    let [tl::Dialog::Dialog(dialog)] = dialogs else { panic!("one dialog") };
    assert_eq!(dialog.unread_count, unread);
}

/// What clients ask at their start.
async fn assert_start_calls(person: &Person, contacts: usize) {
    let tl::contacts::Contacts::Contacts(known) = person.call(&tl::contacts::GetContacts { hash: 0 }).await
    else {
        panic!("contacts")
    };
    assert_eq!(known.users.len(), contacts);
    let own = person.call(&tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] }).await;
    assert!(matches!(own.as_slice(), [tl::User::User(own)] if own.id == person.id()));
    person.call(&tl::users::GetFullUser { id: tl::InputUser::InputUserSelf }).await;
    person.call(&tl::help::GetConfig {}).await;
    person.call(&tl::help::GetNearestDc {}).await;
    person.call(&tl::help::GetAppConfig { hash: 0 }).await;
}

async fn state(person: &Person) -> tl::updates::State {
    person.call(&tl::updates::GetState {}).await
}

/// The difference since `state` holds these texts, and ends where the box stands.
async fn assert_missed(person: &Person, since: &tl::updates::State, texts: &[&str]) {
    let tl::updates::State::State { pts, date, qts, .. } = since;
    let difference = tl::updates::GetDifference { pts: *pts, date: *date, qts: *qts, ..Default::default() };
    let tl::updates::Difference::Difference(missed) = person.call(&difference).await else {
        panic!("a whole difference")
    };
    assert_eq!(texts_of(&missed.new_messages), texts);
    let tl::updates::State::State { pts: upto, .. } = missed.state;
    let tl::updates::State::State { pts: head, .. } = state(person).await;
    assert_eq!((upto, head), (*pts + 3, *pts + 3));
}

fn texts_of(messages: &[tl::Message]) -> Vec<&str> {
    messages.iter().map(text_of).collect()
}

fn text_of(message: &tl::Message) -> &str {
    match message {
        tl::Message::Message(message) => &message.message,
        tl::Message::MessageEmpty { .. } | tl::Message::MessageService(_) => "",
    }
}

fn replied_to(message: &fields::Message) -> Option<i32> {
    match message.reply_to.as_ref()? {
        tl::MessageReplyHeader::MessageReplyHeader(header) => header.reply_to_msg_id,
        tl::MessageReplyHeader::MessageReplyStoryHeader { .. } => None,
    }
}

fn marks() -> Marks {
    Marks(vec![
        tl::MessageEntity::MessageEntityBold { offset: 0, length: 4 },
        tl::MessageEntity::MessageEntityTextUrl { offset: 8, length: 4, url: "https://example.org/".into() },
        tl::MessageEntity::MessageEntitySpoiler { offset: 13, length: 6 },
        tl::MessageEntity::MessageEntityBlockquote { collapsed: false, offset: 20, length: 6 },
    ])
}

fn marks_of(text: &str) -> Marks {
    let length = i32::try_from(text.len()).expect("a short text");
    Marks(vec![tl::MessageEntity::MessageEntityItalic { offset: 0, length }])
}

/// What was marked arrives; a mark that one of the layers does not know, in neither.
fn assert_marks(entities: &[tl::MessageEntity], a: u16, b: u16) {
    let known = |name| [a, b].iter().all(|layer| schema::by_name(name, Layer(*layer)).is_some());
    let has = |wanted: fn(&tl::MessageEntity) -> bool| entities.iter().any(wanted);
    assert!(has(|entity| matches!(entity, tl::MessageEntity::MessageEntityBold { offset: 0, length: 4 })));
    assert!(has(|entity| matches!(entity, tl::MessageEntity::MessageEntityTextUrl { offset: 8, .. })));
    assert!(has(|entity| matches!(entity, tl::MessageEntity::MessageEntitySpoiler { offset: 13, .. })));
    let quoted =
        has(|entity| matches!(entity, tl::MessageEntity::MessageEntityBlockquote { offset: 20, .. }));
    assert_eq!(quoted, known("messageEntityBlockquote"));
    assert_eq!(entities.len(), if quoted { 4 } else { 3 });
}
