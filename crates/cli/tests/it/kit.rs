//! P08 and T18: what an insider carries off, all that lies on the machine of a server whose vaults are elsewhere, with its
//! configuration and environment, opens nothing, and makes no server that clients take for this one.
//!
//! The passphrase is not among it: it is typed, or comes out of memory. Red when the server's RSA key lies on its disk
//! (`breaches`).
use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::exhumed::{dig, say};
use crate::peer::{PERMANENT, Peer, Person};
use crate::process::{Folder, Server, copy, run};
use crate::vaults::{self, Friend, text};

const ALICE: Person<'_> = Person { phone: "9996677001", first_name: "KitAlice", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996677002", first_name: "KitBob", last_name: "" };
const WORDS: &str = "words that the insider lacks\n";
/// What of a data folder is of no use to a server with vaults of its own: with these files it would ask for the old ones.
const BOUND: [&str; 4] = ["store", "local", "vaults", "link.key"];

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 7, 14, number)
}

/// A server whose vaults are friends', and who has the passphrase elsewhere.
struct Ground {
    elsewhere: Folder,
    friends: Vec<Friend>,
    flags: Vec<String>,
}

impl Ground {
    fn new(data: &Path) -> Ground {
        let elsewhere = Folder::new();
        let words = elsewhere.path().join("words");
        std::fs::write(&words, WORDS).expect("a file");
        let invited =
            vaults::say(&["vault", "invite", "--data", text(data), "--passphrase-file", text(&words)]);
        let friends: Vec<Friend> =
            (1..=3).map(|number| Friend::new(elsewhere.path(), number, invited.trim())).collect();
        let mut flags = ["--dev", "--passphrase-file", text(&words)].map(str::to_owned).to_vec();
        flags.extend(friends.iter().flat_map(|friend| ["--vault".to_owned(), friend.line.clone()]));
        Ground { elsewhere, friends, flags }
    }

    fn serve(&self, folder: Folder) -> Server {
        Server::in_folder(folder, &self.flags.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// All that an insider copies from a server that runs: files, command line, environment.
fn carry_off(server: &Server, to: &Path) {
    copy(server.folder.path(), to);
    for what in ["cmdline", "environ"] {
        // An insider without root gets less.
        let told = std::fs::read(format!("/proc/{}/{what}", server.pid())).unwrap_or_default();
        std::fs::write(to.join(what), told).expect("a file");
    }
}

/// The files of a folder and all folders in it.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

/// A folder to start a server in, with all of the kit that does not bind it to vaults which it does not have.
fn of_kit(kit: &Path, leaves_out: &[&str]) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir(folder.data()).expect("a folder");
    for entry in std::fs::read_dir(kit.join("data")).expect("a kit").map(|entry| entry.expect("an entry")) {
        if !leaves_out.iter().any(|name| entry.file_name() == OsStr::new(name)) {
            copy(&entry.path(), &folder.data());
        }
    }
    folder
}

#[test]
fn p08_t18_an_insiders_kit_opens_nothing_and_passes_for_no_server() {
    let folder = Folder::new();
    let ground = Ground::new(&folder.data());
    let server = ground.serve(folder);
    let (mut alice, mut bob) = (Peer::introduced(&server, address(1)), Peer::introduced(&server, address(2)));
    alice.sign_up(&server, &ALICE);
    bob.sign_up(&server, &BOB);
    let to_bob = alice.import(BOB.phone);
    say(&mut alice, &to_bob, "what the insider wants", 1);
    let taken = Folder::new();
    let (running, off) = (taken.path().join("running"), taken.path().join("off"));
    carry_off(&server, &running);
    let public_key = taken.path().join("public");
    std::fs::copy(&server.public_key, &public_key).expect("what clients trust");
    let ended = server.stopped_by("TERM");
    copy(ended.folder.path(), &off);

    let (running_data, off_data) = (running.join("data"), off.join("data"));
    let kit = [running_data.as_path(), off_data.as_path()];
    let found = dig(kit, &[]);
    assert_eq!((found.counts.rows_opened, found.server_keys.len()), (0, 0), "the kit opens rows");

    // The sealed key is no good without the old vaults, and who draws a new one is not taken for this server.
    let without_key = ["server.key"].iter().chain(&BOUND).copied().collect::<Vec<_>>();
    for kit in [&running, &off] {
        let folder = of_kit(kit, &BOUND);
        let flags = ["serve", "--dev", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"];
        let refused = run(&flags.into_iter().chain([text(&folder.data())]).collect::<Vec<_>>());
        assert_eq!(refused.status.code(), Some(1), "another server opens the key");
        let mut another = Server::in_folder(of_kit(kit, &without_key), &["--dev"]);
        another.public_key.clone_from(&public_key);
        let key = Peer::simple(&another, address(3)).make_key(PERMANENT);
        assert!(key.is_none(), "a server with the kit passes for the server");
    }

    // Nor does it lie there as text anywhere. Behind the modulus, which is public, comes what is not.
    let folders: Vec<&PathBuf> = ground.friends.iter().map(|friend| &friend.folder).collect();
    let found = dig(kit, &folders);
    let [pem] = found.server_keys.as_slice() else { panic!("this test has no power") };
    assert!(found.holds(b"what the insider wants"));
    let lines: Vec<&[u8]> =
        pem.split(|byte| *byte == b'\n').skip(8).filter(|line| line.len() == 64).collect();
    assert!(lines.len() > 12, "a key is longer");
    let mut all = Vec::new();
    files(taken.path(), &mut all);
    assert!(all.len() > 20);
    for path in all {
        let bytes = std::fs::read(&path).expect("a file");
        let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
        assert!(!lines.iter().any(|line| has(line)), "the server's key lies in {}", path.display());
        assert!(!has(WORDS.trim().as_bytes()), "the passphrase lies in {}", path.display());
    }

    // With its vaults and its passphrase it is the server that clients know.
    let mut server = ground.serve(ended.folder);
    server.public_key = public_key;
    assert!(Peer::simple(&server, address(4)).make_key(PERMANENT).is_some());
    drop(server);
    drop(ground.elsewhere);
}
