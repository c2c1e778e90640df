//! Our own client against the real binary: it comes back, repeats what was lost, and each call has one answer.
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;

use client::{CallError, Carrier, Client, Ended, Identity, Options, Probe, UpdateError};
use mtproto::transport::Kind;
use support::process::Process;
use support::proxy::Proxy;
use support::{User, options, sign_up, start, within};
use tl::{Encode, Function, fields};

/// Two people who have each other's number; the first one connects through `through`.
async fn pair(server: &Process, through: Option<&Proxy>, pfs_s: Option<u32>) -> (User, User, tl::InputPeer) {
    let mut first = Options { pfs_s, ..options(server, 1) };
    if let Some(proxy) = through {
        first.address = proxy.address;
    }
    let alice = sign_up(server, first, 1).await;
    let bob = sign_up(server, options(server, 2), 2).await;
    let contact = fields::InputPhoneContact {
        phone: bob.person.phone.clone(),
        first_name: "Bob".into(),
        ..Default::default()
    };
    let import = tl::contacts::ImportContacts { contacts: vec![contact.into()] };
    let tl::contacts::ImportedContacts::ImportedContacts(imported) =
        within(alice.client.call(&import)).await.expect("an answer");
    let [tl::User::User(found)] = imported.users.as_slice() else { panic!("Bob is found") };
    let access_hash = found.access_hash.expect("a hash");
    (alice, bob, tl::InputPeer::InputPeerUser { user_id: found.id, access_hash })
}

fn text(peer: &tl::InputPeer, text: &str, random_id: i64) -> tl::messages::SendMessage {
    let (peer, message) = (peer.clone(), text.to_owned());
    tl::messages::SendMessage { peer, message, random_id, ..Default::default() }
}

/// Number and text of the messages in the next updates.
async fn heard(client: &Client) -> Vec<(i32, String)> {
    let updates = within(client.update()).await.expect("updates");
    let tl::Updates::Updates(updates) = updates else { return Vec::new() };
    let messages = updates.updates.iter().filter_map(|update| {
        let tl::Update::UpdateNewMessage(new) = update else { return None };
        let tl::Message::Message(message) = &new.message else { return None };
        Some((message.id, message.message.clone()))
    });
    messages.collect()
}

/// All texts of the history with `peer`, oldest first.
async fn history(client: &Client, peer: &tl::InputPeer) -> Vec<String> {
    let call = tl::messages::GetHistory { peer: peer.clone(), limit: 100, ..Default::default() };
    let tl::messages::Messages::Messages(all) = within(client.call(&call)).await.expect("a history") else {
        panic!("a whole history")
    };
    let texts = all.messages.iter().rev().map(|message| match message {
        tl::Message::Message(message) => message.message.clone(),
        tl::Message::MessageEmpty { .. } | tl::Message::MessageService(_) => String::new(),
    });
    texts.collect()
}

