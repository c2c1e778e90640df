//! P07, P09 and P33 on the folders that the program itself wrote, judged by `exhume`, which was written from docs/keys.md
//! alone and is told no id.
//!
//! Red when a start leaves the root in the data folder (`breaches`), when one share opens a key (`p09`), when a vault keeps
//! what it says it destroyed (`p33`), and when docs/keys.md or `exhume` does not know what a server writes.
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use exhume::{Dig, Found};
use tl::fields;

use crate::peer::{Peer, Person};
use crate::process::{Ended, Folder, Server, copy};

const ALICE: Person<'_> = Person { phone: "9996674001", first_name: "ExhumedAlice", last_name: "" };
const BOB: Person<'_> = Person { phone: "9996674002", first_name: "ExhumedBob", last_name: "" };
const FROM_ALICE: &str = "a word that Alice has sent";
const FROM_BOB: &str = "what Bob said to it";
const NAME_BEFORE: &str = "NameThatWasTakenAway";
const NAME_AFTER: &str = "NameThatIsThere";

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 7, 9, number)
}

pub(crate) fn say(from: &mut Peer, to: &tl::InputPeer, text: &str, random_id: i64) {
    let message =
        tl::messages::SendMessage { peer: to.clone(), message: text.into(), random_id, ..Default::default() };
    from.call(&message).expect("an answer");
}

/// Puts a number into the contacts under this name, in the place of the one before.
pub(crate) fn name(by: &mut Peer, phone: &str, first_name: &str) {
    let contact = fields::InputPhoneContact {
        phone: phone.into(),
        first_name: first_name.into(),
        ..Default::default()
    };
    by.call(&tl::contacts::ImportContacts { contacts: vec![contact.into()] }).expect("an import");
}

/// Two people sign up and write to each other; then the server ends.
fn lived() -> Ended {
    let server = Server::start();
    let mut alice = Peer::introduced(&server, address(1));
    let mut bob = Peer::introduced(&server, address(2));
    alice.sign_up(&server, &ALICE);
    bob.sign_up(&server, &BOB);
    let (to_bob, to_alice) = (alice.import(BOB.phone), bob.import(ALICE.phone));
    say(&mut alice, &to_bob, FROM_ALICE, 1);
    say(&mut bob, &to_alice, FROM_BOB, 2);
    server.stopped_by("TERM")
}

/// What opens with a data folder and these vaults. All that lies there is looked at, and nothing is damaged.
pub(crate) fn dig<'a>(data: impl IntoIterator<Item = &'a Path>, vaults: &[&PathBuf]) -> Found {
    let mut dig = Dig::new();
    data.into_iter().for_each(|folder| dig.data(folder).expect("a data folder"));
    vaults.iter().for_each(|folder| dig.vault(folder).expect("a vault's folder"));
    let found = dig.finish();
    let counts = &found.counts;
    assert!(counts.rows > 50 && counts.locals == 1 && counts.server_keys == 1 && counts.engines > 0);
    assert_eq!((counts.vaults, counts.vault_damage), (vaults.len(), 0));
    let missed = (counts.rows_not_carved, counts.blocks_compressed, counts.engines_refused);
    assert_eq!((counts.locals_damaged, missed), (0, (0, 0, 0)));
    found
}

pub(crate) fn opens_nothing(found: &Found) {
    assert_eq!((found.counts.rows_opened, found.server_keys.len()), (0, 0), "rows open with too few vaults");
}

#[test]
fn p07_the_data_folder_of_the_program_opens_nothing() {
    let ended = lived();
    opens_nothing(&dig([ended.folder.data().as_path()], &[]));
}

#[test]
fn p09_a_folder_of_the_program_opens_with_any_two_vaults_and_no_id_and_with_no_fewer() {
    let ended = lived();
    let (data, vaults) = (ended.folder.data(), ended.folder.vaults());
    for choice in 0..8_usize {
        let chosen: Vec<&PathBuf> =
            vaults.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1).map(|it| it.1).collect();
        let found = dig([data.as_path()], &chosen);
        if chosen.len() < 2 {
            opens_nothing(&found);
            continue;
        }
        for text in [FROM_ALICE, FROM_BOB] {
            let rows = found.with(text.as_bytes()).count();
            assert!(rows >= 2, "{text:?} opens in {rows} rows, and both have it");
        }
        assert!(found.holds(ALICE.first_name.as_bytes()) && found.holds(BOB.first_name.as_bytes()));
        // Boxes minted ahead have no rows; whoever has rows is found.
        assert_eq!(found.counts.owners_known, found.counts.owners);
        let [pem] = found.server_keys.as_slice() else { panic!("one server has one key") };
        assert!(pem.starts_with(b"-----BEGIN RSA PRIVATE KEY-----"));
    }
}

#[test]
fn p33_what_the_program_has_cut_out_opens_with_no_copy_and_all_vaults() {
    let server = Server::start();
    let mut alice = Peer::introduced(&server, address(3));
    let mut bob = Peer::introduced(&server, address(4));
    alice.sign_up(&server, &ALICE);
    bob.sign_up(&server, &BOB);
    name(&mut alice, BOB.phone, NAME_BEFORE);
    let ended = server.stopped_by("TERM");
    let images = Folder::new();
    let before = images.path().join("before");
    copy(&ended.folder.data(), &before);
    let vaults = ended.folder.vaults();
    let all: Vec<&PathBuf> = vaults.iter().collect();
    assert!(dig([before.as_path()], &all).holds(NAME_BEFORE.as_bytes()), "this test has no power");

    let server = Server::in_folder(ended.folder, &["--dev"]);
    let mut alice = Peer::introduced(&server, address(3));
    alice.sign_in(&server, ALICE.phone);
    name(&mut alice, BOB.phone, NAME_AFTER);
    let (done, open) = server.shred();
    assert!(done > 0 && open == 0, "done {done}, open {open}");
    let ended = server.stopped_by("TERM");
    let (data, vaults) = (ended.folder.data(), ended.folder.vaults());
    let all: Vec<&PathBuf> = vaults.iter().collect();
    let found = dig([before.as_path(), data.as_path()], &all);
    assert!(found.holds(NAME_AFTER.as_bytes()));
    assert!(!found.holds(NAME_BEFORE.as_bytes()), "a name that was taken away opens again");
}

/// Whoever looks for keys must hear that the file they begin with is no good, instead of that there was nothing.
#[test]
fn p09_a_damaged_local_part_is_counted_and_opens_nothing() {
    let ended = lived();
    let (data, vaults) = (ended.folder.data(), ended.folder.vaults());
    let local = std::fs::read(data.join("local")).expect("a local part");
    assert_eq!(local.len(), 40);
    for damaged in [0, 31, 39].map(|byte| {
        let mut damaged = local.clone();
        damaged[byte] ^= 1;
        damaged
    }) {
        std::fs::write(data.join("local"), damaged).expect("a file");
        let mut dig = Dig::new();
        dig.data(&data).expect("a data folder");
        vaults.iter().for_each(|folder| dig.vault(folder).expect("a vault's folder"));
        let counts = dig.finish().counts;
        assert_eq!((counts.locals, counts.locals_damaged, counts.rows_opened), (0, 1, 0));
        assert!(counts.rows > 50 && counts.vaults == 3);
    }
}
