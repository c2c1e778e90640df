//! A device of our own client, driven line by line: e2e lets it do random things among devices of other clients, and holds what
//! it has in the end against what the server has.
//!
//! Usage: `device ADDRESS PUBLIC_KEY LAYER`. Each line of the input is an object, and gets one back:
//! `{"call": "hex"}` makes a call whose bytes are of that layer, and is answered `{"answer": "hex"}` or
//! `{"error": [code, "NAME"]}`; `{"read": id}` begins to keep the account of that user; `{"leave": null}` and `{"back": null}` end
//! the connection and make another; `{"show": null}` tells what the account has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "whoever drives it must see at once that it broke"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::net::SocketAddr;

use client::state::{Chat, Chats, peer_user};
use client::{Account, CallError, Client, Identity, Kept, Options};
use crypto::rsa::PublicKey;
use crypto::testing::hex;
use ids::Layer;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Where the device is.
enum Place {
    /// Connected, and keeping nothing yet.
    New(Client),
    /// Keeping its account.
    There(Account),
    /// Not connected.
    Away(Identity, Kept),
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, address, key, layer] = arguments.as_slice() else { panic!("device ADDRESS PUBLIC_KEY LAYER") };
    let address: SocketAddr = address.parse().expect("an address");
    let pem = std::fs::read_to_string(key).expect("the public key");
    let trusted = vec![PublicKey::from_pem(&pem).expect("a public key")];
    let layer = Layer(layer.parse().expect("a layer"));
    let options = Options { layer, ..Options::new(address, trusted) };

    let (sender, mut lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if sender.blocking_send(line.expect("a line")).is_err() {
                return;
            }
        }
    });
    let mut place = Place::New(Client::connect(options.clone()).await.expect("a connection"));
    loop {
        let line = tokio::select! {
            line = lines.recv() => line,
            () = follow(&mut place) => continue,
        };
        let Some(line) = line else { return };
        let order: Value = serde_json::from_str(&line).expect("an object");
        let (name, argument) = order.as_object().expect("an object").iter().next().expect("an order");
        let answer;
        (place, answer) = obey(place, &options, name, argument).await;
        writeln!(std::io::stdout(), "{answer}").expect("the driver reads");
    }
}

async fn follow(place: &mut Place) {
    match place {
        Place::There(account) => account.follow().await.expect("updates"),
        Place::New(_) | Place::Away(..) => std::future::pending().await,
    }
}

