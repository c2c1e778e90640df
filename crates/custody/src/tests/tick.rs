//! The shred tick: what is cut is dead once it is final, what is not stays, wherever the server dies (R13).

use ids::BoxId;
use sealed::{BoxSecrets, Keyring, Number, NumberRange};

use super::{
    model::Vice,
    sim::{CALM, Record, STORM, Sim},
};
use crate::{
    Job, KeyName, Misdeed, Release, Released, Shred, StateRows, Ticked, VaultNo, Want,
    shared::{View, Views},
};

const SIZES: [(u8, u8); 2] = [(3, 2), (5, 3)];

/// A box with records, the odd ones among them deleted.
struct Scene {
    of: BoxId,
    live: Vec<Record>,
    dead: Vec<Record>,
}

fn scene(sim: &mut Sim, count: usize) -> Scene {
    let (of, records) = sim.filled_box(count);
    let (mut live, mut dead) = (Vec::new(), Vec::new());
    for (at, record) in records.into_iter().enumerate() {
        if at % 2 == 1 {
            sim.delete(of, &record);
            dead.push(record);
        } else {
            live.push(record);
        }
    }
    sim.rows.sync();
    Scene { of, live, dead }
}

fn done(epoch: u32) -> Ticked {
    Ticked::Done { epoch, late: Vec::new(), was_half_done: false }
}

/// What somebody opens who has every image of the store's rows of all times, C and the local part, and the vaults as
/// they are now: every share of every vault.
fn open_to_all_images(sim: &mut Sim, scene: &Scene) -> Vec<Number> {
    let name = KeyName::X(scene.of);
    let mut views = Views::none(&sim.deployment);
    let mut c_views = Views::none(&sim.deployment);
    for (index, vault) in sim.vaults.iter().enumerate() {
        let no = VaultNo::at(index);
        let row = |name| vault.disk.rows.get(&sim.deployment.handle(name, no)).cloned().unwrap_or_default();
        let (x, c) = (row(name), row(KeyName::C(scene.of)));
        views.heard(no, View { current: x.current, staged: x.staged });
        c_views.heard(no, View { current: c.current, staged: c.staged });
    }
    let c_group = c_views.weigh(&sim.deployment, KeyName::C(scene.of)).groups.remove(0);
    let mut opened = Vec::new();
    for group in views.weigh(&sim.deployment, name).groups {
        let Some(_) = group.key(&sim.deployment, name) else { continue };
        let epoch = group.sharing.epoch;
        let sheets: Vec<_> = if epoch == 0 {
            vec![None]
        } else {
            let of_epoch = |(of, at, _): &&(BoxId, u32, sealed::AtRest)| *of == scene.of && *at == epoch;
            sim.rows.ever_sheets.iter().filter(of_epoch).map(|(_, _, sheet)| Some(sheet.clone())).collect()
        };
        for sheet in sheets {
            let ring = Keyring::new(256);
            sim.copy_roots(&ring);
            let x = group.key(&sim.deployment, name).unwrap();
            let c = c_group.key(&sim.deployment, KeyName::C(scene.of)).unwrap();
            let Ok(keys) = ring.install_box(scene.of, BoxSecrets { c, x, epoch, sheet }) else { continue };
            for record in scene.live.iter().chain(&scene.dead) {
                let pages = sim.rows.ever_pages.clone();
                if sim.opens_with(&keys, record, &pages) {
                    opened.push(record.number);
                }
            }
        }
    }
    opened
}

