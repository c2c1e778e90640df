//! P06, P30, P31, and A20: whatever users do, nothing of it is in the data folder, the log at its most
//! talkative, the standard output or the metrics.
//!
//! Red when any event or metric is given a text, an id or an address, and when rows lie in clear (`breaches`); that no type
//! allows it is shown in `server::log`.
use std::net::Ipv4Addr;
use std::path::Path;

use tl::Encode;

use crate::peer::{Peer, Person};
use crate::process::Server;

/// The addresses of the two clients: each could be found as text and as four bytes.
const ALICE_FROM: Ipv4Addr = Ipv4Addr::new(127, 83, 171, 219);
const BOB_FROM: Ipv4Addr = Ipv4Addr::new(127, 91, 203, 187);
/// Names that would break a line of a careless log: line feed, terminal escape, JSON, a template.
const ALICE: Person<'_> = Person {
    phone: "99966712345678",
    first_name: "Canary\nAlice{}\u{1b}[31m",
    last_name: "\",\"level\":\"error\"}",
};
const BOB: Person<'_> = Person { phone: "99966787654321", first_name: "CanaryBob", last_name: "$(reboot)%s" };
const TEXT: &str = "CanaryText\n2026-01-01T00:00:00.000Z error Stopped.";

/// Two users sign up and talk; everything that must not be found afterwards.
fn talk(server: &Server) -> Vec<Vec<u8>> {
    let mut alice = Peer::introduced(server, ALICE_FROM);
    let mut bob = Peer::introduced(server, BOB_FROM);
    alice.sign_up(server, &ALICE);
    bob.sign_up(server, &BOB);
    let (alice_id, bob_id) = (alice.own_id(), bob.own_id());
    let peer = alice.import(BOB.phone);
    let send = tl::messages::SendMessage {
        peer: peer.clone(),
        message: TEXT.into(),
        random_id: 0x7261_6e64_6f6d,
        ..Default::default()
    };
    assert!(alice.call(&send).is_ok());
    assert!(!bob.update().to_bytes().is_empty(), "Bob hears of it");
    // A refusal must not repeat what was refused.
    let refused = alice.call(&tl::messages::SendMessage {
        peer,
        message: "CanaryRefused".repeat(1000),
        ..Default::default()
    });
    assert!(refused.is_err());

    let mut canaries: Vec<Vec<u8>> = [ALICE_FROM, BOB_FROM]
        .iter()
        .flat_map(|address| [address.to_string().into_bytes(), address.octets().to_vec()])
        .collect();
    for text in [ALICE.phone, BOB.phone, "Canary", "[31m", "$(reboot)"] {
        canaries.push(text.as_bytes().to_vec());
    }
    for id in [alice_id, bob_id] {
        canaries.push(id.to_string().into_bytes());
        canaries.push(id.to_le_bytes().to_vec());
        canaries.push(id.to_be_bytes().to_vec());
    }
    for phone in [ALICE.phone, BOB.phone] {
        let number: u64 = phone.parse().expect("digits");
        canaries.push(number.to_le_bytes().to_vec());
        canaries.push(number.to_be_bytes().to_vec());
    }
    canaries
}

/// All files below a folder.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push((entry.path().display().to_string(), std::fs::read(entry.path()).expect("a file")));
        }
    }
}

/// The same of a folder in use: what is gone by the time that it is read is not there.
fn files_there(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_there(&entry.path(), found),
            Ok(kind) if kind.is_file() => {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                found.push((entry.path().display().to_string(), bytes));
            }
            Ok(_) | Err(_) => {}
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn p30_p31_nothing_of_users_is_anywhere_outside_memory() {
    let server = Server::with(&["--dev", "--log-level", "trace"]);
    let canaries = talk(&server);
    let metrics = server.metrics().into_bytes();
    let ended = server.stopped_by("TERM");
    let mut surfaces = vec![("metrics".to_owned(), metrics)];
    files(ended.folder.path(), &mut surfaces);
    assert!(surfaces.len() >= 5, "metrics, stdout, stderr, the keys and the lock");
    assert!(ended.stderr.lines().count() > 20, "the log is talkative");
    for canary in &canaries {
        for (name, surface) in surfaces.iter().filter(|(name, _)| canary.len() > 5 || !is_sealed(name)) {
            assert!(!contains(surface, canary), "{:?} is in {name}", String::from_utf8_lossy(canary));
        }
    }
}

/// Four bytes of an address are somewhere in a megabyte of ciphertext sooner or later.
fn is_sealed(name: &str) -> bool {
    ["/store/", "/data-vaults/"].iter().any(|folder| name.contains(folder))
}

/// P06 on the real program: while it runs, after it was killed, and when it has come up again.
#[test]
fn p06_nothing_of_users_lies_in_a_folder_in_use_or_of_a_killed_server() {
    let server = Server::with(&["--dev"]);
    let mut canaries = talk(&server);
    // What is looked at here is sealed (`is_sealed`).
    canaries.retain(|canary| canary.len() > 5);
    let look = |folder: &Path, when: &str| {
        let mut surfaces = Vec::new();
        files_there(folder, &mut surfaces);
        assert!(surfaces.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 10_000, "rows {when}");
        for (name, surface) in &surfaces {
            for canary in &canaries {
                let canary_text = String::from_utf8_lossy(canary);
                assert!(!contains(surface, canary), "{canary_text:?} lies in {name} {when}");
            }
        }
    };
    look(server.folder.path(), "while it runs");
    let ended = server.stopped_by("KILL");
    look(ended.folder.path(), "after a kill");
    let again = Server::in_folder(ended.folder, &["--dev"]);
    look(again.folder.path(), "after the next start");
}

#[test]
fn p31_no_log_line_has_five_digits_in_a_row_but_those_of_our_own_ports() {
    let server = Server::with(&["--dev", "--log-level", "trace"]);
    talk(&server);
    let ports = [server.mtproto.port().to_string(), server.http.port().to_string()];
    for line in server.stopped_by("TERM").stderr.lines() {
        let runs = line.split(|char: char| !char.is_ascii_digit()).filter(|run| run.len() >= 5);
        for run in runs {
            assert!(ports.iter().any(|port| port == run), "{line}");
        }
    }
}

#[test]
fn a20_hostile_names_break_no_line_and_add_no_label() {
    let server = Server::with(&["--dev", "--log-level", "trace", "--log-format", "json"]);
    talk(&server);
    let mut mallory = Peer::introduced(&server, Ipv4Addr::new(127, 4, 4, 4));
    let name = "\n{\"level\":\"error\"}\n# TYPE evil counter\nevil{x=\"1\"} 1\n";
    mallory.sign_up(&server, &Person { phone: "99966711111111", first_name: name, last_name: name });
    let metrics = server.metrics();
    let (_, metrics) = metrics.split_once("\r\n\r\n").expect("a body");
    for line in metrics.lines().filter(|line| !line.starts_with("# ")) {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        assert!(name.starts_with("heliograph_"), "{line}");
        for label in labels.trim_end_matches('}').split(',').filter(|label| !label.is_empty()) {
            let (key, value) = label.split_once('=').expect("a label");
            assert!(["carrier", "why", "refused", "le"].contains(&key), "{line}");
            let plain =
                |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "\"-+.I".contains(char);
            assert!(value.chars().all(plain), "{line}");
        }
    }
    for line in server.stopped_by("TERM").stderr.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("each line is one JSON object");
        assert!(value["event"].is_string() && value["level"] != "error", "{line}");
    }
}
