//! What opens and what does not, with every subset of what may be had.

use std::path::Path;

use exhume::{Counts, Dig, Found, Opened, Owner};

use crate::folder::Folder;
use crate::writer::{Of, World};

const ALICE: i64 = 0x11_2233_4455;
const BOB: i64 = 0x22_3344_5566;

fn exhume(data: &[&Folder], vaults: &[&Folder]) -> Found {
    exhume_supposing(data, vaults, &[])
}

fn exhume_supposing(data: &[&Folder], vaults: &[&Folder], ids: &[u64]) -> Found {
    let mut dig = Dig::new();
    data.iter().for_each(|folder| dig.data(folder.path()).unwrap());
    vaults.iter().for_each(|folder| dig.vault(folder.path()).unwrap());
    ids.iter().for_each(|id| dig.suppose(*id));
    dig.finish()
}

/// Whoever stands in the directory is found out: his id is in a record of it.
fn world(k: u8, n: u8) -> World {
    let mut world = World::new(k, n);
    for (index, user) in [(3, ALICE), (9, BOB)] {
        world.mint_box(user);
        world.write(Of::Directory(index), 1, &user.to_be_bytes(), &named(user));
    }
    world
}

/// A record as a server writes it: a version, the user as a varint with its sign in the lowest bit, a name.
fn named(user: i64) -> Vec<u8> {
    let mut record = vec![1];
    let mut number = (user << 1).cast_unsigned();
    while number >= 0x80 {
        record.push(number as u8 | 0x80);
        number >>= 7;
    }
    record.push(number as u8);
    [&record, &b"name"[..]].concat()
}

/// The one row in which this text stands.
fn one<'a>(found: &'a Found, text: &'a str) -> &'a Opened {
    let mut rows = found.with(text.as_bytes());
    let row = rows.next().unwrap();
    assert!(rows.next().is_none());
    row
}

fn opens(found: &Found, text: &str) -> bool {
    found.opened.iter().any(|row| row.plaintext == message(text))
}

fn message(text: &str) -> Vec<u8> {
    [b"\x01 message: ", text.as_bytes()].concat()
}

fn whole(counts: &Counts) {
    assert_eq!(
        (counts.rows_not_carved, counts.blocks_compressed, counts.engines_refused, counts.locals_damaged),
        (0, 0, 0, 0),
        "{counts:?}"
    );
}

#[test]
fn p07_p09_p10_only_the_folder_and_k_vaults_together_open_what_lives() {
    for (k, n) in [(2, 3), (3, 5)] {
        let mut world = world(k, n);
        world.write(Of::Box(ALICE), 7, b"1", &message("to Bob"));
        world.write(Of::Box(BOB), 7, b"1", &message("from Alice"));
        world.write_system(2, b"", b"configuration");
        world.write_short(Of::Box(BOB), 8, b"", &message("draft"));
        world.write_device(0x9911_2233_4455_6677, 3, b"\x01device");
        world.write_day(0x88, 20_000, 3, b"\x01day");
        // Keys are named by eight bytes, the lowest first.
        world.write(Of::Box(ALICE), 6, b"", &0x9911_2233_4455_6677_u64.to_le_bytes());
        world.write_server_key(b"RSA");
        let data = world.data_folder();
        let vaults: Vec<Folder> = (0..usize::from(n)).map(|vault| world.vault_folder(vault)).collect();
        let mut folder = Dig::new();
        folder.data(data.path()).unwrap();
        for chosen in 0..1_u32 << n {
            let chosen: Vec<&Folder> = vaults
                .iter()
                .enumerate()
                .filter(|(index, _)| chosen & (1 << index) != 0)
                .map(|(_, one)| one)
                .collect();
            let mut dig = folder.clone();
            chosen.iter().for_each(|vault| dig.vault(vault.path()).unwrap());
            let found = dig.finish();
            whole(&found.counts);
            assert_eq!((found.counts.rows, found.counts.engines, found.counts.vaults), (9, 1, chosen.len()));
            let enough = chosen.len() >= usize::from(k);
            assert_eq!(found.server_keys, if enough { vec![b"RSA".to_vec()] } else { Vec::new() });
            assert_eq!(found.opened.len(), if enough { 9 } else { 0 }, "{k} of {n}, {}", chosen.len());
            for text in ["to Bob", "from Alice", "configuration", "draft", "device", "day", "name"] {
                assert_eq!(found.holds(text.as_bytes()), enough, "{text}");
            }
            // Nobody else's device is named anywhere; its row opened by the key of the day.
            assert_eq!((found.counts.owners, found.counts.owners_known), (7, if enough { 6 } else { 0 }));
        }
        let all: Vec<&Folder> = vaults.iter().collect();
        assert!(exhume(&[], &all).opened.is_empty());
        let other = World::new(k, n).data_folder();
        assert!(exhume(&[&other], &all).opened.is_empty(), "another local part");
    }
}

