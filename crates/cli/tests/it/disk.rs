//! R4 on the program: a disk that fails under it, or is full in the middle of a tick. The disk is the shim of the store's tests.
//!
//! Red when answers do not wait for the sync (`handlers::hold`), when `disk` does not set `failed`, or when a tick counts
//! boxes as done that a full vault or store has not taken.
use std::ffi::OsStr;
use std::net::Ipv4Addr;

use mtproto::client::CallError;
use mtproto::handshake::NewKey;
use tl::fields;

use crate::peer::{Peer, Person};
use crate::process::{Ended, Folder, Server, wait_for};
use crate::shim::shim;

const PEOPLE: [Person<'_>; 2] = [
    Person { phone: "9996674001", first_name: "A", last_name: "" },
    Person { phone: "9996674002", first_name: "B", last_name: "" },
];

/// A server whose folders are watched.
fn watched(folder: Folder) -> Server {
    let (root, orders) = (folder.path().to_owned(), folder.path().join("orders"));
    let variables: [(&str, &OsStr); 5] = [
        ("LD_PRELOAD", shim().as_os_str()),
        ("DISK_ROOT", root.as_os_str()),
        ("DISK_TRACE", root.as_os_str()),
        ("DISK_ORDERS", orders.as_os_str()),
        ("DISK_QUIET", OsStr::new("1")),
    ];
    Server::in_surroundings(folder, &["--dev"], &variables)
}

/// Says what happens to a folder of the server from its next call on.
fn order(server: &Server, order: &str) {
    let (next, orders) = (server.folder.path().join("orders.next"), server.folder.path().join("orders"));
    std::fs::write(&next, format!("{order}\n")).expect("a file");
    std::fs::rename(next, orders).expect("a file");
}

/// Two people who are signed up; the first knows the second.
struct Pair {
    keys: [NewKey; 2],
    to_bob: tl::InputPeer,
}

impl Pair {
    fn meet(server: &Server) -> Self {
        let keys = [0, 1].map(|at: usize| Peer::signed_up(server, address(at), &PEOPLE[at]).1);
        let to_bob = Self::connect(server, &keys[0]).import(PEOPLE[1].phone);
        Self { keys, to_bob }
    }

    fn connect(server: &Server, key: &NewKey) -> Peer {
        let mut peer = Peer::simple(server, address(0));
        peer.begin(key);
        peer
    }

