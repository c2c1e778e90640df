//! P06, P07, P09, P33, P34 and P47: what lies on disks, what opens with which of them, and what a backup brings back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use exhume::{Found, Owner};
use sealed::{AtRest, BoxKeys, Header, LeafError, OpenError, OwnerTag, RowKey, table};
use store::{Class, Embedded, Order, Scan, Settings, TableInfo, Versions, dump};

use crate::folders::{Image, copy};
use crate::people::Pair;
use crate::red::{Verdict, keeps, must};
use crate::scan::Scanner;
use crate::world::{Node, World};

/// Every table that there is.
fn tables() -> BTreeMap<u16, TableInfo> {
    let all = store::own_tables().into_iter().chain(domain::tables::TABLES.iter().copied());
    all.map(|table| (table.id, table)).collect()
}

/// All rows, as they lie.
pub(crate) fn rows(node: &Node) -> Vec<(RowKey, AtRest)> {
    let all = Scan { from: &[], to: &[0xff; 64], skip: 0, limit: usize::MAX, order: Order::Ascending };
    node.store().engine().view().unwrap().range(&all).unwrap()
}

pub(crate) fn paths(images: &[Image]) -> Vec<&Path> {
    images.iter().map(|image| image.data.as_path()).collect()
}

pub(crate) fn vaults(image: &Image) -> Vec<&Path> {
    image.vaults.iter().map(PathBuf::as_path).collect()
}

/// A life of two people with everything in it: writing, deleting, ticks, a restart. Images of all times; the texts that
/// are gone for good.
pub(crate) fn life(world: &mut World, pair: &mut Pair) -> (Vec<Image>, Vec<String>) {
    let mut images = vec![world.image()];
    pair.exchange_numbers(&mut world.node);
    let texts: Vec<String> = (0..24).map(|at| pair.send(&mut world.node, at % 2)).collect();
    images.push(world.image());
    world.node.sync();
    let mut gone = Vec::new();
    for text in texts.iter().step_by(3) {
        pair.delete_both(&mut world.node, text);
        gone.push(text.clone());
    }
    images.push(world.image());
    world.node.tick();
    images.push(world.image());
    world.node.stop();
    images.push(world.image());
    world.node.start();
    for at in 0..8 {
        pair.send(&mut world.node, at % 2);
    }
    pair.delete_both(&mut world.node, &texts[1]);
    gone.push(texts[1].clone());
    world.node.tick();
    world.node.store().engine().maintain().unwrap();
    images.push(world.image());
    (images, gone)
}

/// P06: no canary in any file, at any time, in any form.
#[test]
fn p06_no_canary_lies_on_a_disk() {
    keeps("promises::p06_no_canary_lies_on_a_disk", &["p06"], || {
        let mut world = World::new(6);
        let mut pair = Pair::new(&mut world);
        let (images, _) = life(&mut world, &mut pair);
        let classes: BTreeSet<_> = pair.canaries.iter().map(|canary| canary.class).collect();
        assert_eq!(classes.len(), 8, "{classes:?}");
        let scanner = Scanner::new(&pair.canaries);
        let mut all = BTreeSet::new();
        for folder in images.iter().flat_map(|image| [&image.data].into_iter().chain(&image.vaults)) {
            let (found, looked) = scanner.folder(folder);
            assert!(looked > 1000);
            all.extend(found);
        }
        // Where all rows lie in clear, each class is found: the scanner knows the forms in which records have them.
        let is_found = |class: &str| all.iter().any(|found| found.starts_with(class));
        assert!(all.is_empty() || classes.iter().all(|class| is_found(class)), "only {all:?}");
        must(all.is_empty(), || format!("in clear: {all:?}"))
    });
}

/// P07: the data folder of all times opens nothing. The breach is the program's, so the red half is in its tests.
#[test]
fn p07_the_data_folder_alone_opens_nothing() {
    let mut world = World::new(7);
    let mut pair = Pair::new(&mut world);
    let (images, _) = life(&mut world, &mut pair);
    let counts = world.dig(paths(&images), []).counts;
    assert!(counts.rows > 100 && counts.engines == images.len());
    assert_eq!((counts.locals, counts.locals_damaged), (1, 0));
    assert_eq!(counts.rows_opened, 0);
}