async fn obey(place: Place, options: &Options, name: &str, argument: &Value) -> (Place, Value) {
    match (place, name) {
        (mut place, "call") => {
            let query = hex(argument.as_str().expect("hex"));
            let answer = match &mut place {
                Place::New(client) => client.call_raw(query).await,
                Place::There(account) => account.call_raw(query).await.expect("an account"),
                Place::Away(..) => panic!("not connected"),
            };
            (place, told(answer))
        }
        (Place::New(client), "read") => {
            let me = argument.as_i64().expect("an id");
            (Place::There(Account::read(client, me).await.expect("an account")), json!({}))
        }
        (Place::There(account), "leave") => {
            let identity = account.identity().clone();
            (Place::Away(identity, account.leave().await), json!({}))
        }
        (Place::Away(identity, kept), "back") => {
            let client = loop {
                // The server may be on its way up.
                if let Ok(client) = Client::resume(options.clone(), identity.clone()).await {
                    break client;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            };
            (Place::There(Account::back(client, kept)), json!({}))
        }
        (Place::There(mut account), "show") => {
            let chats = shown(account.chats().await.expect("an account"));
            let shown = json!({ "pts": account.pts(), "chats": chats });
            (Place::There(account), shown)
        }
        (_, name) => panic!("there is no {name} here"),
    }
}

fn told(answer: Result<Vec<u8>, CallError>) -> Value {
    match answer {
        Ok(answer) => json!({ "answer": to_hex(&answer) }),
        Err(CallError::Rpc { code, name }) => json!({ "error": [code, name] }),
        Err(other) => panic!("{other}"),
    }
}

/// The chats in the form in which those of all clients are compared.
fn shown(chats: &Chats) -> Value {
    let one = |(user, chat): (&i64, &Chat)| {
        let is_own = *user == chats.me;
        let messages: BTreeMap<i32, Value> =
            chat.messages.iter().map(|(id, one)| (*id, message(one))).collect();
        let of = |out: bool, is_wanted: &dyn Fn(i32) -> bool| -> Vec<i32> {
            let all = messages.iter().filter(|(id, one)| !is_own && one["out"] == out && is_wanted(**id));
            all.map(|(id, _)| *id).collect()
        };
        let is_pinned = chats.pinned.get(chat.folder).is_some_and(|order| order.contains(user));
        let view = json!({
            "unread": of(false, &|id| id > chat.read_in),
            "read by the other": of(true, &|id| id <= chat.read_out),
            "draft": chat.draft,
            "marked": chat.is_marked,
            "archived": chat.folder == 1,
            "pinned": is_pinned,
            "timer": chat.timer_s,
            "messages": messages,
        });
        (user.to_string(), view)
    };
    chats.chats.iter().map(one).collect::<serde_json::Map<_, _>>().into()
}

fn message(message: &tl::Message) -> Value {
    match message {
        tl::Message::Message(one) => json!({
            "out": one.out,
            "service": false,
            "text": one.message,
            "marks": one.entities.iter().flatten().map(stretch).collect::<Vec<_>>(),
            "edited": one.edit_date.unwrap_or_default(),
            "reply": one.reply_to.as_ref().and_then(reply),
            "forward": one.fwd_from.as_ref().and_then(|tl::MessageFwdHeader::MessageFwdHeader(from)| {
                from.from_id.as_ref().and_then(peer_user)
            }),
            "reactions": one.reactions.as_ref().map(reactions).unwrap_or_default(),
            "pinned": one.pinned,
        }),
        tl::Message::MessageService(one) => json!({
            "out": one.out,
            "service": true,
            "text": null,
            "marks": [],
            "edited": 0,
            "reply": one.reply_to.as_ref().and_then(reply),
            "forward": null,
            "reactions": one.reactions.as_ref().map(reactions).unwrap_or_default(),
            "pinned": false,
        }),
        tl::Message::MessageEmpty { .. } => Value::Null,
    }
}

/// Offset and length; which kind it is the texts of this scenario do not ask.
fn stretch(entity: &tl::MessageEntity) -> Value {
    use tl::MessageEntity as Entity;
    let (offset, length) = match entity {
        Entity::InputMessageEntityMentionName(mention) => (&mention.offset, &mention.length),
        Entity::MessageEntityBankCard { offset, length }
        | Entity::MessageEntityBlockquote { offset, length, .. }
        | Entity::MessageEntityBold { offset, length }
        | Entity::MessageEntityBotCommand { offset, length }
        | Entity::MessageEntityCashtag { offset, length }
        | Entity::MessageEntityCode { offset, length }
        | Entity::MessageEntityCustomEmoji { offset, length, .. }
        | Entity::MessageEntityDiffDelete { offset, length }
        | Entity::MessageEntityDiffInsert { offset, length }
        | Entity::MessageEntityDiffReplace { offset, length, .. }
        | Entity::MessageEntityEmail { offset, length }
        | Entity::MessageEntityFormattedDate { offset, length, .. }
        | Entity::MessageEntityHashtag { offset, length }
        | Entity::MessageEntityItalic { offset, length }
        | Entity::MessageEntityMention { offset, length }
        | Entity::MessageEntityMentionName { offset, length, .. }
        | Entity::MessageEntityPhone { offset, length }
        | Entity::MessageEntityPre { offset, length, .. }
        | Entity::MessageEntitySpoiler { offset, length }
        | Entity::MessageEntityStrike { offset, length }
        | Entity::MessageEntityTextUrl { offset, length, .. }
        | Entity::MessageEntityTonAddress { offset, length }
        | Entity::MessageEntityUnderline { offset, length }
        | Entity::MessageEntityUnknown { offset, length }
        | Entity::MessageEntityUrl { offset, length } => (offset, length),
    };
    json!([offset, length])
}

fn reply(header: &tl::MessageReplyHeader) -> Option<Value> {
    match header {
        tl::MessageReplyHeader::MessageReplyHeader(header) => {
            Some(json!([header.reply_to_msg_id, header.quote_text.clone().unwrap_or_default()]))
        }
        tl::MessageReplyHeader::MessageReplyStoryHeader { .. } => None,
    }
}

fn reactions(all: &tl::MessageReactions) -> Vec<Value> {
    let tl::MessageReactions::MessageReactions(all) = all;
    let mut shown: Vec<(String, i32, bool)> = all
        .results
        .iter()
        .filter_map(|tl::ReactionCount::ReactionCount(one)| match &one.reaction {
            tl::Reaction::ReactionEmoji { emoticon } => {
                Some((emoticon.clone(), one.count, one.chosen_order.is_some()))
            }
            tl::Reaction::ReactionEmpty
            | tl::Reaction::ReactionCustomEmoji { .. }
            | tl::Reaction::ReactionPaid => None,
        })
        .collect();
    shown.sort();
    shown.into_iter().map(|one| json!(one)).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