    /// Sends a text; whether it was taken.
    fn send(&self, alice: &mut Peer, number: i64) -> bool {
        let send = tl::messages::SendMessage {
            peer: self.to_bob.clone(),
            message: format!("text {number}"),
            random_id: number,
            ..Default::default()
        };
        match alice.call(&send) {
            Ok(_) => true,
            Err(CallError::Rpc { code: 500, .. }) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// What Alice has sent, in the order of her messages.
    fn texts(&self, alice: &mut Peer) -> Vec<String> {
        let history =
            tl::messages::GetHistory { peer: self.to_bob.clone(), limit: 100, ..Default::default() };
        let tl::messages::Messages::Messages(found) = alice.call(&history).expect("a history") else {
            panic!("a whole history")
        };
        let text = |message: &tl::Message| match message {
            tl::Message::Message(message) => message.message.clone(),
            _ => panic!("only texts were sent"),
        };
        found.messages.iter().rev().map(text).collect()
    }
}

fn address(at: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 17, 21, u8::try_from(at).expect("a few") + 1)
}

/// Gives somebody in an address book another name, which is the end of the name before.
fn rename(alice: &mut Peer, name: &str) {
    let contact = fields::InputPhoneContact {
        phone: PEOPLE[1].phone.into(),
        first_name: name.into(),
        ..Default::default()
    };
    alice.call(&tl::contacts::ImportContacts { contacts: vec![contact.into()] }).expect("an answer");
}

fn healthz(server: &Server) -> String {
    server.http_get("/healthz", "")
}

/// The n-th sync from some moment on fails, once: it may be the one that a message waits for, or another.
#[test]
fn r4_a_sync_that_fails_once_ends_writing_and_loses_nothing_that_was_answered() {
    for n in 1..=3 {
        let server = watched(Folder::new());
        let pair = Pair::meet(&server);
        let mut alice = Pair::connect(&server, &pair.keys[0]);
        let mut taken: Vec<i64> = (1..=3).filter(|number| pair.send(&mut alice, *number)).collect();
        assert_eq!(taken.len(), 3);
        order(&server, &format!("data fail.fsync.{n}.5.1"));
        let refused = (4..40).find(|number| {
            let is_taken = pair.send(&mut alice, *number);
            taken.extend(is_taken.then_some(*number));
            !is_taken
        });
        let refused = refused.expect("a disk that fails refuses");
        let said = |server: &Server| healthz(server).starts_with("HTTP/1.1 503").then_some(());
        wait_for("the word that the disk has failed", || said(&server));
        // The sync would go well now; what the disk has forgotten it would not bring back.
        assert!(!pair.send(&mut alice, 50), "nothing is written before a restart");
        let Ended { stderr, folder, .. } = server.stopped_by("TERM");
        assert!(stderr.contains("The disk failed"), "{stderr}");

        let server = Server::in_folder(folder, &["--dev"]);
        assert!(healthz(&server).starts_with("HTTP/1.1 200"));
        let mut alice = Pair::connect(&server, &pair.keys[0]);
        let there = pair.texts(&mut alice);
        let text = |number: &i64| format!("text {number}");
        let wanted: Vec<String> = taken.iter().map(text).collect();
        let mut with_refused = wanted.clone();
        with_refused.push(text(&refused));
        assert!(
            there == wanted || there == with_refused,
            "the {n}th: {wanted:?} were answered, {there:?} are there"
        );
        assert!(pair.send(&mut alice, 60), "writing goes on");
    }
}

/// The vaults' disk is full from the n-th write of a tick on: the tick says that it is not final, and the next one with
/// space ends it. Nothing that lives is lost.
#[test]
fn r4_vaults_that_are_full_in_the_middle_of_a_tick_leave_it_open_and_lose_nothing() {
    let server = watched(Folder::new());
    let pair = Pair::meet(&server);
    let mut alice = Pair::connect(&server, &pair.keys[0]);
    assert!((1..=3).all(|number| pair.send(&mut alice, number)));
    server.shred();
    let mut open_ones = 0;
    for n in [1, 2, 3, 5, 8] {
        rename(&mut alice, &format!("Name {n}"));
        order(&server, &format!("data-vaults fail.write.{n}.28.1000000"));
        let (_, open) = server.shred();
        open_ones += u64::from(open > 0);
        order(&server, "data-vaults fail.write.0.28.0");
        let (done, open) = server.shred();
        assert!(open == 0, "the {n}th write: done {done}, open {open}");
        assert_eq!(server.shred(), (0, 0), "the {n}th write: nothing is left to be done");
    }
    assert!(open_ones > 1, "hardly a tick met the full disk: {open_ones}");
    let wanted = ["text 1", "text 2", "text 3"];
    assert_eq!(pair.texts(&mut alice), wanted);
    let server = Server::in_folder(server.stopped_by("TERM").folder, &["--dev"]);
    assert_eq!(pair.texts(&mut Pair::connect(&server, &pair.keys[0])), wanted);
}

/// The store's disk is full in the middle of a tick, from its n-th write on. Such a write may end writing until a restart;
/// after it the tick ends, and nothing that lives is lost.
#[test]
fn r4_a_store_that_is_full_in_the_middle_of_a_tick_ends_it_after_a_restart() {
    let mut folder = Folder::new();
    let mut pair: Option<Pair> = None;
    let mut open_ones = 0;
    for n in 1..=6 {
        let server = watched(folder);
        let pair = pair.get_or_insert_with(|| Pair::meet(&server));
        let mut alice = Pair::connect(&server, &pair.keys[0]);
        assert!(pair.send(&mut alice, n), "there is space again");
        rename(&mut alice, &format!("Name {n}"));
        order(&server, &format!("data fail.write.{n}.28.1000000"));
        let (_, open) = server.shred();
        open_ones += u64::from(open > 0);
        let server = Server::in_folder(server.stopped_by("TERM").folder, &["--dev"]);
        let (done, open) = server.shred();
        assert!(open == 0, "the {n}th write: done {done}, open {open}");
        let mut alice = Pair::connect(&server, &pair.keys[0]);
        let wanted: Vec<String> = (1..=n).map(|number| format!("text {number}")).collect();
        assert_eq!(pair.texts(&mut alice), wanted);
        folder = server.stopped_by("TERM").folder;
    }
    assert!(open_ones > 0, "no tick met the full disk");
}
