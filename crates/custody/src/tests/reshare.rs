//! A vault takes the place of another: what the one before it has is of no use, nobody loses anything, and the process may die
//! at any step (docs/keys.md 6.6).

use std::collections::BTreeMap;

use crypto::share::{Share, join};
use ids::{AuthKeyId, BoxId};
use sealed::DirectoryBox;

use super::{
    model::{Disk, Vice},
    sim::{CALM, DAY, Record, STORM, Sim},
};
use crate::{
    Adopt, AdoptError, Destroy, Doomed, KeyName, Make, Minted, Released, Ticked, VaultNo, Want,
    shared::{View, Views},
    system_boxes, verdict,
    wire::Entry,
};

const SIZES: [(u8, u8); 3] = [(3, 2), (5, 3), (5, 2)];
const DEVICE: AuthKeyId = AuthKeyId(91);
/// The key of the new vault is made of this.
const NEW: u8 = 50;

/// A deployment with somebody in it.
struct Scene {
    of: BoxId,
    live: Vec<Record>,
    dead: Record,
    names: Vec<KeyName>,
    keys: BTreeMap<KeyName, [u8; 32]>,
}

impl Scene {
    fn new(sim: &mut Sim) -> Scene {
        let (of, mut records) = sim.filled_box(12);
        assert!(matches!(sim.mint(&[Make::Device(DEVICE)])[0].1, Minted::Installed { .. }));
        let dead = records.remove(5);
        sim.delete(of, &dead);
        sim.rows.sync();
        let directory = DirectoryBox::all().next().unwrap().id();
        let names = [KeyName::Root, KeyName::Day(DAY), KeyName::Device(DEVICE)];
        let of_boxes = [of, directory].into_iter().flat_map(|of| [KeyName::X(of), KeyName::C(of)]);
        let names: Vec<KeyName> = names.into_iter().chain(of_boxes).collect();
        let keys = names.iter().map(|&name| (name, key(sim, name).unwrap())).collect();
        Scene { of, live: records, dead, names, keys }
    }

    /// Whether all that lives opens, with the vaults as they are.
    fn opens(&self, sim: &mut Sim, what: &str) {
        sim.ring.close_box(self.of);
        let keys = sim.warm(self.of);
        assert!(self.live.iter().all(|record| sim.opens(&keys, record)), "{what}");
        for &name in self.names.iter().filter(|name| !matches!(name, KeyName::X(_))) {
            assert!(key(sim, name) == Some(self.keys[&name]), "{what}: another key");
        }
    }
}

/// All keys without which no start comes up.
fn of_system() -> Vec<KeyName> {
    let boxes = system_boxes().flat_map(|of| [KeyName::X(of), KeyName::C(of)]);
    [KeyName::Root, KeyName::Day(DAY)].into_iter().chain(boxes).collect()
}

/// The key that the vaults have now.
fn key(sim: &Sim, name: KeyName) -> Option<[u8; 32]> {
    let mut views = Views::none(&sim.deployment);
    for (index, vault) in sim.vaults.iter().enumerate() {
        let no = VaultNo::at(index);
        let row = vault.disk.rows.get(&sim.deployment.handle(name, no)).cloned().unwrap_or_default();
        views.heard(no, View { current: row.current, staged: row.staged });
    }
    let group = verdict::usable(&sim.deployment, name, &views)?;
    Some(*group.key(&sim.deployment, name)?.expose())
}

/// Which keys somebody makes who has the disk of the vault that was there before, and all that k - 1 others have.
fn made_with(sim: &Sim, scene: &Scene, before: &Disk, vault: VaultNo) -> Vec<KeyName> {
    let k = sim.deployment.roster().k();
    let others: Vec<VaultNo> =
        sim.deployment.roster().vaults().map(|(no, _)| no).filter(|no| *no != vault).collect();
    let entries = |disk: &Disk, name: KeyName, no: VaultNo| -> Vec<Entry> {
        let row = disk.rows.get(&sim.deployment.handle(name, no)).cloned().unwrap_or_default();
        row.current.into_iter().chain(row.staged).collect()
    };
    let is_made = |&name: &KeyName| {
        let keys = [Some(scene.keys[&name]), key(sim, name)];
        // All choices of k - 1 of the others, each with all choices among what it has.
        let mut choices: Vec<Vec<(VaultNo, Entry)>> =
            entries(before, name, vault).into_iter().map(|entry| vec![(vault, entry)]).collect();
        for &no in &others {
            let has = entries(&sim.vaults[no.index()].disk, name, no);
            for choice in choices.clone() {
                let with = |entry: &Entry| [&choice[..], &[(no, entry.clone())]].concat();
                choices.extend(has.iter().map(with));
            }
        }
        choices.iter().filter(|choice| choice.len() == k).any(|choice| {
            let share = |(no, entry): &(VaultNo, Entry)| Share { at: no.0, bytes: entry.piece.share.clone() };
            let secret = join(&choice.iter().map(share).collect::<Vec<_>>()).unwrap();
            choice.iter().any(|(_, entry)| {
                let made = *sim.deployment.shared_key(&secret, name, entry.epoch).expose();
                keys.contains(&Some(made))
            })
        })
    };
    scene.names.iter().copied().filter(|name| is_made(name)).collect()
}

