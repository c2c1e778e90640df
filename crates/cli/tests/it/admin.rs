//! What an operator asks of a running server: how the vaults are, and that no verb answers with anything of a user (P03).
use std::net::Ipv4Addr;

use crate::peer::{Peer, Person};
use crate::process::{Server, heliograph, wait_for};
use crate::vaults::{Friends, say, text};

const ALICE: Person<'_> = Person { phone: "9996674001", first_name: "Quetzalcoatl", last_name: "Xanthippe" };
const BOB: Person<'_> = Person { phone: "9996674002", first_name: "Nebuchadnezzar", last_name: "Yggdrasil" };
const SECRET: &str = "the owls are not what they seem";

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 17, 19, number)
}

pub(crate) fn admin(server: &Server, words: &[&str]) -> String {
    say(&[&["admin", "--data", text(&server.data())], words].concat())
}

/// What is said of one vault, as lines.
pub(crate) fn of_vault(server: &Server, number: usize) -> Vec<String> {
    let said = admin(server, &["vaults"]);
    let part = said.split("\n\n").nth(number).expect("a part for each vault");
    assert!(part.starts_with(&format!("vault {number}\n")), "{said}");
    part.lines().map(|line| line.trim().to_owned()).collect()
}

/// Waits until this is said of a vault.
fn hear(server: &Server, number: usize, beginning: &str) -> Vec<String> {
    wait_for(beginning, || {
        let lines = of_vault(server, number);
        lines.iter().any(|line| line.starts_with(beginning)).then_some(lines)
    })
}

fn number_after(lines: &[String], before: &str) -> u64 {
    let line = lines.iter().find_map(|line| line.strip_prefix(before)).expect("a line");
    line.parse().expect("a number")
}

/// Somebody comes, and goes: each vault is asked to keep a key, and then to destroy it.
fn come_and_go(server: &Server, number: u8) {
    let phone = format!("99966741{number:02}");
    let (mut peer, _) = Peer::signed_up(server, address(number), &Person { phone: &phone, ..BOB });
    peer.call(&tl::auth::LogOut {}).expect("an answer");
}

/// Red when `Exchange` does not note who answered, who did not, and what was named.
#[test]
fn the_operator_sees_which_vault_is_away_and_which_was_put_back() {
    let (mut friends, server) = Friends::serve(3);
    come_and_go(&server, 1);
    for (number, friend) in (1..).zip(&friends.0) {
        let lines = hear(&server, number, "receipts 1, the last at commit ");
        let line: Vec<&str> = friend.line.split(' ').collect();
        for fact in [
            format!("jurisdiction {}", line[0]),
            format!("key {}", line[1]),
            format!("address {}", line[2]),
            "state here".to_owned(),
            "behind in 0 boxes".to_owned(),
            "faults none".to_owned(),
        ] {
            assert!(lines.contains(&fact), "{fact}: {lines:?}");
        }
        let (all, signed) = ("commits ", "receipts 1, the last at commit ");
        assert!(number_after(&lines, all) >= number_after(&lines, signed));
    }
    assert!(admin(&server, &["vaults"]).starts_with("vaults 3, of which 2 open a key\n"));

    // One is killed, and its folder copied.
    let (mut alice, _) = Peer::signed_up(&server, address(2), &ALICE);
    let (mut bob, _) = Peer::signed_up(&server, address(3), &BOB);
    friends.0[1].kill();
    friends.0[1].keep_aside();
    alice.call(&tl::auth::LogOut {}).expect("an answer");
    hear(&server, 2, "state away");
    assert!(of_vault(&server, 1).contains(&"state here".to_owned()));

    // It comes back, signs for something, and is put back to what it was.
    friends.0[1].serve();
    wait_for("its link", || friends.0[1].status().contains("\nconnections 1\n").then_some(()));
    come_and_go(&server, 4);
    hear(&server, 2, "receipts 2,");
    friends.0[1].kill();
    friends.0[1].put_back();
    friends.0[1].serve();
    wait_for("its link", || friends.0[1].status().contains("\nconnections 1\n").then_some(()));
    bob.call(&tl::auth::LogOut {}).expect("an answer");
    hear(&server, 2, "faults rolled-back");
    assert!(of_vault(&server, 1).contains(&"faults none".to_owned()));
}