/// P09: with fewer than k vaults nothing opens; with k of them all that lives does, and nothing of what does not.
#[test]
fn p09_fewer_than_k_vaults_open_nothing_and_k_open_what_lives() {
    keeps("promises::p09_fewer_than_k_vaults_open_nothing_and_k_open_what_lives", &["p09"], || {
        let mut world = World::new(9);
        let mut pair = Pair::new(&mut world);
        let (mut images, gone) = life(&mut world, &mut pair);
        let now = images.pop().unwrap();
        images.push(now.clone());
        let live = live_records(&mut world.node, &pair);
        let texts = [pair.texts(&mut world.node, 0), pair.texts(&mut world.node, 1)].concat();
        assert!(live.len() > 60 && texts.len() > 30 && gone.len() > 8);
        for choice in 0..8_usize {
            let chosen = vaults(&now).into_iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
            let found = world.dig(paths(&images), chosen.map(|(_, folder)| folder));
            let count = choice.count_ones();
            if count < 2 {
                let opened = found.counts.rows_opened;
                must(opened == 0, || format!("{opened} rows open with {count} vaults"))?;
                continue;
            }
            let opened = fresh_records(&found);
            let (lacks, more) = (live.difference(&opened).count(), opened.difference(&live).count());
            must(lacks + more == 0, || format!("{lacks} rows that live do not open, {more} that do not do"))?;
            must(texts.iter().all(|text| found.holds(text.as_bytes())), || {
                "a text does not open".to_owned()
            })?;
            must(gone.iter().all(|text| !found.holds(text.as_bytes())), || "a text is back".to_owned())?;
        }
        Ok(())
    });
}

pub(crate) type Records = BTreeSet<(Vec<u8>, Vec<u8>)>;

/// Of what was opened, rows of which each version has a number of its own: exactly those that live may open.
fn fresh_records(found: &Found) -> Records {
    let tables = tables();
    let is_fresh = |id: u16| tables.get(&id).is_some_and(|table| table.versions == Versions::Fresh);
    let fresh = found.opened.iter().filter(|row| is_fresh(row.table));
    fresh.map(|row| (row.row_key.clone(), row.plaintext.clone())).collect()
}

/// The same as the node itself opens them.
pub(crate) fn live_records(node: &mut Node, pair: &Pair) -> Records {
    (0..2).for_each(|of| drop(pair.texts(node, of)));
    let ring = &node.up().ring;
    let boxes = pair.people.iter().map(|by| by.own_box()).chain(custody::system_boxes());
    let keys: BTreeMap<[u8; 12], BoxKeys> =
        boxes.map(|of| ring.warm(of).unwrap()).map(|keys| (keys.names().prefix(), keys)).collect();
    let tables = tables();
    let mut records = Records::new();
    for (key, value) in rows(node) {
        let info = tables[&key.table().unwrap()];
        if info.versions == Versions::Fresh {
            let keys = &keys[key.as_bytes().first_chunk().unwrap()];
            records.insert((key.as_bytes().to_vec(), open(node, keys, &key, &value).unwrap()));
        }
    }
    records
}

/// Opens a row, with the pages that it takes.
pub(crate) fn open(node: &Node, keys: &BoxKeys, key: &RowKey, value: &AtRest) -> Result<Vec<u8>, OpenError> {
    loop {
        match keys.open(key, value) {
            Err(OpenError::Leaf(LeafError::PageMissing(page))) => {
                let row = node.store().page(keys.id(), page).unwrap().unwrap();
                keys.open_page(page, &row).unwrap();
            }
            opened => return opened.map(|plain| plain.expose().to_vec()),
        }
    }
}

