//! What a client may say that makes no sense, and what it is told: each row is one call, made to the real program, and the error
//! that the documentation names for it. After all of them nobody has gained or lost anything, and a proper call works.
//!
//! The rows stand in `bad_rows.rs`, the texts that must arrive as they are in this file. Errors of the methods' pages and of
//! <https://core.telegram.org/api/errors>; where those name none, what is bounded instead is said in the row.
use std::net::Ipv4Addr;

use mtproto::client::CallError;
use tl::Encode;

use crate::bad_rows::{Row, rows};
use crate::peer::{PERMANENT, Peer, Person};
use crate::process::Server;

const ALICE: Person<'_> = Person { phone: "9996678001", first_name: "A", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996678002", first_name: "B", last_name: "" };
const CAROL: Person<'_> = Person { phone: "9996678003", first_name: "C", last_name: "" };

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 7, 13, number)
}

/// An answer in the words of the table.
pub(crate) fn said<T>(answer: Result<T, CallError>) -> String {
    match answer {
        Ok(_) => "accepted".to_owned(),
        Err(CallError::Rpc { code, name }) => format!("{code} {name}"),
        Err(other) => format!("{other:?}"),
    }
}

pub(crate) fn text(peer: &tl::InputPeer, text: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer: peer.clone(), message: text.into(), random_id, ..Default::default() }
}

/// All messages of a dialog, the newest first.
fn history(of: &mut Peer, with: &tl::InputPeer) -> Vec<tl::fields::Message> {
    let page = tl::messages::GetHistory { peer: with.clone(), limit: 100, ..Default::default() };
    let messages = match of.call(&page).expect("a history") {
        tl::messages::Messages::Messages(history) => history.messages,
        tl::messages::Messages::MessagesSlice(history) => history.messages,
        _ => panic!("no history"),
    };
    let full = messages.into_iter().map(|message| match message {
        tl::Message::Message(message) => *message,
        _ => panic!("no message"),
    });
    full.collect()
}

/// How far a box has come: whatever was refused left no trace in it.
fn stands_at(of: &mut Peer) -> i32 {
    let tl::updates::State::State { pts, .. } = of.call(&tl::updates::GetState {}).expect("a state");
    pts
}