/// What is no local part is told of, and a root that lies about is tried without one.
#[test]
fn p07_a_root_in_the_folder_opens_what_hangs_on_it_alone_and_a_damaged_local_is_counted() {
    let mut world = world(2, 3);
    world.write(Of::Box(ALICE), 7, b"1", &message("to Bob"));
    world.write_system(2, b"", b"configuration");
    world.write_server_key(b"RSA");
    world.leave_root();
    let data = world.data_folder();
    let local = std::fs::read(data.path().join("local")).unwrap();
    assert_eq!(local.len(), 40);
    let mut torn = local.clone();
    torn[39] ^= 1;
    for (content, is_whole) in [
        (&local[..], true),
        (&local[..32], false),
        (&torn, false),
        (&[&local[..], b"\n"].concat(), false),
        (b"", false),
    ] {
        std::fs::write(data.path().join("local"), content).unwrap();
        let found = exhume(&[&data], &[]);
        assert_eq!(
            (found.counts.locals, found.counts.locals_damaged),
            (usize::from(is_whole), usize::from(!is_whole))
        );
        assert!(found.holds(b"configuration") && !opens(&found, "to Bob"));
        assert_eq!(found.server_keys, [b"RSA"]);
    }
}

#[test]
fn rows_are_reported_under_their_owner_and_table() {
    let mut world = world(2, 3);
    world.write(Of::Box(ALICE), 0x0708, b"suffix", &message("one"));
    world.write_system(2, b"", b"configuration");
    world.write_device(55, 3, b"\x01device");
    let (data, vaults) = (world.data_folder(), [0, 2].map(|vault| world.vault_folder(vault)));
    let found = exhume_supposing(&[&data], &[&vaults[0], &vaults[1]], &[55]);
    let alice = one(&found, "one");
    assert_eq!((alice.owner, alice.table), (Owner::Box(ALICE), 0x0708));
    assert!(alice.row_key == world.row_key(Of::Box(ALICE), 0x0708, b"suffix"));
    assert!(alice.plaintext == message("one"));
    assert_eq!(one(&found, "configuration").owner, Owner::System);
    assert_eq!(one(&found, "device").owner, Owner::Device(55));
    assert_eq!(found.opened.iter().filter(|row| row.owner == Owner::Directory(3)).count(), 1);
}

/// P33: with all images and the vaults as they are now, the deleted does not open; P34: nor what a restore brings back.
#[test]
fn p33_p34_what_was_deleted_and_ticked_opens_with_no_image_and_the_vaults_now() {
    for rows in [true, false] {
        let mut world = world(2, 3);
        for (suffix, text) in [(b"1", "stays"), (b"2", "goes"), (b"3", "edited away"), (b"4", "stays too")] {
            world.write(Of::Box(ALICE), 7, suffix, &message(text));
        }
        world.write(Of::Box(BOB), 7, b"1", &message("goes, says his copy"));
        let (before, vaults_before) = (world.data_folder(), [0, 1].map(|vault| world.vault_folder(vault)));
        world.delete(Of::Box(ALICE), 7, b"2");
        world.write(Of::Box(ALICE), 7, b"3", &message("edited"));
        let (deleted, vaults_deleted) = (world.data_folder(), [0, 1].map(|vault| world.vault_folder(vault)));
        // Before the tick it may open, and does: that shows that the test could fail.
        let found = exhume(&[&before, &deleted], &[&vaults_deleted[0], &vaults_deleted[1]]);
        whole(&found.counts);
        assert!(
            ["stays", "goes", "edited away", "edited", "stays too"].iter().all(|text| opens(&found, text))
        );
        world.tick(ALICE, rows);
        world.write(Of::Box(ALICE), 7, b"5", &message("after the tick"));
        let (after, vaults_after) = (world.data_folder(), [0, 2].map(|vault| world.vault_folder(vault)));
        let images = [&before, &deleted, &after];
        let found = exhume(&images, &[&vaults_after[0], &vaults_after[1]]);
        whole(&found.counts);
        for text in ["stays", "edited", "stays too", "after the tick", "goes, says his copy"] {
            assert!(opens(&found, text), "{text}");
        }
        for text in ["goes", "edited away"] {
            assert!(!opens(&found, text), "{text}");
        }
        assert!(
            found.counts.sheets > 0 && found.counts.pages > 10 && found.counts.nodes > 60,
            "{:?}",
            found.counts
        );
        // Vaults of before the tick, with their roots, still open it: those are outside the promise.
        let found = exhume(&images, &[&vaults_before[0], &vaults_before[1]]);
        assert!(opens(&found, "goes") && opens(&found, "edited away"));
        // One of before and one of after are two shares of different secrets.
        let found = exhume(&images, &[&vaults_before[0], &vaults_after[1]]);
        assert!(!opens(&found, "goes") && !opens(&found, "stays"));
    }
}

