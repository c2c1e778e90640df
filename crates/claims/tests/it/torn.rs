//! P33: what a power cut tore off the journal. No row names its numbers, and whoever has the disk as it was then has it.

use std::path::Path;

use crate::folders::{Image, copy};
use crate::people::Pair;
use crate::promises::{paths, vaults};
use crate::world::World;

/// What a power cut may take of the end of a batch: as little as that.
const TORN_BYTES: usize = 5;

/// The newest journal of a data folder without the end of its last batch.
fn tear(data: &Path) {
    let journals = std::fs::read_dir(data.join("store/rows")).unwrap();
    let journals = journals.map(|entry| entry.unwrap().path());
    let newest = journals.filter(|path| path.extension().is_some_and(|end| end == "jnl")).max().unwrap();
    let mut bytes = std::fs::read(&newest).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1;
    bytes[end - TORN_BYTES..end].fill(0);
    std::fs::write(newest, bytes).unwrap();
}

/// A message that nobody was answered for: half of its batch reached the disk. It is sent again, and deleted.
#[test]
fn p33_what_a_power_cut_tore_off_opens_with_nothing_after_the_tick() {
    let mut world = World::new(233);
    let mut pair = Pair::new(&mut world);
    let texts: Vec<String> = (0..6).map(|at| pair.send(&mut world.node, at % 2)).collect();
    // A tick before, so that there are pages of a state.
    pair.delete_both(&mut world.node, &texts[0]);
    world.node.tick();
    let lost = pair.send(&mut world.node, 0);
    world.node.sync();
    let cut = world.image();
    tear(&cut.data);
    world.node.stop();

    let live = Image::live(world.base.path());
    std::fs::remove_dir_all(&live.data).unwrap();
    copy(&cut.data, &live.data);
    let images = [cut];
    let opens = |world: &World, text: &str, now: &Image| {
        world.dig(paths(&images).into_iter().chain([now.data.as_path()]), vaults(now)).holds(text.as_bytes())
    };
    // The vaults have not heard of the lost commit: nothing is behind, and nothing is repaired.
    world.vaults_of(&images[0]);
    world.node.start();
    assert!(!world.node.up().is_behind);
    let now = world.image();
    assert!(opens(&world, &lost, &now), "this test has no power");
    assert!(!live.data.join("store/torn").exists(), "what is pending need not be remembered");

    world.node.tick();
    let now = world.image();
    assert!(!opens(&world, &lost, &now), "a message of the torn batch opens");
    assert!(texts[1..].iter().all(|text| opens(&world, text, &now)), "a tick takes too much");
    for of in 0..2 {
        let mut wanted = texts[1..].to_vec();
        wanted.sort();
        assert_eq!(pair.texts(&mut world.node, of), wanted);
    }
    // Nothing is in the way of what is written next.
    let next = pair.send(&mut world.node, 0);
    world.node.tick();
    assert!(pair.texts(&mut world.node, 1).contains(&next));
}
