//! What the threats have in common to say and to hear.
use client::{Identity, Probe, WireError};
use ids::WireMsgId;
use mtproto::client::Crafted;
use tl::codec::Raw;
use tl::mt::{BadMsgNotification, Pong, RpcError};
use tl::{Decode, Encode, fields};

use crate::support::{User, within};

/// What a server makes of one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It was answered: the boxed result.
    Answered(Vec<u8>),
    /// It was answered by `rpc_error`.
    Failed(i32, String),
    /// It was refused with this code of `bad_msg_notification` or `bad_server_salt`.
    Refused(i32),
    /// The connection was closed, after this transport error if there was one.
    Closed(Option<i32>),
}

impl Fate {
    /// That of a call with this result.
    pub(crate) fn of(result: Vec<u8>) -> Self {
        match RpcError::from_bytes(&result) {
            Ok(RpcError::RpcError { error_code, error_message }) => Self::Failed(error_code, error_message),
            Err(_) => Self::Answered(result),
        }
    }

    /// The result of a call.
    pub(crate) fn result<T: Decode>(&self) -> T {
        match self {
            Self::Answered(result) => T::from_bytes(result).expect("a result of its type"),
            Self::Failed(..) | Self::Refused(_) | Self::Closed(_) => {
                panic!("an answer was due, not {self:?}")
            }
        }
    }

    /// Whether it is the `rpc_error` of this name.
    pub(crate) fn is_error(&self, wanted: &str) -> bool {
        matches!(self, Self::Failed(_, name) if name == wanted)
    }
}

/// Waits until something came of each of these messages.
pub(crate) async fn fates(probe: &mut Probe, of: &[&Crafted]) -> Vec<Fate> {
    let mut fates: Vec<Option<Fate>> = vec![None; of.len()];
    while fates.iter().any(Option::is_none) {
        let messages = match within(probe.hear()).await {
            Ok(opened) => opened.messages,
            Err(end) => {
                let closed = Fate::Closed(code(&end));
                return fates.into_iter().map(|fate| fate.unwrap_or_else(|| closed.clone())).collect();
            }
        };
        for message in messages {
            let told = message.result().map(|(call, result)| (call, Fate::of(result)));
            let Some((msg_id, fate)) = told.or_else(|| service(&message.body)) else { continue };
            if let Some(at) = of.iter().position(|crafted| crafted.msg_id == msg_id) {
                fates[at] = Some(fate);
            }
        }
    }
    fates.into_iter().flatten().collect()
}

/// Waits until something came of one message.
pub(crate) async fn fate(probe: &mut Probe, of: &Crafted) -> Fate {
    fates(probe, &[of]).await.remove(0)
}

/// Sends a body as content and waits for what comes of it.
pub(crate) async fn ask(probe: &mut Probe, body: Vec<u8>) -> Fate {
    let asked = probe.say(body, true);
    fate(probe, &asked).await
}

/// Waits until everything sent so far in this session on this connection was looked at. What was heard until then.
pub(crate) async fn settled(probe: &mut Probe) {
    let ping = probe.say(tl::mt::Ping { ping_id: 1 }.to_bytes(), false);
    assert_eq!(fate(probe, &ping).await, Fate::Answered(Vec::new()), "a pong");
}

/// Which message a service message concerns and what it says of it; a pong counts as an empty answer. That a message
/// was acknowledged is no fate: something else must follow.
fn service(body: &[u8]) -> Option<(WireMsgId, Fate)> {
    let id = |number: i64| WireMsgId(number.cast_unsigned());
    if let Ok(refusal) = BadMsgNotification::from_bytes(body) {
        let (BadMsgNotification::BadMsgNotification { bad_msg_id, error_code, .. }
        | BadMsgNotification::BadServerSalt { bad_msg_id, error_code, .. }) = refusal;
        return Some((id(bad_msg_id), Fate::Refused(error_code)));
    }
    if let Ok(Pong::Pong { msg_id, .. }) = Pong::from_bytes(body) {
        return Some((id(msg_id), Fate::Answered(Vec::new())));
    }
    None
}

fn code(end: &client::HearError) -> Option<i32> {
    match end {
        client::HearError::Wire(WireError::Server(code)) => Some(*code),
        client::HearError::Wire(WireError::Closed | WireError::Io(_)) => None,
        other => panic!("the stream of a server: {other}"),
    }
}

