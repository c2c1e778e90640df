//! A friend's vault is lost, and another takes its place while people talk: nobody loses a word, what the lost one had opens
//! nothing with fewer than k others, and a server that is killed on the way goes on (docs/keys.md 6.6).
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use mtproto::handshake::NewKey;

use crate::admin::{admin, of_vault};
use crate::exhumed::{dig, opens_nothing};
use crate::peer::{Peer, Person};
use crate::process::{Folder, Server, copy, heliograph, wait_for};
use crate::vaults::{Friend, Friends, text};

const PEOPLE: [Person<'_>; 2] = [
    Person { phone: "9996676001", first_name: "ReplacedAlice", last_name: "" },
    Person { phone: "9996676002", first_name: "ReplacedBob", last_name: "" },
];

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 17, 20, number)
}

/// Two people who talk.
struct Talk {
    keys: Vec<NewKey>,
    to_bob: tl::InputPeer,
    said: i64,
}

impl Talk {
    fn begin(server: &Server) -> (Talk, Peer) {
        let mut peers: Vec<(Peer, NewKey)> = (1..)
            .zip(&PEOPLE)
            .map(|(number, person)| Peer::signed_up(server, address(number), person))
            .collect();
        let to_bob = peers[0].0.import(PEOPLE[1].phone);
        let keys = peers.iter().map(|(_, key)| key.clone()).collect();
        (Talk { keys, to_bob, said: 0 }, peers.remove(0).0)
    }

    fn say(&mut self, alice: &mut Peer) {
        self.said += 1;
        let message = tl::messages::SendMessage {
            peer: self.to_bob.clone(),
            message: format!("word {}", self.said),
            random_id: self.said,
            ..Default::default()
        };
        alice.call(&message).expect("an answer");
    }

    fn alice(&self, server: &Server) -> Peer {
        let mut alice = Peer::simple(server, address(11));
        alice.begin(&self.keys[0]);
        alice
    }

    /// All words that Alice has said are there for both of them.
    fn is_whole(&self, server: &Server) {
        for (number, key) in (21..).zip(&self.keys) {
            let mut peer = Peer::simple(server, address(number));
            peer.begin(key);
            let with = if number == 21 { self.to_bob.clone() } else { peer.import(PEOPLE[0].phone) };
            let history = tl::messages::GetHistory { peer: with, limit: 100, ..Default::default() };
            let history = wait_for("the history", || peer.call(&history).ok());
            let texts = format!("{:?}", words(&history));
            assert_eq!(
                texts,
                format!("{:?}", (1..=self.said).rev().map(|n| format!("word {n}")).collect::<Vec<_>>())
            );
        }
    }
}

fn words(history: &tl::messages::Messages) -> Vec<String> {
    let messages = match history {
        tl::messages::Messages::Messages(all) => &all.messages,
        tl::messages::Messages::MessagesSlice(some) => &some.messages,
        _ => panic!("no history"),
    };
    let text = |message: &tl::Message| match message {
        tl::Message::Message(message) => Some(message.message.clone()),
        _ => None,
    };
    messages.iter().filter_map(text).collect()
}

fn replace(server: &Server, old: &Friend, new: &Friend) -> Result<String, String> {
    let key = old.line.split(' ').nth(1).expect("a key");
    let output = heliograph()
        .args(["admin", "--data", text(&server.data()), "vaults", "replace", key, &new.line])
        .output()
        .expect("it runs");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
}

fn is_sharing(server: &Server) -> bool {
    admin(server, &["vaults"]).contains("\nshared anew since ")
}

/// A copy of what lies somewhere, beside it.
fn image(folder: &Path, name: &str) -> PathBuf {
    let to = folder.with_extension(name);
    copy(folder, &to);
    to
}