/// Shares all keys anew, as often as something was half done.
fn finish(sim: &mut Sim, scene: &Scene, what: &str) {
    let mut left = scene.names.clone();
    for round in 0.. {
        assert!(round < 8, "{what}: it never comes to an end: {}", left.len());
        let all = sim.reshare(&left, usize::MAX).unwrap();
        let is_done = |ticked: &Ticked| matches!(ticked, Ticked::Done { was_half_done: false, .. });
        left = all.into_iter().filter(|(_, ticked)| !is_done(ticked)).map(|(name, _)| name).collect();
        if left.is_empty() {
            return;
        }
    }
}

#[test]
fn p09_what_a_vault_had_that_was_replaced_opens_nothing_with_fewer_than_k_others() {
    for (n, k) in SIZES {
        for vault in [1, n].map(VaultNo) {
            let mut sim = Sim::started(n, k, 41);
            let scene = Scene::new(&mut sim);
            let before = sim.replace(vault, NEW);
            assert!(made_with(&sim, &scene, &before, vault) == scene.names, "the look has no power");
            finish(&mut sim, &scene, "at once");
            assert!(made_with(&sim, &scene, &before, vault).is_empty());
            scene.opens(&mut sim, "in the same process");
            let keys = sim.warm(scene.of);
            assert!(!sim.opens(&keys, &scene.dead), "what was pending is cut out on the way");
            // Also for a process that begins after it, whichever n - k vaults are away.
            sim.reshare(&of_system(), usize::MAX).unwrap();
            sim.deployment = sim.deployment.with_roster(sim.deployment.roster().settled());
            sim.forget_all_but_the_roster();
            for away in 1..=n {
                let gone = (0..n - k).map(|more| (away + more - 1) % n + 1).collect::<Vec<u8>>();
                gone.iter().for_each(|&vault| sim.set_vice(vault, Vice::Away));
                if n - k == 1 {
                    sim.restart().unwrap();
                }
                scene.opens(&mut sim, "some are away");
                gone.iter().for_each(|&vault| sim.set_vice(vault, Vice::None));
            }
            assert!(sim.deployment.take_named().is_empty());
        }
    }
}

/// The process dies at each step of the way, and goes on, or begins anew with the list as it was written.
#[test]
fn a_replacement_that_is_cut_short_goes_on_wherever_it_was() {
    for (n, k) in SIZES {
        let vault = VaultNo(2);
        let steps = {
            let mut sim = Sim::started(n, k, 42);
            let scene = Scene::new(&mut sim);
            sim.replace(vault, NEW);
            sim.reshare(&scene.names, usize::MAX).unwrap();
            sim.steps
        };
        for dies_at in 0..=steps {
            let mut sim = Sim::started(n, k, 42);
            let scene = Scene::new(&mut sim);
            let before = sim.replace(vault, NEW);
            sim.reshare(&scene.names, dies_at);
            sim.forget_all_but_the_roster();
            sim.restart().unwrap();
            let what = format!("{n} vaults, died at {dies_at}");
            scene.opens(&mut sim, &what);
            // What is pending is back if its deletion was not durable, and cut out if it was.
            finish(&mut sim, &scene, &what);
            scene.opens(&mut sim, &what);
            assert!(made_with(&sim, &scene, &before, vault).is_empty(), "{what}");
        }
    }
}