/// A query as the first one of a session: wrapped in `invokeWithLayer(initConnection(..))` of the canonical layer.
pub(crate) fn introduced(query: &impl Encode) -> Vec<u8> {
    let init = tl::InitConnection {
        api_id: 1,
        device_model: "probe".into(),
        system_version: "probe".into(),
        app_version: "probe".into(),
        system_lang_code: "en".into(),
        lang_pack: String::new(),
        lang_code: "en".into(),
        proxy: None,
        params: None,
        query: Raw(query.to_bytes()),
    };
    let layer = i32::from(ids::limits::LAYER_CANONICAL);
    tl::InvokeWithLayer { layer, query: Raw(init.to_bytes()) }.to_bytes()
}

/// A text to oneself.
pub(crate) fn note(text: &str, random_id: i64) -> tl::messages::SendMessage {
    text_to(tl::InputPeer::InputPeerSelf, text, random_id)
}

/// A text to somebody.
pub(crate) fn text_to(peer: tl::InputPeer, text: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer, message: text.into(), random_id, ..Default::default() }
}

/// The number that the sender's box gave a message, out of what sending it answered.
pub(crate) fn sent_id(sent: &tl::Updates) -> i32 {
    let tl::Updates::Updates(sent) = sent else { panic!("updates of a sent message") };
    let numbers = sent.updates.iter().find_map(|update| match update {
        tl::Update::UpdateMessageID { id, .. } => Some(*id),
        _ => None,
    });
    numbers.expect("the number of the message")
}

/// The new texts in an update.
pub(crate) fn texts(updates: &tl::Updates) -> Vec<String> {
    let updates = match updates {
        tl::Updates::Updates(body) => &body.updates[..],
        tl::Updates::UpdateShort(body) => std::slice::from_ref(&body.update),
        tl::Updates::UpdatesTooLong => panic!("nobody is that far behind"),
        _ => &[],
    };
    let messages = updates.iter().filter_map(|update| match update {
        tl::Update::UpdateNewMessage(new) => Some(&new.message),
        _ => None,
    });
    messages.filter_map(text_of).collect()
}

fn text_of(message: &tl::Message) -> Option<String> {
    match message {
        tl::Message::Message(message) => Some(message.message.clone()),
        tl::Message::MessageEmpty { .. } | tl::Message::MessageService(_) => None,
    }
}

/// The last texts that somebody wrote to themselves, the newest first, at most a hundred.
pub(crate) async fn notes(user: &User) -> Vec<String> {
    history(user, tl::InputPeer::InputPeerSelf).await
}

/// The last texts of a dialog, the newest first, at most a hundred.
pub(crate) async fn history(user: &User, peer: tl::InputPeer) -> Vec<String> {
    let ask = tl::messages::GetHistory { peer, limit: 100, ..Default::default() };
    let messages = match within(user.client.call(&ask)).await.expect("a history") {
        tl::messages::Messages::Messages(page) => page.messages,
        tl::messages::Messages::MessagesSlice(page) => page.messages,
        tl::messages::Messages::ChannelMessages(_) | tl::messages::Messages::MessagesNotModified { .. } => {
            panic!("a history of a dialog")
        }
    };
    messages.iter().filter_map(text_of).collect()
}

/// How one user addresses another: by what importing their phone tells.
pub(crate) async fn acquaint(user: &User, other: &User) -> tl::InputPeer {
    let contact = fields::InputPhoneContact {
        client_id: 1,
        phone: other.person.phone.clone(),
        first_name: "Friend".into(),
        last_name: String::new(),
        note: None,
    };
    let import = tl::contacts::ImportContacts { contacts: vec![contact.into()] };
    let tl::contacts::ImportedContacts::ImportedContacts(imported) =
        within(user.client.call(&import)).await.expect("an import");
    let Some(tl::User::User(found)) = imported.users.first() else { panic!("the user is found") };
    let access_hash = found.access_hash.expect("an access hash");
    tl::InputPeer::InputPeerUser { user_id: found.id, access_hash }
}

/// The key in use and its salt.
pub(crate) async fn identity(user: &User) -> Identity {
    within(user.client.identity()).await.expect("a client that lives")
}