#[test]
fn p33_what_is_cut_is_dead_and_what_is_not_opens() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 21);
        let scene = scene(&mut sim, 24);
        let before = open_to_all_images(&mut sim, &scene);
        assert_eq!(before.len(), 24, "the look at all images has no power");
        assert_eq!(sim.tick(&[scene.of], usize::MAX).unwrap(), [(scene.of, done(1))]);
        // The keys in memory went over.
        let keys = sim.ring.warm(scene.of).unwrap();
        assert_eq!(keys.epoch(), Ok(1));
        assert!(scene.live.iter().all(|record| sim.opens(&keys, record)));
        assert!(!scene.dead.iter().any(|record| sim.opens(&keys, record)));
        assert!(sim.rows.dirty.is_empty() && sim.rows.sheets.contains_key(&(scene.of, 1)));
        // And so do those that are released anew.
        sim.restart().unwrap();
        let keys = sim.warm(scene.of);
        assert!(scene.live.iter().all(|record| sim.opens(&keys, record)));
        assert!(!scene.dead.iter().any(|record| sim.opens(&keys, record)));
        let mut after = open_to_all_images(&mut sim, &scene);
        after.sort_unstable();
        after.dedup();
        let live: Vec<Number> = scene.live.iter().map(|record| record.number).collect();
        assert_eq!(after, live);
    }
}

#[test]
fn a_tick_takes_three_exchanges_and_a_clean_box_two() {
    let mut sim = Sim::started(3, 2, 22);
    let scene = scene(&mut sim, 10);
    sim.vaults.iter_mut().for_each(|vault| vault.requests = 0);
    sim.tick(&[scene.of], usize::MAX).unwrap();
    assert!(sim.vaults.iter().all(|vault| vault.requests == 3));
    sim.vaults.iter_mut().for_each(|vault| vault.requests = 0);
    assert_eq!(sim.tick(&[scene.of], usize::MAX).unwrap(), [(scene.of, done(1))]);
    assert!(sim.vaults.iter().all(|vault| vault.requests == 2));
}

/// P37: with fewer than D receipts nothing is final; with fewer than W stages nothing happens at all.
#[test]
fn p37_nothing_is_final_without_d_receipts() {
    for (n, k) in SIZES {
        let (w, d) = (k + 1, n - k + 1);
        for away in 1..n {
            let mut sim = Sim::started(n, k, 23);
            let scene = scene(&mut sim, 8);
            for vault in 1..=away {
                sim.set_vice(vault, Vice::Away);
            }
            let ticked = sim.tick(&[scene.of], usize::MAX).unwrap().remove(0).1;
            let (there, pending) = (n - away, sim.rows.pending[&scene.of].len());
            if there >= w && there >= d {
                let late = (1..=away).map(VaultNo).collect();
                assert_eq!(ticked, Ticked::Done { epoch: 1, late, was_half_done: false });
                assert!(pending == 0 && sim.rows.dirty.contains(&scene.of));
            } else {
                assert_eq!(ticked, Ticked::Away, "{there} of {n}");
                assert_eq!(pending, 4);
                assert_eq!(sim.at_epoch(scene.of, 0), usize::from(n));
            }
            for vault in 1..=away {
                sim.set_vice(vault, Vice::None);
            }
            // Late vaults follow, with the whole state or with the commit alone.
            let ticked = sim.tick(&[scene.of], usize::MAX).unwrap().remove(0).1;
            assert_eq!(ticked, done(1));
            assert_eq!(sim.at_epoch(scene.of, 1), usize::from(n));
            assert!(sim.rows.dirty.is_empty());
            let named = sim.deployment.take_named();
            assert!(named.is_empty(), "{named:?}");
        }
    }
}