#[test]
fn each_call_that_makes_no_sense_gets_its_error_and_changes_nothing() {
    let server = Server::start();
    let (mut alice, _) = Peer::signed_up(&server, address(1), &ALICE);
    let (mut bob, _) = Peer::signed_up(&server, address(2), &BOB);
    let (mut carol, _) = Peer::signed_up(&server, address(3), &CAROL);
    let (bob_of_alice, alice_of_bob) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    let (carol_of_bob, bob_of_carol) = (bob.import(CAROL.phone), carol.import(BOB.phone));
    alice.call(&text(&bob_of_alice, "from Alice", 1)).expect("a message");
    bob.call(&text(&alice_of_bob, "from Bob", 2)).expect("a message");
    bob.call(&text(&carol_of_bob, "not for Alice", 3)).expect("a message");
    let [theirs, mine] = [0, 1].map(|at| history(&mut alice, &bob_of_alice)[at].id);
    let foreign = history(&mut carol, &bob_of_carol)[0].id + 50;
    let before = [&mut alice, &mut bob, &mut carol].map(stands_at);

    let known = crate::bad_rows::Known { bob: bob_of_alice.clone(), carol_of_bob, mine, theirs, foreign };
    let mut wrong = Vec::new();
    for Row { what, ask, wanted } in rows(&known) {
        let told = ask(&mut alice);
        if told != wanted {
            wrong.push(format!("{what}: {told} instead of {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!([&mut alice, &mut bob, &mut carol].map(stands_at), before, "something was done after all");
    alice.call(&text(&bob_of_alice, "and a good one", 4)).expect("a message");
    assert_eq!(history(&mut bob, &alice_of_bob).len(), 3);
}

/// Texts that people really write, and some that nobody does: what is taken arrives byte for byte, on both sides.
#[test]
fn texts_of_every_script_arrive_as_they_were_sent() {
    let server = Server::start();
    let (mut alice, _) = Peer::signed_up(&server, address(4), &ALICE);
    let (mut bob, _) = Peer::signed_up(&server, address(5), &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    let longest =
        ["x".repeat(4096), "\u{1f600}".repeat(2048), "\u{fb}".repeat(4096), "\u{2028}x".repeat(2048)];
    let texts = [
        "a",
        "  blanks around  ",
        "a line\nand another\r\n\tindented",
        "\0 in front of it, \0 in it, and behind it \0",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} abc \u{645}\u{631}\u{62d}\u{628}\u{627}",
        "\u{202e}turned round\u{202c} \u{2066}apart\u{2069} \u{200f}",
        "e\u{301}\u{323} \u{e9} a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} \u{1f3f4}\u{e0067}\u{e0062}\u{e007f}",
        "\u{1f1e6}\u{1f1f9} \u{2764}\u{fe0f}\u{200d}\u{1f525} \u{1f44d}\u{1f3fd}",
        "\u{4f60}\u{597d} \u{e2a}\u{e27}\u{e31}\u{e2a}\u{e14}\u{e35} \u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}",
        "\u{feff}\u{200b}\u{2060}",
        "\u{fffd}\u{ffff}\u{10ffff}",
    ];
    let all: Vec<&str> = texts.iter().copied().chain(longest.iter().map(String::as_str)).collect();
    for (random_id, one) in (1..).zip(&all) {
        assert_eq!(said(alice.call(&text(&to_bob, one, random_id))), "accepted", "{one:?}");
    }
    for (of, with) in [(&mut alice, &to_bob), (&mut bob, &to_alice)] {
        let arrived: Vec<String> =
            history(of, with).into_iter().rev().map(|message| message.message).collect();
        assert!(arrived == all, "a text has changed on its way");
    }
    // Strings that are no text at all: half of a surrogate pair as some programs write it, an overlong NUL, a cut character.
    for bytes in [&b"\xed\xa0\x80"[..], b"\xc0\x80x", b"xx\xe2", b"\xff\xfe\xfd"] {
        let place = "?".repeat(bytes.len());
        let mut body = text(&to_bob, &place, 99).to_bytes();
        let at = body.windows(bytes.len()).position(|window| window == place.as_bytes()).expect("the text");
        body.splice(at..at + bytes.len(), bytes.iter().copied());
        let told = said(alice.call_spoiled::<tl::messages::SendMessage>(body));
        assert_eq!(told, "400 INPUT_FETCH_ERROR");
    }
    assert_eq!(history(&mut bob, &to_alice).len(), all.len());
}

/// T7: a random id is of its user, whichever session says it again, and a kill forgets none.
#[test]
fn t7_a_random_id_is_one_message_in_every_session_and_over_kills() {
    let mut server = Server::start();
    let (mut alice, alice_key) = Peer::signed_up(&server, address(6), &ALICE);
    let (mut bob, bob_key) = Peer::signed_up(&server, address(7), &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    let mut tablet = Peer::simple(&server, address(8));
    let tablet_key = tablet.make_key(PERMANENT).expect("a key");
    tablet.begin(&tablet_key);
    tablet.sign_in(&server, ALICE.phone);
    for round in 1..=3 {
        alice.call(&text(&to_bob, "once", round)).expect("a message");
        let ids: Vec<i32> = history(&mut alice, &to_bob).iter().map(|message| message.id).collect();
        assert_eq!(ids.len(), usize::try_from(round).expect("a count"));
        // Another session of hers says it, with other words, to him and to herself: it was said.
        for peer in [&to_bob, &tl::InputPeer::InputPeerSelf] {
            assert_eq!(said(tablet.call(&text(peer, "twice", round))), "accepted");
        }
        let ended = server.stopped_by("KILL");
        server = Server::in_folder(ended.folder, &["--dev"]);
        [alice, bob, tablet] = [(9, &alice_key), (10, &bob_key), (11, &tablet_key)].map(|(number, key)| {
            let mut peer = Peer::simple(&server, address(number));
            peer.begin(key);
            peer
        });
        for peer in [&mut alice, &mut tablet] {
            assert_eq!(said(peer.call(&text(&to_bob, "after the kill", round))), "accepted");
        }
        assert_eq!(history(&mut tablet, &to_bob).iter().map(|message| message.id).collect::<Vec<_>>(), ids);
        assert!(history(&mut alice, &tl::InputPeer::InputPeerSelf).is_empty());
        let theirs = history(&mut bob, &to_alice);
        assert!(theirs.len() == ids.len() && theirs.iter().all(|message| message.message == "once"));
    }
    // The numbers are each user's own.
    bob.call(&text(&to_alice, "his own", 1)).expect("a message");
    assert_eq!(history(&mut alice, &to_bob).len(), 4);
}