/// P33: from the tick on what was deleted opens with no image of any time and all vaults as they are; before it, it does.
#[test]
fn p33_what_was_deleted_opens_with_nothing_after_the_tick() {
    keeps("promises::p33_what_was_deleted_opens_with_nothing_after_the_tick", &["p33"], || {
        let mut world = World::new(33);
        let mut pair = Pair::new(&mut world);
        let mut images = vec![world.image()];
        let texts: Vec<String> = (0..12).map(|at| pair.send(&mut world.node, at % 2)).collect();
        world.node.sync();
        images.push(world.image());
        for text in &texts[3..6] {
            pair.delete_both(&mut world.node, text);
        }
        world.node.sync();
        images.push(world.image());
        let opens = |world: &World, images: &[Image], text: &str| {
            world.dig(paths(images), vaults(images.last().unwrap())).holds(text.as_bytes())
        };
        assert!(texts.iter().all(|text| opens(&world, &images, text)), "this test has no power");
        world.node.tick();
        images.push(world.image());
        for (at, text) in texts.iter().enumerate() {
            let is_gone = (3..6).contains(&at);
            must(opens(&world, &images, text) != is_gone, || {
                format!("message {at} is wrong after the tick")
            })?;
        }
        // A second tick, over the state of the first, after a restart.
        world.node.stop();
        world.node.start();
        pair.delete_both(&mut world.node, &texts[0]);
        world.node.tick();
        images.push(world.image());
        must(!opens(&world, &images, &texts[0]), || "a second tick leaves a message".to_owned())?;
        must(opens(&world, &images, &texts[1]), || "a second tick takes too much".to_owned())
    });
}

/// P33 and P34: what was deleted or written after a backup is in no row of the store that comes back from it. Once its boxes
/// are repaired and ticked that opens with no image of any time, though no tick had seen the deletion; what lives does.
#[test]
fn p33_what_a_restore_loses_opens_with_nothing_after_the_tick() {
    let mut world = World::new(133);
    let mut pair = Pair::new(&mut world);
    pair.exchange_numbers(&mut world.node);
    let kept: Vec<String> = (0..6).map(|at| pair.send(&mut world.node, at % 2)).collect();
    // A tick before, so that there are pages of a state; and something pending in the backup.
    pair.delete_both(&mut world.node, &kept[0]);
    world.node.tick();
    pair.delete_both(&mut world.node, &kept[1]);
    world.node.sync();
    let backup = world.image();
    let lost: Vec<String> = (0..6).map(|at| pair.send(&mut world.node, at % 2)).collect();
    pair.exchange_numbers(&mut world.node);
    world.node.sync();
    let written = world.image();
    lost[..3].iter().for_each(|text| pair.delete_both(&mut world.node, text));
    world.node.stop();
    let deleted = world.image();
    let images = [backup.clone(), written, deleted];
    let opens = |world: &World, text: &str, now: &Image| {
        world.dig(paths(&images).into_iter().chain([now.data.as_path()]), vaults(now)).holds(text.as_bytes())
    };
    assert!(lost.iter().all(|text| opens(&world, text, &images[2])), "this test has no power");

    let live = Image::live(world.base.path());
    std::fs::remove_dir_all(&live.data).unwrap();
    copy(&backup.data, &live.data);
    world.node.start();
    assert!(world.node.up().is_behind);
    let records = live_records(&mut world.node, &pair);
    let there: BTreeSet<_> = records.iter().map(|(row_key, _)| row_key.clone()).collect();
    world.node.tick();
    assert_eq!(live_records(&mut world.node, &pair), records, "a tick takes nothing that lives");
    for of in 0..2 {
        let mut wanted = kept[2..].to_vec();
        wanted.sort();
        assert_eq!(pair.texts(&mut world.node, of), wanted);
    }
    let now = world.image();
    for text in lost.iter().chain(&kept[..2]) {
        assert!(!opens(&world, text, &now), "a message of the lost time opens");
    }
    assert!(kept[2..].iter().all(|text| opens(&world, text, &now)));
    // Not messages only, and also what lies in the directory.
    let found = world.dig(paths(&images).into_iter().chain([now.data.as_path()]), vaults(&now));
    let opened = fresh_records(&found);
    let more: Vec<_> = opened.difference(&records).map(|(row_key, _)| there.contains(row_key)).collect();
    assert!(more.is_empty(), "{} rows open that do not live", more.len());
    assert_eq!(opened.len(), records.len());
    // A second start finds nothing more to do, and the same rows.
    world.node.stop();
    world.node.start();
    assert!(!world.node.up().is_behind);
    assert_eq!(live_records(&mut world.node, &pair), records);
    // The same backup can come back again: nothing in it was cut out that its time had not deleted.
    world.node.stop();
    std::fs::remove_dir_all(&live.data).unwrap();
    copy(&backup.data, &live.data);
    world.node.start();
    for of in 0..2 {
        let mut wanted = kept[2..].to_vec();
        wanted.sort();
        assert_eq!(pair.texts(&mut world.node, of), wanted);
    }
    world.node.tick();
    let now = world.image();
    assert!(lost.iter().chain(&kept[..2]).all(|text| !opens(&world, text, &now)));
}

