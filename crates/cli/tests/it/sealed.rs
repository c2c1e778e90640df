//! P17, P33 and P37 from outside, on a server whose vaults go away and come back: who is warm goes on, who is cold is told
//! to come again, and nothing that was deleted is said to be gone before the vaults have said so.
//!
//! Red when `Waiting::over` lets nobody go before his keys come, when `Tries::may_ask` always says yes, or when a tick
//! counts boxes as done that it could not commit.
use std::net::Ipv4Addr;
use std::path::PathBuf;

use mtproto::client::CallError;
use mtproto::handshake::client::Wanted;
use tl::fields;

use crate::peer::{PERMANENT, Peer, Person};
use crate::process::Server;

const PEOPLE: [Person<'_>; 3] = [
    Person { phone: "9996672001", first_name: "A", last_name: "" },
    Person { phone: "9996672002", first_name: "B", last_name: "" },
    Person { phone: "9996672003", first_name: "C", last_name: "" },
];
fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 17, 17, number + 1)
}

fn text(to: &tl::InputPeer, message: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer: to.clone(), message: message.into(), random_id, ..Default::default() }
}

/// Gives somebody in an address book another name, which is the end of the name before.
fn rename(person: &Person<'_>, first_name: &str) -> tl::contacts::ImportContacts {
    let contact = fields::InputPhoneContact {
        phone: person.phone.into(),
        first_name: first_name.into(),
        ..Default::default()
    };
    tl::contacts::ImportContacts { contacts: vec![contact.into()] }
}

/// In how many seconds all waits for keys were over, as far as the histogram knows, and how many there were.
pub(crate) fn key_waits(server: &Server) -> (f64, u64) {
    let metrics = server.metrics();
    let buckets: Vec<(f64, u64)> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("heliograph_key_wait_seconds_bucket{le=\""))
        .filter_map(|line| line.split_once("\"} "))
        .map(|(le, count)| (le.parse().unwrap_or(f64::INFINITY), count.parse().expect("a number")))
        .collect();
    let (_, all) = *buckets.last().expect("a histogram");
    let (longest_s, _) = *buckets.iter().find(|(_, count)| *count == all).expect("the last one holds all");
    (longest_s, all)
}

/// Takes two vaults away, or brings them back.
fn move_vaults(server: &Server, (from, to): (&str, &str)) {
    let place = |name: &str| -> PathBuf { server.folder.path().join("data-vaults").join(name) };
    for number in [2, 3] {
        std::fs::rename(place(&format!("{from}{number}")), place(&format!("{to}{number}")))
            .expect("a folder");
    }
}

#[test]
fn p17_p37_without_a_quorum_the_warm_go_on_the_cold_wait_two_seconds_and_nothing_is_called_final() {
    let wanted: Wanted = PERMANENT;
    let server = Server::start();
    let keys: Vec<_> = (0..)
        .zip(&PEOPLE)
        .map(|(number, person)| {
            let mut peer = Peer::simple(&server, address(number));
            let key = peer.make_key(wanted).expect("a key");
            peer.begin(&key);
            peer.sign_up(&server, person);
            key
        })
        .collect();
    let server = Server::in_folder(server.stopped_by("TERM").folder, &["--dev"]);
    let connect = |number: u8| {
        let mut peer = Peer::simple(&server, address(number));
        peer.begin(&keys[usize::from(number)]);
        peer
    };
    let (mut alice, mut bob) = (connect(0), connect(1));
    let (to_bob, to_carol) = (alice.import(PEOPLE[1].phone), alice.import(PEOPLE[2].phone));
    bob.call(&tl::updates::GetState {}).expect("Bob is warm");
    alice.call(&text(&to_bob, "with all vaults", 1)).expect("an answer");

    let mut another = Peer::introduced(&server, address(3));
    let sign_in = another.asks_code(&server, PEOPLE[0].phone);
    move_vaults(&server, ("", "away-"));
    alice.call(&text(&to_bob, "with one vault", 2)).expect("both are warm");
    match another.call(&sign_in) {
        Err(CallError::Rpc { code: 500, .. }) => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("another device is logged in under a key that no vault has"),
    }
    alice.call(&rename(&PEOPLE[1], "Another")).expect("a deletion waits for its vaults");
    match alice.call(&text(&to_carol, "to somebody cold", 3)) {
        Err(CallError::Rpc { code: 500, .. }) => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("Carol's keys are with the vaults"),
    }
    let mut carol = connect(2);
    let packet = carol.sealed_call(&tl::updates::GetState {});
    carol.send_at_once(&[packet]);
    assert!(carol.next().is_err(), "her key is with the vaults too");
    // As the server measured it. They end after 1.7 s; a busy machine adds to that, and much more to what a client sees.
    let (longest_s, all) = key_waits(&server);
    assert!(all >= 2 && longest_s <= 3.0, "{all} waits, the longest over {longest_s} s or nearly");
    let (done, open) = server.shred();
    assert!(done == 0 && open > 0, "done {done}, open {open}");

    move_vaults(&server, ("away-", ""));
    let mut carol = connect(2);
    carol.call(&tl::updates::GetState {}).expect("she is back");
    alice.call(&text(&to_carol, "to somebody cold", 3)).expect("an answer");
    let (done, open) = server.shred();
    assert!(done > 0 && open == 0, "done {done}, open {open}");
    assert_eq!(server.shred(), (0, 0), "nothing is left to be done");
    let ended = server.stopped_by("TERM");
    assert!(!ended.stderr.contains(" error "), "{}", ended.stderr);
}

#[test]
fn a_server_without_a_quorum_listens_and_answers_nobody_until_it_has_one() {
    let ended = Server::start().stopped_by("TERM");
    let vaults = ended.folder.path().join("data-vaults");
    for number in ["2", "3"] {
        std::fs::rename(vaults.join(number), vaults.join(format!("away-{number}"))).expect("a folder");
    }
    let folder = ended.folder.path().to_owned();
    let back = std::thread::spawn(move || {
        let stderr = folder.join("stderr");
        let sealed = || std::fs::read_to_string(&stderr).ok()?.contains("Sealed: too few").then_some(());
        crate::process::wait_for("the word that it is sealed", sealed);
        assert!(!folder.join("ready.json").exists(), "it is not ready");
        for number in ["2", "3"] {
            std::fs::rename(vaults.join(format!("away-{number}")), vaults.join(number)).expect("a folder");
        }
    });
    let server = Server::in_folder(ended.folder, &["--dev"]);
    back.join().expect("the vaults are back");
    assert!(Peer::simple(&server, address(9)).make_key(PERMANENT).is_some());
}