/// Vaults that go away between the stage and the commit: W have staged, too few commit.
#[test]
fn p37_a_commit_that_too_few_have_seen_is_pending() {
    for (n, k) in SIZES {
        let d = n - k + 1;
        for committing in 0..n {
            let mut sim = Sim::started(n, k, 24);
            let scene = scene(&mut sim, 8);
            let jobs = [Job { of: scene.of, below: None }];
            let mut shred = Shred::new(&sim.deployment, &sim.ring, &jobs, sim.pace(), sim.now_ms);
            sim.before_commit(&mut shred);
            for vault in committing + 1..=n {
                sim.set_vice(vault, Vice::Away);
            }
            let ticked = sim.run(&mut shred, usize::MAX).unwrap().remove(0).1;
            let is_final = committing >= d;
            let receipts = usize::from(committing);
            let is_told = matches!(ticked, Ticked::Done { .. });
            assert!(is_told == is_final, "{ticked:?}");
            assert!(is_final || ticked == Ticked::NotFinal { receipts }, "{ticked:?}");
            assert_eq!(sim.rows.pending[&scene.of].is_empty(), is_final);
            assert_eq!(sim.at_epoch(scene.of, 1), usize::from(committing));
            for vault in 1..=n {
                sim.set_vice(vault, Vice::None);
            }
            let keys = sim.ring.warm(scene.of).unwrap();
            assert!(scene.live.iter().all(|record| sim.opens(&keys, record)));
            sim.restart().unwrap();
            let ticked = sim.tick(&[scene.of], usize::MAX).unwrap().remove(0).1;
            assert!(matches!(ticked, Ticked::Done { .. }), "{ticked:?}");
            finish(&mut sim, &scene, "after the vaults came back");
        }
    }
}

/// Ticks until nothing is pending, and looks at everything.
fn finish(sim: &mut Sim, scene: &Scene, what: &str) {
    for round in 0.. {
        assert!(round < 4, "{what}: it never comes to an end");
        let ticked = sim.tick(&[scene.of], usize::MAX).unwrap().remove(0).1;
        assert!(matches!(ticked, Ticked::Done { .. }), "{what}: {ticked:?}");
        if sim.rows.dirty.is_empty() {
            break;
        }
    }
    if let Ok(keys) = sim.ring.warm(scene.of) {
        let epoch = keys.epoch().unwrap();
        assert_eq!(sim.at_epoch(scene.of, epoch), sim.vaults.len(), "{what}: the memory stayed behind");
    }
    let keys = sim.warm(scene.of);
    assert!(scene.live.iter().all(|record| sim.opens(&keys, record)), "{what}: a survivor is lost");
    assert!(!scene.dead.iter().any(|record| sim.opens(&keys, record)), "{what}: a dead one opens");
    assert_eq!(sim.at_epoch(scene.of, keys.epoch().unwrap()), sim.vaults.len(), "{what}");
    let opened = open_to_all_images(sim, scene);
    assert!(scene.dead.iter().all(|record| !opened.contains(&record.number)), "{what}: an image opens");
    assert_eq!(sim.rows.sheets.keys().filter(|(of, _)| *of == scene.of).count(), 1, "{what}");
}

/// R13 in the small: the server dies at every step of a tick, and comes up again.
#[test]
fn r13_death_at_every_step_leaves_one_usable_epoch() {
    for (n, k) in SIZES {
        for dies_at in 0.. {
            let mut sim = Sim::started(n, k, 1_000 + dies_at as u64);
            let scene = scene(&mut sim, 8);
            let outcome = sim.tick(&[scene.of], dies_at);
            let is_over = outcome.is_some();
            let what = format!("{n} vaults, died at step {dies_at}");
            sim.restart().unwrap();
            let keys = sim.warm(scene.of);
            assert!(scene.live.iter().all(|record| sim.opens(&keys, record)), "{what}");
            // What is written now is there afterwards.
            let later = sim.write(&keys, 99);
            finish(&mut sim, &scene, &what);
            let keys = sim.warm(scene.of);
            assert!(sim.opens(&keys, &later), "{what}");
            if is_over {
                assert!(dies_at > 3 * usize::from(n), "the tick had no steps");
                break;
            }
        }
    }
}

