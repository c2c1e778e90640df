//! What logging in and out does to keys and sessions: row A16, and the keys of docs api/pfs.
//!
//! Red without `end_sessions` in `effects::sign_in_or_out`, `take_out` before `destroyed` in `keys::tell_destroyed`, or
//! `wanted` in `turn::subscribe`.
use std::net::Ipv4Addr;

use mtproto::client::{CallError, Output};

use crate::peer::{HERE, PERMANENT, Peer, Person};
use crate::process::{Server, wait_for};

const ALICE: Person<'_> = Person { phone: "9996671001", first_name: "A", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996671002", first_name: "B", last_name: "" };

fn refused_with(answer: Result<impl Sized, CallError>, wanted: &str) {
    match answer {
        Err(CallError::Rpc { code: 401, name }) => assert_eq!(name, wanted),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("answered"),
    }
}

fn text(to: tl::InputPeer, message: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer: to, message: message.into(), random_id, ..Default::default() }
}

#[test]
fn a16_a_login_leaves_nothing_of_earlier_sessions_of_the_key() {
    let server = Server::start();
    let mut alice = Peer::simple(&server, HERE);
    let key = alice.make_key(PERMANENT).expect("a key");
    alice.begin(&key);
    alice.call(&tl::help::GetConfig {}).expect("an answer");
    // Somebody who knows the key has a session ready before its owner logs in.
    let mut attacker = Peer::simple(&server, Ipv4Addr::new(127, 6, 6, 6));
    attacker.begin(&key);
    refused_with(attacker.call(&tl::updates::GetState {}), "AUTH_KEY_UNREGISTERED");
    alice.sign_up(&server, &ALICE);
    let mut bob = Peer::introduced(&server, Ipv4Addr::new(127, 6, 6, 7));
    bob.sign_up(&server, &BOB);
    let to = bob.import(ALICE.phone);
    bob.call(&text(to, "hello", 1)).expect("the message is taken");
    assert!(matches!(alice.update(), tl::Updates::Updates(_)), "the session that logged in hears of it");
    // The old session is unknown: its next call begins a new one, and it was told nothing before.
    attacker.sessions_begun = 0;
    attacker.call(&tl::help::GetConfig {}).expect("an answer");
    assert_eq!(attacker.sessions_begun, 1);
    assert!(attacker.updates.is_empty());
}

#[test]
fn a16_a_log_out_takes_effect_on_every_session_of_the_key() {
    let server = Server::start();
    let mut alice = Peer::simple(&server, HERE);
    let key = alice.make_key(PERMANENT).expect("a key");
    alice.begin(&key);
    alice.sign_up(&server, &ALICE);
    let mut second = Peer::simple(&server, HERE);
    second.begin(&key);
    second.call(&tl::updates::GetState {}).expect("a state: the key is logged in");
    assert!(server.metrics().contains("heliograph_users 1"));
    alice.call(&tl::auth::LogOut {}).expect("logged out");
    refused_with(alice.call(&tl::updates::GetState {}), "AUTH_KEY_UNREGISTERED");
    refused_with(second.call(&tl::updates::GetState {}), "AUTH_KEY_UNREGISTERED");
    wait_for("no subscription", || server.metrics().contains("heliograph_users 0").then_some(()));
}

#[test]
fn a_destroyed_key_is_unknown_on_every_connection() {
    let server = Server::start();
    let mut peer = Peer::simple(&server, HERE);
    let key = peer.make_key(PERMANENT).expect("a key");
    peer.begin(&key);
    peer.call(&tl::help::GetConfig {}).expect("an answer");
    let mut other = Peer::simple(&server, HERE);
    other.begin(&key);
    other.call(&tl::help::GetConfig {}).expect("an answer");
    peer.destroy_key();
    for mut peer in [peer, other] {
        let packet = peer.sealed_call(&tl::help::GetConfig {});
        peer.conn.send(&packet, &mut client::OsRng);
        assert!(matches!(peer.next(), Ok(Output::ServerError(-404))));
    }
}

#[test]
fn a_session_that_wants_no_updates_is_told_none() {
    let server = Server::start();
    let mut alice = Peer::simple(&server, HERE);
    let key = alice.make_key(PERMANENT).expect("a key");
    alice.begin(&key);
    alice.sign_up(&server, &ALICE);
    let mut quiet = Peer::simple(&server, HERE);
    quiet.begin(&key);
    quiet.call_without_updates(&tl::updates::GetState {}).expect("a state");
    let mut bob = Peer::introduced(&server, Ipv4Addr::new(127, 6, 6, 8));
    bob.sign_up(&server, &BOB);
    let to = bob.import(ALICE.phone);
    bob.call(&text(to.clone(), "one", 1)).expect("the message is taken");
    assert!(matches!(alice.update(), tl::Updates::Updates(_)), "the other session hears of it");
    // A push would be here before the answer to a later call.
    quiet.call_without_updates(&tl::updates::GetState {}).expect("a state");
    assert!(quiet.updates.is_empty());
    quiet.call(&tl::updates::GetState {}).expect("a state: from now on it wants updates");
    bob.call(&text(to, "two", 2)).expect("the message is taken");
    assert!(matches!(quiet.update(), tl::Updates::Updates(_)));
}