/// A tick is half done when the vault is replaced, some of which the vault had staged or committed.
#[test]
fn p33_a_tick_that_was_half_done_when_a_vault_went_is_ended() {
    for (n, k) in SIZES {
        let steps = {
            let mut sim = Sim::started(n, k, 43);
            let scene = Scene::new(&mut sim);
            sim.tick(&[scene.of], usize::MAX).unwrap();
            sim.steps
        };
        for dies_at in 0..=steps {
            let mut sim = Sim::started(n, k, 43);
            let scene = Scene::new(&mut sim);
            sim.tick(&[scene.of], dies_at);
            sim.forget_all_but_the_roster();
            sim.restart().unwrap();
            let before = sim.replace(VaultNo(1), NEW);
            let what = format!("{n} vaults, a tick that died at {dies_at}");
            scene.opens(&mut sim, &what);
            finish(&mut sim, &scene, &what);
            scene.opens(&mut sim, &what);
            let keys = sim.warm(scene.of);
            assert!(!sim.opens(&keys, &scene.dead), "{what}");
            assert!(made_with(&sim, &scene, &before, VaultNo(1)).is_empty(), "{what}");
        }
    }
}

#[test]
fn a_replacement_in_a_storm_loses_nothing() {
    for seed in 0..40 {
        let (n, k) = SIZES[usize::try_from(seed % 3).unwrap()];
        let mut sim = Sim::started(n, k, 4_400 + seed);
        let scene = Scene::new(&mut sim);
        let vault = VaultNo(1 + u8::try_from(seed % u64::from(n)).unwrap());
        let before = sim.replace(vault, NEW);
        sim.weather = STORM;
        for _ in 0..3 {
            let dies_at = sim.rng.index(120);
            if sim.reshare(&scene.names, dies_at).is_none() {
                sim.forget_all_but_the_roster();
                while sim.restart().is_err() {}
            }
        }
        sim.settle_down();
        sim.weather = CALM;
        finish(&mut sim, &scene, &format!("seed {seed}"));
        scene.opens(&mut sim, &format!("seed {seed}"));
        assert!(made_with(&sim, &scene, &before, vault).is_empty(), "seed {seed}");
    }
}

/// Until its keys are shared anew a vault that was replaced counts among those that have not forgotten.
#[test]
fn p37_nothing_is_final_by_the_word_of_a_vault_that_never_had_it() {
    for (n, k) in SIZES {
        let d = n - k + 1;
        for answering in 0..n {
            let mut sim = Sim::started(n, k, 45);
            let scene = Scene::new(&mut sim);
            let before = sim.replace(VaultNo(n), NEW);
            (answering + 1..n).for_each(|vault| sim.set_vice(vault, Vice::Away));
            let doomed = [Doomed::Device(DEVICE)];
            let mut destroy =
                Destroy::new(&sim.deployment, &sim.ring, &doomed, store::Commit(0), sim.pace(), sim.now_ms);
            let (_, destroyed) = sim.run(&mut destroy, usize::MAX).unwrap().remove(0);
            assert_eq!(destroyed.is_final, answering >= d, "{answering} of {n} and the new one");
            let is_made = made_with(&sim, &scene, &before, VaultNo(n)).contains(&KeyName::Device(DEVICE));
            assert!(!(is_made && destroyed.is_final), "it is final, and opens");
        }
    }
}

/// Too few have heard of a destruction when one of the others is replaced: that has its share still, and with it k can make the key.
#[test]
fn p37_what_the_one_before_can_help_to_make_is_not_gone() {
    for (n, k) in SIZES {
        let d = n - k + 1;
        let mut sim = Sim::started(n, k, 49);
        let scene = Scene::new(&mut sim);
        // Vaults 2 to d hear of it.
        (1..=n).filter(|vault| !(2..=d).contains(vault)).for_each(|vault| sim.set_vice(vault, Vice::Away));
        let doomed = [Doomed::Device(DEVICE), Doomed::Box(scene.of)];
        let (pace, now_ms) = (sim.pace(), sim.now_ms);
        let mut destroy = Destroy::new(&sim.deployment, &sim.ring, &doomed, store::Commit(0), pace, now_ms);
        let destroyed = sim.run(&mut destroy, usize::MAX).unwrap();
        assert!(destroyed.iter().all(|(_, destroyed)| !destroyed.is_final));
        (1..=n).for_each(|vault| sim.set_vice(vault, Vice::None));
        let before = sim.replace(VaultNo(1), NEW);
        let made = made_with(&sim, &scene, &before, VaultNo(1));
        assert!(made.contains(&KeyName::X(scene.of)) && made.contains(&KeyName::Device(DEVICE)));
        assert!(sim.tick(&[scene.of], usize::MAX).unwrap()[0].1 != Ticked::Gone);
        for want in [Want::Device(DEVICE), Want::Box(scene.of)] {
            assert_ne!(sim.release(&[want])[0].1, Released::Nothing);
        }
        // Once more, and all have heard of it.
        let (pace, now_ms) = (sim.pace(), sim.now_ms);
        let mut destroy = Destroy::new(&sim.deployment, &sim.ring, &doomed, store::Commit(0), pace, now_ms);
        let destroyed = sim.run(&mut destroy, usize::MAX).unwrap();
        assert!(destroyed.iter().all(|(_, destroyed)| destroyed.is_final));
        let made = made_with(&sim, &scene, &before, VaultNo(1));
        assert!(!made.contains(&KeyName::C(scene.of)) && !made.contains(&KeyName::Device(DEVICE)));
        assert_eq!(sim.release(&[Want::Device(DEVICE)])[0].1, Released::Nothing);
    }
}