/// Red when all keys but one class are shared anew; and when shares keep their polynomial.
#[test]
fn p09_a_lost_vault_is_replaced_while_people_talk_and_what_it_had_opens_nothing_any_more() {
    let (Friends(mut friends), server) = Friends::serve(3);
    let (mut talk, mut alice) = Talk::begin(&server);
    talk.say(&mut alice);
    // One is lost; somebody has its folder.
    friends[1].kill();
    let lost = friends[1].folder.clone();
    let before = [image(&server.data(), "before"), image(&friends[0].folder, "before")];
    let found = dig([before[0].as_path()], &[&before[1], &lost]);
    assert!(found.counts.rows_opened > 50, "the look has no power");

    let server_key = friends[0].status();
    let server_key = server_key.lines().find_map(|line| line.strip_prefix("server ")).expect("its key");
    let new = Friend::new(server.folder.path(), 4, server_key);
    // What cannot be done is not, and says why.
    for (old, new, why) in
        [(&friends[0], &friends[2], "the same key"), (&new, &friends[0], "no vault has the key")]
    {
        let refused = replace(&server, old, new).expect_err("refused");
        assert!(refused.contains(why), "{refused}");
    }
    let said = replace(&server, &friends[1], &new).expect("replaced");
    assert!(said.starts_with("Vault 2 is the new one from now on."), "{said}");
    let refused = replace(&server, &friends[0], &friends[1]);
    assert!(refused.is_err());
    talk.say(&mut alice);
    wait_for("new shares of all keys", || {
        talk.say(&mut alice);
        (!is_sharing(&server)).then_some(())
    });
    let lines = of_vault(&server, 2);
    assert!(lines.contains(&format!("key {}", new.line.split(' ').nth(1).expect("a key"))), "{lines:?}");
    assert!(lines.contains(&"state here".to_owned()) && lines.contains(&"faults none".to_owned()));

    // What the lost one had, with one of the others as it is now, opens nothing of any time.
    let folder = server.stopped_by("TERM").folder;
    for other in [&friends[0].folder, &friends[2].folder, &new.folder] {
        for data in [&folder.data(), &before[0]] {
            opens_nothing(&dig([data.as_path()], &[&lost, other]));
        }
    }
    let found = dig([folder.data().as_path()], &[&friends[0].folder, &new.folder]);
    assert!(found.counts.rows_opened > 50, "two that are there open what lives");

    // The configuration may still name the lost one; the new one and one other are enough.
    friends[0].kill();
    let lines: Vec<String> = friends.iter().map(|friend| friend.line.clone()).collect();
    let named = lines.iter().flat_map(|line| ["--vault", line]);
    let server = Server::in_folder(folder, &["--dev"].into_iter().chain(named).collect::<Vec<_>>());
    talk.is_whole(&server);
    let mut alice = talk.alice(&server);
    talk.say(&mut alice);
    // One that was replaced does not come back.
    assert!(replace(&server, &friends[0], &friends[1]).expect_err("refused").contains("does not come back"));
}

/// Red when a start that finds the list with a newcomer does not go on.
#[test]
fn a_server_that_is_killed_while_keys_are_shared_anew_goes_on() {
    let (Friends(mut friends), mut server) = Friends::serve(3);
    let (mut talk, mut alice) = Talk::begin(&server);
    talk.say(&mut alice);
    let server_key = friends[0].status();
    let server_key =
        server_key.lines().find_map(|line| line.strip_prefix("server ")).expect("its key").to_owned();
    let lost = image(&friends[2].folder, "lost");
    friends[2].kill();
    let new = Friend::new(server.folder.path(), 4, &server_key);
    replace(&server, &friends[2], &new).expect("replaced");
    for _ in 0..5 {
        let folder: Folder = server.stopped_by("KILL").folder;
        server = Server::in_folder(folder, &["--dev"]);
        let mut alice = talk.alice(&server);
        talk.say(&mut alice);
    }
    wait_for("new shares of all keys", || (!is_sharing(&server)).then_some(()));
    talk.is_whole(&server);
    let folder = server.stopped_by("TERM").folder;
    for other in [&friends[0].folder, &friends[1].folder, &new.folder] {
        opens_nothing(&dig([folder.data().as_path()], &[&lost, other]));
    }
}