#[test]
fn ticks_of_several_epochs_and_boxes_leave_what_lives() {
    let mut world = world(2, 3);
    for round in 0..4_u8 {
        for item in 0..5_u8 {
            world.write(Of::Box(ALICE), 7, &[round, item], &message(&format!("{round}.{item}")));
            world.write_short(Of::Box(BOB), 8, &[round, item], &message(&format!("draft {round}.{item}")));
        }
        world.delete(Of::Box(ALICE), 7, &[round, round]);
        world.delete(Of::Box(BOB), 8, &[round, 0]);
        world.tick(ALICE, true);
        world.tick(-32, true);
    }
    world.delete(Of::Directory(9), 1, &BOB.to_be_bytes());
    world.tick(-10, true);
    let (data, vaults) = (world.data_folder(), [1, 2].map(|vault| world.vault_folder(vault)));
    let found = exhume_supposing(&[&data], &[&vaults[0], &vaults[1]], &[BOB.cast_unsigned()]);
    whole(&found.counts);
    for round in 0..4 {
        for item in 0..5 {
            assert_eq!(found.holds(&message(&format!("{round}.{item}"))), round != item, "{round}.{item}");
            assert_eq!(
                found.holds(&message(&format!("draft {round}.{item}"))),
                item != 0,
                "draft {round}.{item}"
            );
        }
    }
    assert!(!found.holds(&named(BOB)));
    assert!(found.holds(&named(ALICE)));
}

/// Rows that the engine no longer shows lie in the journal, and in a table until it is merged.
#[test]
fn overwritten_and_deleted_versions_are_carved() {
    let mut world = world(2, 3);
    for text in ["first", "second", "third"] {
        world.write(Of::Box(ALICE), 7, b"1", &message(text));
    }
    let mut neighbours: Vec<String> = (0..200).map(|index| format!("neighbour {index}")).collect();
    for (index, text) in neighbours.iter().enumerate() {
        world.write(Of::Box(ALICE), 7, &(index as u32).to_be_bytes(), &message(text));
    }
    let in_journal = world.data_folder();
    world.flush();
    world.delete(Of::Box(ALICE), 7, b"1");
    world.write(Of::Box(ALICE), 7, &7_u32.to_be_bytes(), &message("another"));
    neighbours.push("another".to_owned());
    let in_table = world.data_folder();
    std::fs::read_dir(in_table.path().join("rows")).unwrap().for_each(|entry| {
        // The journals, so that tables are all there is.
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jnl") {
            std::fs::write(path, [0; 4096]).unwrap();
        }
    });
    let vaults = [0, 1].map(|vault| world.vault_folder(vault));
    let found = exhume(&[&in_journal], &[&vaults[0], &vaults[1]]);
    whole(&found.counts);
    for text in ["first", "second", "third"] {
        assert!(found.holds(&message(text)), "{text}");
    }
    let found = exhume(&[&in_table], &[&vaults[0], &vaults[1]]);
    assert_eq!((found.counts.rows_not_carved, found.counts.blocks_compressed), (0, 0));
    assert!(found.holds(&message("third")));
    assert!(neighbours[..200].iter().all(|text| found.holds(&message(text))));
}