/// A deletion that nobody was told of dies with the server, in the middle of the tick that was to make it final: the row
/// is back, and opens.
#[test]
fn r13_a_deletion_that_is_lost_kills_nothing() {
    let mut lost_at_some = 0;
    for dies_at in 0..60 {
        let mut sim = Sim::started(3, 2, 2_000 + dies_at as u64);
        let (of, records) = sim.filled_box(6);
        sim.rows.sync();
        for record in &records[..3] {
            sim.delete(of, record);
        }
        sim.tick(&[of], dies_at);
        sim.restart().unwrap();
        drop(sim.warm(of));
        let pending = sim.rows.pending.get(&of).cloned().unwrap_or_default();
        let lost = records[..3].iter().filter(|record| !pending.contains(&NumberRange::one(record.number)));
        let lost: Vec<&Record> = lost.filter(|_| !sim.rows.receipts.contains_key(&of)).collect();
        for _ in 0..2 {
            sim.tick(&[of], usize::MAX).unwrap();
        }
        let keys = sim.warm(of);
        lost_at_some += usize::from(!lost.is_empty());
        assert!(lost.iter().all(|record| sim.opens(&keys, record)), "died at step {dies_at}");
        assert!(records[3..].iter().all(|record| sim.opens(&keys, record)));
    }
    assert!(lost_at_some > 3, "{lost_at_some}");
}

/// The same in a storm, twice over, with requests of the dead server that arrive when the next one is at work.
#[test]
fn r13_deaths_in_a_storm() {
    for seed in 0..240 {
        let (n, k) = SIZES[seed as usize % 2];
        let mut sim = Sim::started(n, k, seed);
        let scene = scene(&mut sim, 6);
        sim.weather = STORM;
        for death in 0..2 {
            let dies_at = sim.rng.index(120);
            let outcome = sim.tick(&[scene.of], dies_at);
            let what = format!("seed {seed}, death {death} at {dies_at}");
            if let Some([(_, Ticked::Done { epoch, .. })]) = outcome.as_deref() {
                let d = usize::from(n - k + 1);
                assert!(sim.at_epoch(scene.of, *epoch) >= d, "{what}: final without D");
                let opened = open_to_all_images(&mut sim, &scene);
                let pending = sim.rows.pending[&scene.of].clone();
                let is_final = |number: &Number| !pending.contains(&NumberRange::one(*number));
                let dead = scene.dead.iter().map(|record| record.number).filter(is_final);
                assert!(dead.into_iter().all(|number| !opened.contains(&number)), "{what}: it opens");
            }
            sim.restart().unwrap();
            let keys = sim.warm(scene.of);
            assert!(scene.live.iter().all(|record| sim.opens(&keys, record)), "{what}");
        }
        sim.settle_down();
        finish(&mut sim, &scene, &format!("seed {seed}"));
    }
}

/// One vault lies during ticks: as long as the others are W and D, nothing is lost.
#[test]
fn r13_ticks_beside_a_liar() {
    let vices = [
        Vice::WrongShare,
        Vice::WrongCommitments,
        Vice::LaterEpoch,
        Vice::Forged,
        Vice::Short,
        Vice::WrongCopies,
        Vice::NeverStages,
    ];
    for vice in vices {
        for dies_at in (0..60).step_by(4) {
            let mut sim = Sim::started(5, 3, dies_at as u64);
            let scene = scene(&mut sim, 6);
            sim.set_vice(2, vice);
            let what = format!("{vice:?}, died at {dies_at}");
            sim.tick(&[scene.of], dies_at);
            sim.restart().unwrap();
            let keys = sim.warm(scene.of);
            assert!(scene.live.iter().all(|record| sim.opens(&keys, record)), "{what}");
            for _ in 0..3 {
                sim.tick(&[scene.of], usize::MAX).unwrap();
            }
            assert!(sim.rows.pending[&scene.of].is_empty(), "{what}");
            sim.restart().unwrap();
            let keys = sim.warm(scene.of);
            assert!(scene.live.iter().all(|record| sim.opens(&keys, record)), "{what}");
            assert!(!scene.dead.iter().any(|record| sim.opens(&keys, record)), "{what}");
            let named = sim.deployment.take_named();
            assert!(named.iter().all(|named| named.vault == VaultNo(2)), "{what}: {named:?}");
        }
    }
}

