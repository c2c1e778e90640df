//! P45: keys that were destroyed, as those of an account or a login are in the end, are at no vault: no share, no handle; what
//! they opened opens with nothing, whatever images of the vaults there are, unless they have the vaults' root keys in them.

use std::path::{Path, PathBuf};

use custody::wire::Handle;
use custody::{Destroy, Doomed, KeyName, Pace, VaultNo};
use domain::authorization;
use exhume::{Found, Owner};

use crate::folders::{Image, VAULTS, copy};
use crate::people::Pair;
use crate::promises::{life, paths, vaults};
use crate::red::{keeps, must};
use crate::world::{Node, World};

/// Rows under the system key that say which numbers are pending (docs/keys.md 5.1): numbers, and nothing of anybody's.
const PENDING: u16 = 0xff03;

/// Everything that somebody has said on one device, and the keys of it at the vaults.
struct Gone {
    owner: Owner,
    auth_key: Vec<u8>,
    names: [KeyName; 3],
}

impl Gone {
    fn first_of(pair: &Pair) -> Gone {
        let by = pair.people[0];
        let auth_key = pair.canaries.iter().find(|canary| canary.class == "auth key").unwrap();
        Gone {
            owner: Owner::Box(by.own_box().0),
            auth_key: auth_key.itself().to_vec(),
            names: [KeyName::C(by.own_box()), KeyName::X(by.own_box()), KeyName::Device(by.key())],
        }
    }

    fn handles(&self, node: &Node) -> Vec<Handle> {
        let deployment = &node.up().deployment;
        let of = |name| (0..VAULTS).map(move |vault| deployment.handle(name, VaultNo::at(vault)));
        self.names.into_iter().flat_map(of).collect()
    }

    /// How many of their rows open.
    fn rows(&self, found: &Found) -> usize {
        found.opened.iter().filter(|row| row.owner == self.owner && row.table != PENDING).count()
    }
}

/// Copies of vaults' folders as a thief has them who did not get the device that the root keys are in.
fn without_roots(images: &[Image], to: &Path) -> Vec<PathBuf> {
    let folders = images.iter().flat_map(vaults).enumerate().map(|(at, from)| {
        let copied = to.join(format!("rootless-{at}"));
        copy(from, &copied);
        std::fs::remove_file(copied.join("root")).unwrap();
        copied
    });
    folders.collect()
}

#[test]
fn p45_keys_that_were_destroyed_are_at_no_vault_and_its_old_images_do_not_help() {
    keeps(
        "destroyed::p45_keys_that_were_destroyed_are_at_no_vault_and_its_old_images_do_not_help",
        &["p45"],
        || {
            let mut world = World::new(45);
            let mut pair = Pair::new(&mut world);
            let (mut images, _) = life(&mut world, &mut pair);
            let gone = Gone::first_of(&pair);
            let handles = gone.handles(&world.node);
            let before = world.dig(paths(&images), vaults(images.last().unwrap()));
            assert!(gone.rows(&before) > 30 && before.holds(&gone.auth_key), "this test has no power");
            assert!(handles.iter().all(|handle| before.vaults_say(&handle.0)));
            let others =
                before.opened.iter().filter(|row| row.owner == Owner::Box(pair.people[1].own_box().0));
            let others = others.count();

            let (by, now) = (pair.people[0], world.node.now);
            world.node.write(|tx| authorization::destroy_key(tx, by.key(), now)).unwrap();
            world.node.sync();
            destroy(&mut world.node, &[Doomed::Device(by.key()), Doomed::Box(by.own_box())]);
            images.push(world.image());
            let now = images.last().unwrap();

            // A vault that answers nothing may have it all the same: its folder is opened with its root.
            let rootless = without_roots(&images, world.base.path());
            let all = rootless.iter().map(PathBuf::as_path).chain(vaults(now));
            let found = world.dig(paths(&images), all);
            assert_eq!(found.counts.vaults, VAULTS, "those without a root count as none");
            let there = handles.iter().filter(|handle| found.vaults_say(&handle.0)).count();
            must(there == 0, || format!("{there} handles are at vaults"))?;
            let rows = gone.rows(&found);
            must(rows == 0, || format!("{rows} rows of the account open"))?;
            must(!found.holds(&gone.auth_key), || "the key of the login opens".to_owned())?;
            let opened =
                found.opened.iter().filter(|row| row.owner == Owner::Box(pair.people[1].own_box().0));
            must(opened.count() == others, || "what is another's went too".to_owned())?;

            // The old images alone say nothing without their roots; with them they say everything, as docs/keys.md 6.1 has it.
            let old = world.dig(paths(&images), rootless.iter().map(PathBuf::as_path));
            assert_eq!((old.counts.vaults, old.counts.rows_opened), (0, 0));
            let whole = world.dig(paths(&images), images.iter().flat_map(vaults));
            assert!(gone.rows(&whole) > 30 && whole.holds(&gone.auth_key), "old images have no power");
            Ok(())
        },
    );
}

/// As whoever ends an account or a login does it, to the last receipt.
fn destroy(node: &mut Node, doomed: &[Doomed]) {
    let (deployment, ring) = (node.up().deployment.clone(), node.up().ring.clone());
    let ordered = node.up().store.engine().durable();
    let mut destroy = Destroy::new(&deployment, &ring, doomed, ordered, Pace::default(), 1);
    let outcomes = node.drive(&mut destroy, &mut |_| {});
    assert_eq!(outcomes.len(), doomed.len());
    assert!(outcomes.iter().all(|(_, destroyed)| destroyed.is_final && destroyed.missing.is_empty()));
}
