//! P32 on the real program: a message whose time is over is gone on both sides, whoever is there, also after a kill; so do
//! polls end.
//!
//! Red when the end is ordered for one side's copy alone (`breaches`), and without `end_messages` in `Desk::run_errands`.
use std::net::Ipv4Addr;

use mtproto::client::CallError;

use crate::peer::{Peer, Person};
use crate::process::{Server, wait_for};

const ALICE: Person<'_> = Person { phone: "9996675001", first_name: "A", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996675002", first_name: "B", last_name: "" };
const PERIOD_S: i32 = 2;

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 7, 10, number)
}

fn say(from: &mut Peer, to: &tl::InputPeer, text: &str, random_id: i64) {
    let message =
        tl::messages::SendMessage { peer: to.clone(), message: text.into(), random_id, ..Default::default() };
    from.call(&message).expect("an answer");
}

/// The texts of a dialog; none when the keys are on their way.
fn texts(of: &mut Peer, with: &tl::InputPeer) -> Option<Vec<String>> {
    let page = tl::messages::GetHistory { peer: with.clone(), limit: 100, ..Default::default() };
    let history = match of.call(&page) {
        Ok(tl::messages::Messages::Messages(history)) => history,
        Ok(_) => panic!("not the whole history"),
        Err(CallError::Rpc { code: 500, .. }) => return None,
        Err(other) => panic!("{other:?}"),
    };
    let text = |message| match message {
        tl::Message::Message(message) => Some(message.message),
        _ => None,
    };
    Some(history.messages.into_iter().filter_map(text).collect())
}

fn wait_until_gone(who: &str, of: &mut Peer, with: &tl::InputPeer) {
    wait_for(&format!("the end of {who} copy"), || texts(of, with)?.is_empty().then_some(()));
}

/// Waits until the session was told that messages went.
fn hear_of_it(peer: &mut Peer) {
    loop {
        let tl::Updates::Updates(told) = peer.update() else { continue };
        if told.updates.iter().any(|update| matches!(update, tl::Update::UpdateDeleteMessages { .. })) {
            return;
        }
    }
}

#[test]
fn p32_a_timer_ends_both_copies_whoever_is_there_and_after_a_kill() {
    let server = Server::start();
    let (mut alice, alice_key) = Peer::signed_up(&server, address(1), &ALICE);
    let (mut bob, bob_key) = Peer::signed_up(&server, address(2), &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    let timer = tl::messages::SetHistoryTTL { peer: to_bob.clone(), period: PERIOD_S };
    alice.call(&timer).expect("a timer");
    say(&mut alice, &to_bob, "for two seconds", 1);
    assert_eq!(texts(&mut bob, &to_alice).expect("a history"), ["for two seconds"]);
    wait_until_gone("the writer's", &mut alice, &to_bob);
    wait_until_gone("the other", &mut bob, &to_alice);
    hear_of_it(&mut alice);
    hear_of_it(&mut bob);

    say(&mut bob, &to_alice, "over a kill", 2);
    let ended = server.stopped_by("KILL");
    let server = Server::in_folder(ended.folder, &["--dev"]);
    let (mut alice, mut bob) = (Peer::simple(&server, address(3)), Peer::simple(&server, address(4)));
    alice.begin(&alice_key);
    wait_until_gone("the reader's", &mut alice, &to_bob);
    bob.begin(&bob_key);
    wait_until_gone("the absent", &mut bob, &to_alice);
}

/// Waits until the newest message of a dialog is a poll that has ended.
fn wait_until_ended(who: &str, of: &mut Peer, with: &tl::InputPeer) {
    let page = tl::messages::GetHistory { peer: with.clone(), limit: 1, ..Default::default() };
    wait_for(&format!("the end of {who} poll"), || {
        let messages = match of.call(&page) {
            Ok(tl::messages::Messages::Messages(history)) => history.messages,
            Ok(tl::messages::Messages::MessagesSlice(history)) => history.messages,
            Ok(_) => panic!("no history"),
            Err(CallError::Rpc { code: 500, .. }) => return None,
            Err(other) => panic!("{other:?}"),
        };
        let tl::Message::Message(message) = messages.first()? else { return None };
        let Some(tl::MessageMedia::MessageMediaPoll(media)) = &message.media else { return None };
        let tl::Poll::Poll(poll) = &media.poll;
        poll.closed.then_some(())
    });
}

#[test]
fn a_poll_ends_at_its_time_on_both_sides_after_a_kill() {
    let server = Server::start();
    let (mut alice, alice_key) = Peer::signed_up(&server, address(5), &ALICE);
    let (mut bob, bob_key) = Peer::signed_up(&server, address(6), &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    let words = |text: &str| tl::fields::TextWithEntities { text: text.into(), entities: Vec::new() };
    let answer = |text: &str| tl::fields::InputPollAnswer { text: words(text).into(), media: None }.into();
    let poll = tl::fields::Poll {
        question: words("Now?").into(),
        answers: vec![answer("Yes"), answer("No")],
        close_period: Some(5),
        ..Default::default()
    };
    let media = tl::fields::InputMediaPoll { poll: poll.into(), ..Default::default() }.into();
    let send = tl::messages::SendMedia { peer: to_bob.clone(), media, random_id: 1, ..Default::default() };
    alice.call(&send).expect("a poll");

    let ended = server.stopped_by("KILL");
    let server = Server::in_folder(ended.folder, &["--dev"]);
    let (mut alice, mut bob) = (Peer::simple(&server, address(7)), Peer::simple(&server, address(8)));
    alice.begin(&alice_key);
    wait_until_ended("the asker's", &mut alice, &to_bob);
    bob.begin(&bob_key);
    wait_until_ended("the other", &mut bob, &to_alice);
}