/// P34: an old store beside the vaults of now: the state comes back from the vaults, what was deleted does not.
#[test]
fn p34_a_restored_store_opens_what_is_alive() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 31);
        let scene = scene(&mut sim, 12);
        let backup = sim.rows.backup();
        for _ in 0..3 {
            sim.tick(&[scene.of], usize::MAX).unwrap();
        }
        let keys = sim.warm(scene.of);
        let later = sim.write(&keys, 50);
        sim.delete(scene.of, &later);
        sim.tick(&[scene.of], usize::MAX).unwrap();
        sim.rows = backup;
        sim.set_vice(1, Vice::WrongCopies);
        sim.restart().unwrap();
        let keys = sim.warm(scene.of);
        assert!(keys.epoch().unwrap() >= 2);
        assert!(scene.live.iter().all(|record| sim.opens(&keys, record)));
        assert!(!scene.dead.iter().any(|record| sim.opens(&keys, record)));
        assert!(!sim.opens(&keys, &later));
        // The restored store has its old pending rows again; they are cut once more.
        sim.set_vice(1, Vice::None);
        finish(&mut sim, &scene, "restored");
    }
}

/// The vault that is asked for its copies goes away before it gives them: another one does.
#[test]
fn a_restore_goes_on_with_another_vault() {
    for dies_at in 0..40 {
        let mut sim = Sim::started(5, 3, 38);
        let scene = scene(&mut sim, 8);
        sim.tick(&[scene.of], usize::MAX).unwrap();
        sim.restart_as_is().unwrap();
        sim.rows.sheets.clear();
        sim.rows.pages.clear();
        let mut release =
            Release::new(&sim.deployment, &sim.ring, &[Want::Box(scene.of)], sim.pace(), sim.now_ms);
        if sim.run(&mut release, dies_at).is_some() {
            break;
        }
        sim.set_vice(1, Vice::Away);
        let released = sim.run(&mut release, usize::MAX).unwrap();
        assert_eq!(released[0].1, Released::Installed, "away from step {dies_at}");
        let keys = sim.ring.warm(scene.of).unwrap();
        assert!(scene.live.iter().all(|record| sim.opens(&keys, record)));
    }
}

/// A vault that was away for several ticks gets the whole state, and can then stand in for the others.
#[test]
fn a_late_vault_gets_the_whole_state() {
    let mut sim = Sim::started(5, 3, 32);
    let (of, records) = sim.filled_box(40);
    sim.set_vice(5, Vice::Away);
    for record in &records[..3] {
        sim.delete(of, record);
        sim.tick(&[of], usize::MAX).unwrap();
    }
    assert_eq!((sim.at_epoch(of, 3), sim.at_epoch(of, 0)), (4, 1));
    sim.set_vice(5, Vice::None);
    assert_eq!(sim.tick(&[of], usize::MAX).unwrap(), [(of, done(3))]);
    assert_eq!(sim.at_epoch(of, 3), 5);
    // The store loses its rows, and the others are gone: what the late one got is enough with two more.
    sim.rows.sheets.clear();
    sim.rows.pages.clear();
    for vault in 1..=2 {
        sim.set_vice(vault, Vice::Away);
    }
    for vault in 3..=4 {
        sim.set_vice(vault, Vice::WrongCopies);
    }
    sim.restart_as_is().unwrap();
    let keys = sim.warm(of);
    assert!(records[3..].iter().all(|record| sim.opens(&keys, record)));
    assert!(!records[..3].iter().any(|record| sim.opens(&keys, record)));
}