/// An account whose keys nobody has any more, and one that is there, with a vault that has none yet.
#[test]
fn a_newcomer_that_has_nothing_makes_nobody_gone() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 46);
        let scene = Scene::new(&mut sim);
        sim.replace(VaultNo(1), NEW);
        // As many as can be away.
        (0..n - k - 1).for_each(|more| sim.set_vice(n - more, Vice::Away));
        scene.opens(&mut sim, "with k that have shares");
        (1..=n).for_each(|vault| sim.set_vice(vault, Vice::None));
        assert_eq!(sim.release(&[Want::Box(BoxId(4_711))])[0].1, Released::Nothing);
    }
}

#[test]
fn a_vault_takes_a_place_only_if_it_has_nothing_and_says_so() {
    let mut sim = Sim::started(3, 2, 47);
    let adopted = |sim: &mut Sim, vault: VaultNo| {
        let (pace, now_ms) = (sim.pace(), sim.now_ms);
        let mut adopt = Adopt::new(&sim.deployment, vault, 9, pace, now_ms);
        sim.run(&mut adopt, usize::MAX).unwrap().remove(0)
    };
    assert_eq!(adopted(&mut sim, VaultNo(2)), Err(AdoptError::Taken));
    let row = std::mem::take(&mut sim.vaults[1].disk.rows);
    assert_eq!(adopted(&mut sim, VaultNo(2)), Ok(()));
    sim.set_vice(2, Vice::Disputes);
    assert_eq!(adopted(&mut sim, VaultNo(2)), Err(AdoptError::Unfit));
    for vice in [Vice::Away, Vice::Forged, Vice::Short] {
        sim.set_vice(2, vice);
        assert!(adopted(&mut sim, VaultNo(2)).is_err(), "{vice:?}");
    }
    sim.set_vice(2, Vice::None);
    sim.vaults[1].deployment = sim.deployment.handle(KeyName::Deployment, VaultNo(1));
    assert_eq!(adopted(&mut sim, VaultNo(2)), Err(AdoptError::Taken));
    sim.vaults[1].deployment = sim.deployment.handle(KeyName::Deployment, VaultNo(2));
    sim.vaults[1].disk.rows = row;
}

/// The incarnations of starts, where one that was drawn is known to a vault that goes and to one that was away. Red without the
/// draw of `Adopt`.
#[test]
fn r3_no_incarnation_is_drawn_twice_because_a_vault_was_replaced() {
    let mut sim = Sim::started(3, 2, 48);
    let mut drawn = vec![sim.restart().unwrap().incarnation];
    for round in 0..3u8 {
        sim.set_vice(1, Vice::Away);
        sim.forget_all_but_the_roster();
        drawn.push(sim.restart().unwrap().incarnation);
        sim.replace(VaultNo(2 + round % 2), NEW + round);
        // Those who knew of it are away or gone.
        sim.set_vice(1, Vice::None);
        let all = sim.reshare(&of_system(), usize::MAX).unwrap();
        assert!(all.iter().all(|(_, ticked)| matches!(ticked, Ticked::Done { .. })));
        sim.deployment = sim.deployment.with_roster(sim.deployment.roster().settled());
        let other = if round % 2 == 0 { 3 } else { 2 };
        sim.set_vice(other, Vice::Away);
        sim.forget_all_but_the_roster();
        drawn.push(sim.restart().unwrap().incarnation);
        sim.set_vice(other, Vice::None);
    }
    let all = drawn.len();
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), all);
}