/// How a backup is made and brought back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backup {
    /// `cp -a` of the data folder.
    Copy,
    /// `store::dump`, with the local part and the roster beside it.
    Dump,
}

/// P34: a backup that is brought back resurrects nothing, and no number is issued twice. Its two halves have a breach each.
const P34: &[&str] = &["p34", "p33"];

#[test]
fn p34_a_copy_that_comes_back_resurrects_nothing() {
    keeps("promises::p34_a_copy_that_comes_back_resurrects_nothing", P34, || {
        restore(Backup::Copy, Vaults::AsTheyAre)
    });
}

/// P34, by dump and restore.
#[test]
fn p34_a_dump_that_comes_back_resurrects_nothing() {
    keeps("promises::p34_a_dump_that_comes_back_resurrects_nothing", P34, || {
        restore(Backup::Dump, Vaults::AsTheyAre)
    });
}

/// Where P34 ends: whoever takes the vaults into his backup brings back what was deleted since, and nobody can see it.
#[test]
fn p34_a_backup_with_the_vaults_in_it_resurrects_everything() {
    for backup in [Backup::Copy, Backup::Dump] {
        let verdict = restore(backup, Vaults::OfTheBackup);
        assert_eq!(verdict, Err("5 messages are back".to_owned()));
    }
}

/// Which vaults a backup meets when it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vaults {
    AsTheyAre,
    OfTheBackup,
}

fn restore(backup: Backup, of: Vaults) -> Verdict {
    let mut world = World::new(34);
    let mut pair = Pair::new(&mut world);
    let texts: Vec<String> = (0..20).map(|at| pair.send(&mut world.node, at % 2)).collect();
    world.node.sync();
    let image = world.image();
    let mut dumped = Vec::new();
    dump::dump(&*world.node.store().engine().view().unwrap(), &mut dumped).unwrap();
    let mut numbers = numbers(&world.node);

    texts.iter().skip(1).step_by(4).for_each(|text| pair.delete_both(&mut world.node, text));
    world.node.tick();
    (0..9).for_each(|at| drop(pair.send(&mut world.node, at % 2)));
    for (number, row) in self::numbers(&world.node) {
        numbers.insert(number, row);
    }
    world.node.stop();

    let live = Image::live(world.base.path());
    match backup {
        Backup::Copy => {
            std::fs::remove_dir_all(&live.data).unwrap();
            copy(&image.data, &live.data);
        }
        Backup::Dump => {
            std::fs::remove_dir_all(live.data.join("store")).unwrap();
            let engine = Embedded::open(&live.data.join("store"), &Settings::default()).unwrap();
            dump::restore(&engine, &mut dumped.as_slice()).unwrap();
            store::Engine::sync(&engine).unwrap();
            store::Engine::close(&engine);
        }
    }
    if of == Vaults::OfTheBackup {
        for (now, then) in live.vaults.iter().zip(&image.vaults) {
            std::fs::remove_dir_all(now).unwrap();
            copy(then, now);
        }
    }
    world.node.start();
    let is_behind = world.node.up().is_behind;
    let wanted: BTreeSet<&String> =
        texts.iter().enumerate().filter(|(at, _)| at % 4 != 1).map(|it| it.1).collect();
    for of in 0..2 {
        let there = pair.texts(&mut world.node, of);
        let back = there.iter().filter(|text| !wanted.contains(text)).count();
        must(back == 0, || format!("{back} messages are back"))?;
        must(there.len() == wanted.len(), || format!("{} of {} are there", there.len(), wanted.len()))?;
    }
    must(is_behind, || "nobody saw that the store is old".to_owned())?;

    // Life goes on, under numbers that were never issued.
    (0..9).for_each(|at| drop(pair.send(&mut world.node, at % 2)));
    for (number, row) in self::numbers(&world.node) {
        let first = numbers.entry(number).or_insert_with(|| row.clone());
        must(*first == row, || "a number was issued twice".to_owned())?;
    }
    for by in pair.people {
        let audit = world.node.read(|tx| domain::audit::audit(tx, by.own_box())).unwrap();
        must(audit.wrong.is_empty(), || format!("after the repair: {:?}", audit.wrong))?;
    }
    let again = world.image();
    let found = world.dig([again.data.as_path(), &image.data], vaults(&again));
    let opens = texts.iter().skip(1).step_by(4).filter(|text| found.holds(text.as_bytes())).count();
    must(opens == 0, || format!("{opens} messages open again"))
}