/// A vault put back to an earlier time is named; the others go on, and it is brought up to date after it was accepted.
#[test]
fn a_vault_that_was_rolled_back_is_named_and_brought_up_to_date() {
    let mut sim = Sim::started(5, 3, 33);
    let scene = scene(&mut sim, 8);
    let image = sim.vaults[1].disk.clone();
    sim.tick(&[scene.of], usize::MAX).unwrap();
    sim.vaults[1].disk = image;
    let keys = sim.warm(scene.of);
    sim.delete(scene.of, &scene.live[0]);
    drop(keys);
    let ticked = sim.tick(&[scene.of], usize::MAX).unwrap().remove(0).1;
    assert_eq!(ticked, Ticked::Done { epoch: 2, late: vec![VaultNo(2)], was_half_done: false });
    let named = sim.deployment.take_named();
    assert!(named.iter().any(|named| (named.vault, named.misdeed) == (VaultNo(2), Misdeed::RolledBack)));
    assert!(named.iter().all(|named| named.vault == VaultNo(2)));
    // A new start has not seen its later number; it is late by two epochs, and gets the whole state.
    sim.forget_what_was_seen();
    sim.restart_as_is().unwrap();
    assert_eq!(sim.tick(&[scene.of], usize::MAX).unwrap(), [(scene.of, done(2))]);
    assert_eq!(sim.at_epoch(scene.of, 2), 5);
}

/// A box that was destroyed has nothing to be cut out of.
#[test]
fn the_pending_rows_of_a_destroyed_box_go() {
    let mut sim = Sim::started(3, 2, 34);
    let scene = scene(&mut sim, 4);
    for vault in &mut sim.vaults {
        vault.disk.rows.clear();
    }
    assert_eq!(sim.tick(&[scene.of], usize::MAX).unwrap(), [(scene.of, Ticked::Gone)]);
    assert!(sim.rows.dirty.is_empty() && sim.rows.pending[&scene.of].is_empty());
    assert_eq!(sim.release(&[Want::Box(scene.of)])[0].1, Released::Nothing);
}

/// Everything below a number is cut out at once, when survivors have moved.
#[test]
fn survivors_move_and_everything_below_goes() {
    let mut sim = Sim::started(3, 2, 35);
    let scene = scene(&mut sim, 20);
    let keys = sim.ring.warm(scene.of).unwrap();
    // So many scattered numbers that the state would exceed 8 MiB: the tick says so, and changes nothing.
    let first = keys.next_up().unwrap();
    for _ in 0..11_000 {
        let scattered = Number(first.0 - first.counter() + sim.rng.below(first.counter().max(1) + (1 << 39)));
        sim.rows.pend(scene.of, NumberRange::one(scattered));
    }
    assert_eq!(sim.tick(&[scene.of], usize::MAX).unwrap(), [(scene.of, Ticked::TooLarge)]);
    assert_eq!(sim.at_epoch(scene.of, 0), 3);
    sim.rows.pending.get_mut(&scene.of).unwrap().retain(|range| range.last < first);
    let below = keys.next_up().unwrap();
    let moved: Vec<Record> = (0..10).map(|at| sim.write(&keys, 100 + at)).collect();
    let jobs = [Job { of: scene.of, below: Some(below) }];
    let mut shred = Shred::new(&sim.deployment, &sim.ring, &jobs, sim.pace(), sim.now_ms);
    let ticked = sim.run(&mut shred, usize::MAX).unwrap();
    assert_eq!(ticked, [(scene.of, done(1))]);
    assert!(sim.rows.pending[&scene.of].is_empty() && sim.rows.dirty.is_empty());
    assert!(moved.iter().all(|record| sim.opens(&keys, record)));
    assert!(!scene.live.iter().chain(&scene.dead).any(|record| sim.opens(&keys, record)));
}

