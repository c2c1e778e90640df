//! P33: what a restore has lost, in boxes whose owners do not come.

use std::collections::BTreeSet;

use domain::audit;
use sealed::{Header, OwnerTag, RowKey};

use crate::folders::{Image, copy};
use crate::people::Pair;
use crate::promises::{live_records, paths, rows, vaults};
use crate::world::World;

/// Rows of the two people's boxes that lie under numbers of their own.
fn records(world: &World, pair: &Pair) -> BTreeSet<RowKey> {
    let names = world.node.up().ring.names().unwrap();
    let theirs = [0, 1].map(|at| names.owner(OwnerTag::of_box(pair.people[at].own_box())).prefix());
    let is_theirs = |key: &RowKey| theirs.iter().any(|prefix| key.as_bytes().starts_with(prefix));
    let is_record = |header| matches!(header, Some(Header::Record(_) | Header::Short(_)));
    let all = rows(&world.node).into_iter();
    all.filter(|(key, value)| is_theirs(key) && is_record(Header::of(value))).map(|(key, _)| key).collect()
}

/// No key that opens their boxes comes: what the lost time wrote dies with the next tick all the same, and rows that it had
/// killed go. When they come, all is as it should be.
#[test]
fn p33_what_a_restore_loses_dies_though_nobody_comes() {
    let mut world = World::new(333);
    let mut pair = Pair::new(&mut world);
    let kept: Vec<String> = (0..8).map(|at| pair.send(&mut world.node, at % 2)).collect();
    pair.delete_both(&mut world.node, &kept[0]);
    world.node.tick();
    world.node.sync();
    let backup = world.image();
    // The lost time: one message goes for good, others are written, and one of those is deleted and never ticked.
    pair.delete_both(&mut world.node, &kept[1]);
    world.node.tick();
    let lost: Vec<String> = (0..4).map(|at| pair.send(&mut world.node, at % 2)).collect();
    pair.delete_both(&mut world.node, &lost[0]);
    world.node.sync();
    let written = world.image();
    world.node.stop();
    let images = [backup.clone(), written];
    let opens = |world: &World, text: &str, now: &Image| {
        world.dig(paths(&images).into_iter().chain([now.data.as_path()]), vaults(now)).holds(text.as_bytes())
    };

    let live = Image::live(world.base.path());
    std::fs::remove_dir_all(&live.data).unwrap();
    copy(&backup.data, &live.data);
    world.node.start();
    assert!(world.node.up().is_behind);
    let before = world.image();
    assert!(lost[1..].iter().all(|text| opens(&world, text, &before)), "this test has no power");
    let there = records(&world, &pair);
    let dropped = world.node.walk();
    let left = records(&world, &pair);
    assert!(dropped >= 2 && left.len() + dropped == there.len(), "{dropped} of {}", there.len());
    let are_cold = || pair.people.iter().all(|by| world.node.up().ring.warm(by.own_box()).is_err());
    assert!(are_cold(), "a key that opens was asked for");
    world.node.tick();
    assert!(pair.people.iter().all(|by| world.node.up().ring.warm(by.own_box()).is_err()));
    let now = world.image();
    for text in lost.iter().chain(&kept[..2]) {
        assert!(!opens(&world, text, &now), "a message of the lost time opens");
    }
    assert!(kept[2..].iter().all(|text| opens(&world, text, &now)), "a walk takes too much");

    // Both come: they see what there is, and their boxes say so of themselves.
    for of in 0..2 {
        let mut wanted = kept[2..].to_vec();
        wanted.sort();
        assert_eq!(pair.texts(&mut world.node, of), wanted);
        let own = pair.people[of].own_box();
        assert!(world.node.read(|tx| audit::audit(tx, own)).unwrap().wrong.is_empty());
    }
    let opened: BTreeSet<RowKey> = records(&world, &pair);
    assert!(left.is_subset(&opened), "what was left is alive");
    assert!(!live_records(&mut world.node, &pair).is_empty());
    // A second walk finds nothing that is dead; were there something, counts would be made again.
    assert_eq!(world.node.walk(), 0);
    let next = pair.send(&mut world.node, 0);
    assert!(pair.texts(&mut world.node, 1).contains(&next));
}