#[test]
fn p16_a_value_under_another_row_key_does_not_open() {
    let mut world = world(2, 3);
    world.write(Of::Box(ALICE), 7, b"1", &message("hers"));
    let from = world.row_key(Of::Box(ALICE), 7, b"1");
    for (of, table, suffix) in [(Of::Box(BOB), 7, b"1"), (Of::Box(ALICE), 8, b"1"), (Of::Box(ALICE), 7, b"2")]
    {
        let to = world.row_key(of, table, suffix);
        world.swap(&from, &to);
    }
    let (data, vaults) = (world.data_folder(), [0, 1].map(|vault| world.vault_folder(vault)));
    let found = exhume(&[&data], &[&vaults[0], &vaults[1]]);
    assert_eq!(found.with(&message("hers")).count(), 1);
    assert_eq!(found.counts.rows - found.counts.rows_opened, 3);
}

/// P42: what is destroyed opens nothing, whatever else is there.
#[test]
fn p42_a_destroyed_key_opens_nothing() {
    for class in [2, 3] {
        let mut world = world(2, 3);
        world.write(Of::Box(ALICE), 7, b"1", &message("hers"));
        world.write(Of::Box(BOB), 7, b"1", &message("his"));
        world.destroy(class, ALICE.cast_unsigned());
        let (data, vaults) = (world.data_folder(), [0, 1, 2].map(|vault| world.vault_folder(vault)));
        let found = exhume(&[&data], &vaults.each_ref());
        assert!(!found.holds(&message("hers")) && found.holds(&message("his")));
    }
}

#[test]
fn a_share_that_does_not_fit_its_commitment_is_left_out() {
    let mut world = world(2, 3);
    world.write(Of::Box(ALICE), 7, b"1", &message("hers"));
    world.lie(2, ALICE.cast_unsigned(), 2);
    let (data, vaults) = (world.data_folder(), [0, 1, 2].map(|vault| world.vault_folder(vault)));
    let [first, second, third] = &vaults;
    assert!(exhume(&[&data], &[first, second, third]).holds(&message("hers")));
    assert!(exhume(&[&data], &[first, third]).holds(&message("hers")));
    assert!(!exhume(&[&data], &[first, second]).holds(&message("hers")));
}

#[test]
fn an_owner_whom_nothing_names_is_found_only_by_supposing() {
    let mut world = World::new(2, 3);
    world.mint_box(ALICE);
    world.write(Of::Box(ALICE), 7, b"1", &message("hers"));
    let (data, vaults) = (world.data_folder(), [0, 1].map(|vault| world.vault_folder(vault)));
    let vaults = vaults.each_ref();
    let found = exhume(&[&data], &vaults);
    assert_eq!((found.opened.len(), found.counts.owners, found.counts.owners_known), (0, 1, 0));
    assert!(exhume_supposing(&[&data], &vaults, &[ALICE.cast_unsigned()]).holds(&message("hers")));
}

/// Damage is no end: what is not touched by it opens.
#[test]
fn torn_files_are_read_as_far_as_they_go() {
    let mut world = world(2, 3);
    for suffix in 0..50_u8 {
        world.write(Of::Box(ALICE), 7, &[suffix], &message(&format!("number {suffix}.")));
    }
    let (data, vaults) = (world.data_folder(), [0, 1, 2].map(|vault| world.vault_folder(vault)));
    let journal = journal(data.path());
    let mut bytes = std::fs::read(&journal).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes.truncate(end - 400);
    bytes[0] ^= 0xff;
    std::fs::write(&journal, bytes).unwrap();
    std::fs::remove_file(data.path().join("rows/version")).unwrap();
    let pack = vaults[1].path().join("p00000000000000ab");
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes.pop();
    std::fs::write(&pack, bytes).unwrap();
    let found = exhume(&[&data], &vaults.each_ref());
    assert_eq!(found.counts.vault_damage, 1);
    let opened = (0..50).filter(|suffix| found.holds(&message(&format!("number {suffix}.")))).count();
    assert!((40..50).contains(&opened), "{opened}");
    assert_eq!(found.counts.engines, 0);
}

fn journal(data: &Path) -> std::path::PathBuf {
    let entries = std::fs::read_dir(data.join("rows")).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "jnl")).unwrap()
}