/// 10,000 dirty boxes: exchanges and bytes of one tick.
#[test]
fn ten_thousand_dirty_boxes_take_few_exchanges() {
    let mut sim = Sim::started(3, 2, 36);
    sim.ring = Keyring::new(1 << 16);
    sim.boot_into_ring();
    let mut boxes = Vec::new();
    while boxes.len() < 10_000 {
        let count = (10_000 - boxes.len()).min(4_096);
        sim.mint(&vec![crate::Make::Blank; count]);
        for _ in 0..count {
            let blank = sim.ring.blank().unwrap();
            let of = blank.id();
            blank.use_up();
            let number = sim.ring.warm(of).unwrap().next_number().unwrap();
            sim.rows.pend(of, NumberRange::one(number));
            sim.ring.close_box(of);
            boxes.push(of);
        }
    }
    for vault in &mut sim.vaults {
        (vault.requests, vault.bytes_in, vault.bytes_out) = (0, 0, 0);
    }
    let ticked = sim.tick(&boxes, usize::MAX).unwrap();
    assert_eq!(ticked.len(), 10_000);
    assert!(ticked.iter().all(|(_, ticked)| *ticked == done(1)));
    assert!(sim.rows.dirty.is_empty());
    for vault in &sim.vaults {
        assert!(vault.requests <= 60, "{} requests", vault.requests);
        assert!(vault.bytes_in <= 64 << 20, "{} bytes in", vault.bytes_in);
        assert!(vault.bytes_out <= 4 << 20, "{} bytes out", vault.bytes_out);
    }
    let requests: Vec<usize> = sim.vaults.iter().map(|vault| vault.requests).collect();
    let (bytes_in, bytes_out) = (sim.vaults[0].bytes_in, sim.vaults[0].bytes_out);
    assert_eq!(requests, vec![requests[0]; 3], "in {bytes_in}, out {bytes_out}");
}

/// With a vault away that a tick needs, all boxes are given up together, and soon.
#[test]
fn many_boxes_are_given_up_together() {
    let mut sim = Sim::started(3, 2, 39);
    sim.mint(&vec![crate::Make::Blank; 1_200]);
    let boxes: Vec<BoxId> = (0..1_200)
        .map(|_| {
            let blank = sim.ring.blank().unwrap();
            let of = blank.id();
            blank.use_up();
            let number = sim.ring.warm(of).unwrap().next_number().unwrap();
            sim.rows.pend(of, NumberRange::one(number));
            of
        })
        .collect();
    sim.set_vice(3, Vice::Away);
    let begun_ms = sim.now_ms;
    let ticked = sim.tick(&boxes, usize::MAX).unwrap();
    assert!(ticked.len() == 1_200 && ticked.iter().all(|(_, ticked)| *ticked == Ticked::Away));
    assert!(sim.now_ms - begun_ms < 2 * sim.pace().answer_ms, "{} ms", sim.now_ms - begun_ms);
}

/// Storage errors of a vault's neighbours stay theirs: a box whose rows are lost does not stop the others.
#[test]
fn one_broken_box_does_not_stop_the_others() {
    let mut sim = Sim::started(3, 2, 37);
    let (good, bad) = (scene(&mut sim, 6), scene(&mut sim, 6));
    sim.tick(&[good.of, bad.of], usize::MAX).unwrap();
    for scene in [&good, &bad] {
        sim.delete(scene.of, &scene.live[0]);
    }
    let sheet = sim.rows.sheet(bad.of, 1).unwrap().unwrap();
    let mut bytes = sheet.as_bytes().to_vec();
    bytes[40] ^= 1;
    sim.rows.sheets.insert((bad.of, 1), sealed::AtRest::read_back(bytes));
    sim.ring.close_box(bad.of);
    let ticked = sim.tick(&[good.of, bad.of], usize::MAX).unwrap();
    // The vaults' copy takes the place of the sheet that does not open.
    assert!(ticked.iter().all(|(_, ticked)| *ticked == done(2)), "{ticked:?}");
    sim.weather = CALM;
    let keys = sim.warm(bad.of);
    assert!(bad.live[1..].iter().all(|record| sim.opens(&keys, record)));
}