/// Which row has which number: by the owner's prefix and the number.
fn numbers(node: &Node) -> BTreeMap<([u8; 12], u64), Vec<u8>> {
    let rows = rows(node).into_iter().filter_map(|(key, value)| match Header::of(&value) {
        Some(Header::Record(version)) => {
            Some(((*key.as_bytes().first_chunk()?, version.number.0), key.as_bytes().to_vec()))
        }
        _ => None,
    });
    rows.collect()
}

/// P47: every row of a real folder is of a declared table, and belongs to an owner of that table's class.
#[test]
fn p47_every_row_is_of_a_table_with_a_rule() {
    keeps("promises::p47_every_row_is_of_a_table_with_a_rule", &["p06"], || {
        let mut world = World::new(47);
        let mut pair = Pair::new(&mut world);
        life(&mut world, &mut pair);
        pair.send(&mut world.node, 0);
        let text = pair.texts(&mut world.node, 0).pop().unwrap();
        pair.delete(&mut world.node, 0, &text);
        let by = pair.people[1];
        let now = world.node.now;
        world.node.write(|tx| domain::authorization::log_out(tx, by.key(), now).map(drop)).unwrap();
        let names = world.node.up().ring.names().unwrap();
        let mut owners: BTreeMap<[u8; 12], Class> = BTreeMap::new();
        let mut add = |tag, class| {
            owners.insert(names.owner(tag).prefix(), class);
        };
        add(OwnerTag::System, Class::System);
        add(OwnerTag::Box(OwnerTag::SHORT_LIVED), Class::Box);
        sealed::DirectoryBox::all().for_each(|shelf| add(OwnerTag::Directory(shelf), Class::Directory));
        for by in pair.people {
            add(OwnerTag::Box(by.own_box()), Class::Box);
            add(OwnerTag::Device(by.key()), Class::Device);
        }
        let tables = tables();
        let mut seen = BTreeSet::new();
        for (key, _) in rows(&world.node) {
            let id = key.table().unwrap();
            let Some(info) = tables.get(&id) else {
                return Err(format!("a row of table {id:#x}, which has no rule"));
            };
            let Some(class) = owners.get(key.as_bytes().first_chunk().unwrap()) else {
                return Err(format!("a row of {} belongs to nobody", info.name));
            };
            // States and what is pending lie with whichever box they are of.
            let is_state =
                [table::SHEET, table::PAGE, table::PENDING].contains(&id) || info.name == "REPAIRED";
            let fits = *class == info.class || is_state && *class == Class::Directory;
            must(fits, || format!("a row of {} belongs to the wrong class", info.name))?;
            seen.insert(info.name);
        }
        for name in [
            "KEYS", "ACCOUNTS", "PHONES", "MESSAGES", "DIALOGS", "CONTACTS", "SHEETS", "PENDING", "DIRTY",
            "OUTBOX",
        ] {
            assert!(seen.contains(name), "no row of {name}: {seen:?}");
        }
        Ok(())
    });
}

/// Exhume says whose a row is; that is what the promises above stand on.
#[test]
fn p09_exhume_names_the_owners() {
    let mut world = World::new(90);
    let mut pair = Pair::new(&mut world);
    let text = pair.send(&mut world.node, 0);
    world.node.sync();
    let image = world.image();
    let found = world.dig([image.data.as_path()], vaults(&image));
    let owners: BTreeSet<Owner> = found.with(text.as_bytes()).map(|row| row.owner).collect();
    assert_eq!(owners, pair.people.iter().map(|by| Owner::Box(by.user().0)).collect());
    assert_eq!((found.counts.owners, found.counts.rows_not_carved), (found.counts.owners_known, 0));
}
