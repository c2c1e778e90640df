//! P16 from outside: `heliograph doctor --data` finds what was done to a folder while no server ran on it, says how much and
//! never whose, and leaves a folder on which the next server starts.
//!
//! Red when the audit does not look at one of the tables below, when `Examined::is_well` passes over one of its counts, and
//! when a store that is behind is examined like any other.
use std::net::Ipv4Addr;
use std::path::Path;

use domain::tables::{ACCOUNTS, DIALOGS, LOG, MESSAGES, PHONES};
use sealed::{AtRest, RowKey};
use store::{Embedded, Engine, Order, Scan, Settings, testsuite};

use crate::exhumed::name;
use crate::peer::{Peer, Person};
use crate::process::{Ended, Folder, Server, copy, run};

const ALICE: Person<'_> = Person { phone: "9996676001", first_name: "ExaminedAlice", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996676002", first_name: "ExaminedBob", last_name: "" };

/// What doctor says of a data folder, and whether it is content.
fn doctor(data: &Path) -> (String, bool) {
    let ended = run(&["doctor", "--data", data.to_str().expect("a path")]);
    let told = String::from_utf8([ended.stdout, ended.stderr].concat()).expect("text");
    assert_eq!(told.lines().count(), 1, "one sentence: {told}");
    let private = ["9996676", "Examined", "secret words"];
    assert!(!private.iter().any(|word| told.contains(word)), "{told}");
    (told, ended.status.code() == Some(0))
}

/// Two people sign up and write to each other.
fn lived() -> Ended {
    let server = Server::start();
    let mut alice = Peer::introduced(&server, Ipv4Addr::new(127, 16, 16, 1));
    let mut bob = Peer::introduced(&server, Ipv4Addr::new(127, 16, 16, 2));
    alice.sign_up(&server, &ALICE);
    bob.sign_up(&server, &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    for (random_id, (from, to)) in (1..).zip([(&mut alice, &to_bob), (&mut bob, &to_alice)]) {
        let message = tl::messages::SendMessage {
            peer: to.clone(),
            message: "secret words".into(),
            random_id,
            ..Default::default()
        };
        from.call(&message).expect("an answer");
    }
    let (told, content) = doctor(&server.data());
    assert!(told.contains("another server already runs") && !content, "{told}");
    server.stopped_by("TERM")
}

/// The first row of a table.
fn first(data: &Path, table: u16) -> (RowKey, AtRest) {
    let engine = Embedded::open(&data.join("store"), &Settings::default()).expect("a store");
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    let rows = engine.view().and_then(|view| view.range(&all)).expect("rows");
    engine.close();
    rows.into_iter().find(|(key, _)| key.table() == Some(table)).expect("a row of the table")
}

/// Writes a row, or takes it away, behind the server's back.
fn set(data: &Path, key: &RowKey, value: Option<&[u8]>) {
    let engine = Embedded::open(&data.join("store"), &Settings::default()).expect("a store");
    testsuite::apply(&engine, &[(key.as_bytes(), value)]);
    engine.sync().expect("a sync");
    engine.close();
}

#[test]
fn p16_doctor_finds_every_row_that_was_removed_or_changed_while_no_server_ran() {
    let ended = lived();
    let data = ended.folder.data();
    let (told, content) = doctor(&data);
    assert!(
        content && told.contains("2 accounts with 2 dialogs") && told.contains("nothing is missing"),
        "{told}"
    );
    for (table, words) in [
        (MESSAGES.info().id, "1 dialogs have other messages than were written"),
        (DIALOGS.info().id, "1 accounts have messages of dialogs that are gone"),
        (LOG.info().id, "1 accounts have holes in their lists of changes"),
        (ACCOUNTS.info().id, "1 accounts are gone that the phone index names"),
        (PHONES.info().id, "rows are in boxes that no account has"),
    ] {
        let (key, value) = first(&data, table);
        set(&data, &key, None);
        let (told, content) = doctor(&data);
        assert!(!content && told.contains(words), "table {table} with a row less: {told}");
        let mut turned = value.as_bytes().to_vec();
        *turned.last_mut().expect("a tag") ^= 1;
        set(&data, &key, Some(&turned));
        let (told, content) = doctor(&data);
        assert!(!content, "table {table} with a row turned over: {told}");
        set(&data, &key, Some(value.as_bytes()));
        let (told, content) = doctor(&data);
        assert!(content, "table {table} as it was: {told}");
    }
    let server = Server::in_folder(ended.folder, &["--dev"]);
    let mut alice = Peer::introduced(&server, Ipv4Addr::new(127, 16, 16, 3));
    alice.sign_in(&server, ALICE.phone);
    assert!(alice.own_id() > 0, "the examined folder is as good as before");
}

#[test]
fn p34_doctor_tells_a_store_that_was_brought_back_from_one_that_is_damaged() {
    let ended = lived();
    let image = Folder::new();
    copy(&ended.folder.data(), image.path());
    let server = Server::in_folder(ended.folder, &["--dev"]);
    let mut alice = Peer::introduced(&server, Ipv4Addr::new(127, 16, 16, 4));
    alice.sign_in(&server, ALICE.phone);
    // Another name for Bob ends the one before, and a tick tells the vaults how far the store is.
    name(&mut alice, BOB.phone, "Another");
    assert!(server.shred().0 > 0);
    let ended = server.stopped_by("TERM");
    std::fs::remove_dir_all(ended.folder.data()).expect("a folder");
    copy(&image.data(), ended.folder.path());
    let (told, content) = doctor(&ended.folder.data());
    assert!(!content && told.contains("it was brought back; start the server"), "{told}");
    let ended = Server::in_folder(ended.folder, &["--dev"]).stopped_by("TERM");
    let (told, content) = doctor(&ended.folder.data());
    assert!(content && told.contains("nothing is missing"), "{told}");
}

#[test]
fn a_folder_that_cannot_be_examined_is_named() {
    let folder = Folder::new();
    let (told, content) = doctor(folder.path());
    assert!(!content && told.contains("there is no store in"), "{told}");
    let ended = Server::start().stopped_by("TERM");
    let vaults = ended.folder.vaults();
    let away = |vault: &Path| vault.with_extension("away");
    vaults[1..].iter().for_each(|vault| std::fs::rename(vault, away(vault)).expect("a folder"));
    let (told, content) = doctor(&ended.folder.data());
    assert!(!content && told.contains("too few vaults have answered"), "{told}");
    vaults[1..].iter().for_each(|vault| std::fs::rename(away(vault), vault).expect("a folder"));
    let (told, content) = doctor(&ended.folder.data());
    assert!(content, "{told}");
}
