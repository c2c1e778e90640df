//! P34 from outside: what a dump still has and was destroyed since does not come back with it; everything else does.
//!
//! Red when a store that is behind is not marked (`keeper::boot`), or when a device key is not destroyed at log-out
//! (`keeper::errands`).
use std::net::Ipv4Addr;
use std::path::Path;

use mtproto::client::Output;
use mtproto::handshake::NewKey;

use crate::peer::{PERMANENT, Peer, Person};
use crate::process::{Ended, Folder, Server, copy, run, wait_for};

const ALICE: Person<'_> = Person { phone: "9996673001", first_name: "A", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996673002", first_name: "B", last_name: "" };
const THERE: Ipv4Addr = Ipv4Addr::new(127, 34, 34, 1);
const HERE: Ipv4Addr = Ipv4Addr::new(127, 34, 34, 2);

fn text(to: &tl::InputPeer, message: &str, random_id: i64) -> tl::messages::SendMessage {
    tl::messages::SendMessage { peer: to.clone(), message: message.into(), random_id, ..Default::default() }
}

fn backup(command: &str, data: &Path, file: &Path) -> std::process::Output {
    let path = |path: &Path| path.to_str().expect("a path").to_owned();
    run(&[command, "--data", &path(data), "--file", &path(file)])
}

/// A folder with an old store, restored from a dump, and with everything else as it is now, vaults above all.
fn restored(ended: &Ended, dump: &Path) -> Folder {
    let folder = Folder::new();
    let data = folder.path().join("data");
    ["data", "data-vaults"].iter().for_each(|name| copy(&ended.folder.path().join(name), folder.path()));
    let refused = backup("restore", &data, dump);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not empty"), "rows are never mixed");
    std::fs::remove_dir_all(data.join("store")).expect("a folder");
    let done = backup("restore", &data, dump);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    folder
}

/// A folder with an old copy of the whole data folder, as `cp -a` made it, and the vaults as they are now.
fn copied_back(ended: &Ended, image: &Path) -> Folder {
    let folder = Folder::new();
    copy(&image.join("data"), folder.path());
    copy(&ended.folder.path().join("data-vaults"), folder.path());
    folder
}

#[test]
fn p34_a_dump_and_a_copy_bring_back_what_is_alive_and_nothing_that_was_destroyed_since() {
    let server = Server::start();
    let mut alice = Peer::simple(&server, HERE);
    let key = alice.make_key(PERMANENT).expect("a key");
    alice.begin(&key);
    alice.sign_up(&server, &ALICE);
    let mut bob = Peer::simple(&server, THERE);
    let key_of_bob = bob.make_key(PERMANENT).expect("a key");
    bob.begin(&key_of_bob);
    bob.sign_up(&server, &BOB);
    let to_alice = bob.import(ALICE.phone);
    bob.call(&text(&to_alice, "before the dump", 1)).expect("an answer");

    let file = server.folder.path().join("dump");
    let held = backup("dump", &server.data(), &file);
    assert!(String::from_utf8_lossy(&held.stderr).contains("already runs"), "not under a running server");
    let ended = server.stopped_by("TERM");
    let done = backup("dump", &ended.folder.path().join("data"), &file);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let image = Folder::new();
    copy(&ended.folder.data(), image.path());

    let server = Server::in_folder(ended.folder, &["--dev", "--log-level", "debug"]);
    let mut alice = Peer::simple(&server, HERE);
    alice.begin(&key);
    alice.call(&tl::auth::LogOut {}).expect("an answer");
    // The outbox is empty of orders that are due when the key is gone from the vaults.
    let destroyed = || {
        let log = std::fs::read_to_string(server.folder.path().join("stderr")).ok()?;
        log.contains("The key of a login that ended is destroyed").then_some(())
    };
    wait_for("the end of the device key", destroyed);
    let ended = server.stopped_by("TERM");

    for folder in [restored(&ended, &ended.folder.path().join("dump")), copied_back(&ended, image.path())] {
        let server = Server::in_folder(folder, &["--dev"]);
        old_store_shows_what_is_alive(&server, (&key, &key_of_bob), &to_alice);
    }
}

fn old_store_shows_what_is_alive(
    server: &Server,
    (key, key_of_bob): (&NewKey, &NewKey),
    to_alice: &tl::InputPeer,
) {
    let log = std::fs::read_to_string(server.folder.path().join("stderr")).expect("a log");
    assert!(log.contains("The store is older than it was"), "{log}");
    let mut alice = Peer::simple(server, HERE);
    alice.begin(key);
    let packet = alice.sealed_call(&tl::updates::GetState {});
    alice.send_at_once(&[packet]);
    assert!(matches!(alice.next(), Ok(Output::ServerError(-404))), "the login that ended does not come back");
    let mut bob = Peer::simple(server, THERE);
    bob.begin(key_of_bob);
    let history = tl::messages::GetHistory { peer: to_alice.clone(), limit: 10, ..Default::default() };
    let tl::messages::Messages::Messages(found) = bob.call(&history).expect("a history") else {
        panic!("a whole history")
    };
    assert!(
        matches!(found.messages.as_slice(), [tl::Message::Message(message)] if message.message == "before the dump")
    );
}