#[tokio::test]
async fn every_way_to_carry_bytes_works() {
    let server = start(&[]);
    let framings = [Kind::Abridged, Kind::Intermediate, Kind::Padded, Kind::Full];
    let mut number = 0;
    for (carrier, obfuscated) in [(Carrier::Tcp, false), (Carrier::Tcp, true), (Carrier::WebSocket, true)] {
        for framing in framings.into_iter().filter(|framing| !obfuscated || *framing != Kind::Full) {
            number += 1;
            let mut options = Options { carrier, framing, obfuscated, ..options(&server, number) };
            if carrier == Carrier::WebSocket {
                options.address = server.ready().http;
            }
            let client = within(Client::connect(options)).await.expect("a client");
            let called = within(client.call(&tl::help::GetConfig {})).await;
            assert!(called.is_ok(), "{carrier:?} {framing:?} {obfuscated}");
            within(client.ping()).await.expect("a pong");
            client.close().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_comes_again_and_the_call_ran_once() {
    let server = start(&[]);
    let proxy = Proxy::to(server.ready().mtproto).await;
    let (alice, bob, to_bob) = pair(&server, Some(&proxy), None).await;
    proxy.set_deaf(true);
    let send = text(&to_bob, "once", 1);
    let answer = alice.client.call(&send);
    let network = async {
        while !heard(&bob.client).await.iter().any(|(_, text)| text == "once") {}
        // The message is there, its sender does not know it.
        proxy.set_deaf(false);
        proxy.cut();
    };
    let (answer, ()) = within(async { tokio::join!(answer, network) }).await;
    assert!(answer.is_ok());
    assert_eq!(history(&alice.client, &to_bob).await, ["once"]);
}

#[tokio::test]
async fn calls_go_on_over_breaks_and_updates_are_not_lost() {
    let server = start(&[]);
    let (alice, bob, to_bob) = pair(&server, None, None).await;
    let said: Vec<_> = (1..=40).map(|number| format!("text {number}")).collect();
    let talk = async {
        for (number, line) in (1..).zip(&said) {
            if number % 7 == 0 {
                alice.client.cut().await.expect("a client that goes on");
            }
            if number % 5 == 0 {
                bob.client.cut().await.expect("a client that goes on");
            }
            alice.client.call(&text(&to_bob, line, number)).await.expect("an answer");
        }
    };
    let listen = async {
        let mut messages = Vec::new();
        while messages.len() < said.len() {
            messages.extend(heard(&bob.client).await);
        }
        // What was lost with a connection comes again after what was said later; numbers tell the order.
        messages.sort();
        messages
    };
    let ((), messages) = within(async { tokio::join!(talk, listen) }).await;
    let texts: Vec<_> = messages.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, said);
    assert_eq!(history(&alice.client, &to_bob).await, said);
}

#[tokio::test]
async fn many_calls_at_once_have_each_its_own_answer() {
    let server = start(&[]);
    let (alice, _bob, to_bob) = pair(&server, None, None).await;
    let alice = Arc::new(alice);
    let mut calls = tokio::task::JoinSet::new();
    for random_id in 1..=300 {
        let (alice, call) = (alice.clone(), text(&to_bob, "x", random_id));
        calls.spawn(async move { (random_id, alice.client.call(&call).await) });
    }
    while let Some(done) = within(calls.join_next()).await {
        let (wanted, answer) = done.expect("a task");
        let Ok(tl::Updates::Updates(answer)) = answer else { panic!("updates are answered") };
        let own = answer.updates.iter().any(
            |update| matches!(update, tl::Update::UpdateMessageID { random_id, .. } if *random_id == wanted),
        );
        assert!(own, "the answer of call {wanted}");
    }
}

#[tokio::test]
async fn a_temporary_key_that_is_dropped_is_replaced() {
    let server = start(&[]);
    let (alice, _bob, to_bob) = pair(&server, None, Some(3600)).await;
    let permanent = alice.client.permanent().clone();
    let options = Options { pfs_s: Some(3600), ..options(&server, 3) };
    let second = within(Client::resume(options, permanent.clone())).await.expect("a client");
    within(second.call(&tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] }))
        .await
        .expect("own user");
    let key = within(second.identity()).await.expect("a key").key.id();
    assert!(key != permanent.key.id(), "not the permanent one");
    let drop_others = tl::auth::DropTempAuthKeys { except_auth_keys: vec![key.0.cast_signed()] };
    assert!(within(second.call(&drop_others)).await.expect("an answer"));
    let before = within(alice.client.call(&text(&to_bob, "with a new key", 1))).await;
    assert!(before.is_ok(), "the call was made again under a new key");
    let third = within(alice.client.identity()).await.expect("a key").key.id();
    assert!(third != key && third != permanent.key.id());
}

#[tokio::test]
async fn a_client_whose_key_is_forgotten_ends_and_says_so() {
    let server = start(&[]);
    let alice = sign_up(&server, options(&server, 1), 1).await;
    let mut to = alice.client.options().clone();
    let identity = alice.client.permanent().clone();
    drop(server);
    // Another server, on a folder of its own, knows none of the keys.
    let server = start(&[]);
    to.address = server.ready().mtproto;
    let client = within(Client::resume(to, identity)).await.expect("a connection");
    let called = within(client.call(&tl::help::GetConfig {})).await;
    assert!(matches!(called, Err(CallError::Ended(Ended::KeyUnknown))));
    assert!(matches!(within(client.update()).await, Err(UpdateError::Ended(Ended::KeyUnknown))));
    assert_eq!(within(client.ping()).await, Err(Ended::KeyUnknown));
}

#[tokio::test]
async fn a_probe_speaks_for_a_login_and_sees_every_message() {
    let server = start(&[]);
    let alice = sign_up(&server, options(&server, 1), 1).await;
    let identity: Identity = within(alice.client.identity()).await.expect("a key");
    let mut probe = within(Probe::open(alice.client.options(), &identity)).await.expect("a connection");
    let said = probe.say(tl::users::GetUsers { id: vec![tl::InputUser::InputUserSelf] }.to_bytes(), true);
    let result = within(probe.result(&said)).await.expect("a result");
    type Users = <tl::users::GetUsers as Function>::Result;
    let users: Users = tl::Decode::from_bytes(&result).expect("users");
    assert!(matches!(users.as_slice(), [tl::User::User(own)] if own.id == alice.own.id));
    // The same bytes again are the same message: it is not run, and its answer comes again or not at all.
    let packet = probe.seal(&said);
    probe.wire.send(&packet);
    let next = probe.say(tl::help::GetNearestDc {}.to_bytes(), true);
    within(probe.result(&next)).await.expect("the connection goes on");
}