/// What `heliograph WORDS --help` names under "Commands:".
fn commands(words: &[&str]) -> Vec<String> {
    let help = say(&[words, &["--help"]].concat());
    let listed = help.split("Commands:\n").nth(1).unwrap_or_default();
    let listed = listed.split("\n\n").next().unwrap_or_default().lines();
    let names = listed.filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    names.filter(|name| name != "help").collect()
}

/// Red when there is a verb that is not in the table, at either end; and when one says a name.
#[test]
fn p03_no_verb_of_the_operator_tells_anything_of_a_user() {
    // What this test runs. Whoever adds a verb adds it here, and with it what the verb is asked.
    let old = "00".repeat(32);
    let replace = ["vaults", "replace", &old, "IS", &old, "vault.example.is:1"];
    let table: &[&[&str]] = &[&["verbs"], &["vaults"], &replace];
    let server = Server::start();
    let (mut alice, _) = Peer::signed_up(&server, address(11), &ALICE);
    let (mut bob, _) = Peer::signed_up(&server, address(12), &BOB);
    let to_bob = alice.import(BOB.phone);
    let message = tl::messages::SendMessage {
        peer: to_bob,
        message: SECRET.into(),
        random_id: 1,
        ..Default::default()
    };
    alice.call(&message).expect("an answer");
    let ids = [alice.own_id(), bob.own_id()].map(|id| id.to_string());
    let planted = [ALICE, BOB].map(|person| [person.phone, person.first_name, person.last_name]);
    let planted: Vec<&str> = planted
        .as_flattened()
        .iter()
        .copied()
        .chain([SECRET])
        .chain(ids.iter().map(String::as_str))
        .collect();

    let verbs: Vec<String> = admin(&server, &["verbs"])
        .lines()
        .map(|line| line.split_once(": ").expect("a verb, and what it does").0.to_owned())
        .collect();
    let known: Vec<String> = table.iter().map(|words| words[..words.len().min(2)].join(" ")).collect();
    assert_eq!(verbs, known, "the verbs of the server");
    assert_eq!(commands(&["admin"]), ["verbs", "vaults"], "the commands of the program");
    assert_eq!(commands(&["admin", "vaults"]), ["replace"]);
    for words in table.iter().copied().chain([&["dump-chat"][..], &["vaults", BOB.phone][..]]) {
        let output = heliograph()
            .args(["admin", "--data", text(&server.data())])
            .args(words)
            .output()
            .expect("it runs");
        let asked = link::ask(&server.data().join("admin.sock"), &words.join(" "));
        let asked = asked.unwrap_or_else(|error| error.to_string());
        let is_known = table.contains(&words);
        assert_eq!(output.status.success(), is_known && words.len() == 1, "{words:?}");
        let all = [&output.stdout[..], &output.stderr, asked.as_bytes()].concat();
        let all = String::from_utf8(all).expect("text");
        assert!(!all.is_empty());
        // What the operator himself has typed comes back to him.
        let all = if is_known {
            all
        } else {
            all.replace(&words.join(" "), "").replace(words[words.len() - 1], "")
        };
        for planted in &planted {
            assert!(!all.contains(planted), "{words:?} says {planted}");
        }
    }
}

/// Red when the socket does not end with what is too long, or waits for the silent.
#[test]
fn a18_whoever_says_too_much_or_nothing_over_the_socket_gets_nothing_and_others_do() {
    let server = Server::start();
    let path = server.data().join("admin.sock");
    let long = link::ask(&path, &"x".repeat(1 << 20));
    assert!(long.is_err());
    let silent = std::os::unix::net::UnixStream::connect(&path).expect("it listens");
    assert!(link::ask(&path, "vaults").is_ok_and(|said| said.starts_with("vaults 3")));
    drop(silent);
    assert!(link::ask(&path, "").is_err() && link::ask(&path, "vaults of all people").is_err());
}
