//! Requests that arrive when what they were sent for is over: from machines that were given up, and from starts before.

use ids::AuthKeyId;
use store::Commit;

use super::{
    model::Vice,
    sim::{DAY, Sim},
};
use crate::{
    Destroy, Doomed, KeyName, Machine, Make, Mint, Minted, Misdeed, Released, Vault, VaultNo, Want, World,
    wire::Tag,
};

const SIZES: [(u8, u8); 3] = [(3, 2), (5, 3), (5, 2)];
const DEVICE: AuthKeyId = AuthKeyId(91);

/// All that a machine sends without hearing anything; then it is given up.
fn sent<M: Machine>(sim: &mut Sim, mut machine: M) -> Vec<(VaultNo, Vec<u8>)> {
    let mut world = World { rows: &mut sim.rows, rng: &mut sim.rng, now_ms: sim.now_ms };
    std::iter::from_fn(|| machine.poll_transmit(&mut world))
        .map(|transmit| (transmit.to, transmit.request.to_vec()))
        .collect()
}

fn arrive(sim: &mut Sim, sent: &[(VaultNo, Vec<u8>)]) {
    for (to, request) in sent {
        sim.vaults[to.index()].exchange(request).unwrap();
    }
}

/// Which key each vault has a share of.
fn shares(sim: &Sim, name: KeyName) -> Vec<Option<Tag>> {
    let share = |(index, vault): (usize, &super::model::Model)| {
        let row = vault.disk.rows.get(&sim.deployment.handle(name, VaultNo::at(index)));
        row.and_then(|row| row.current.as_ref()).map(|entry| entry.piece.tag())
    };
    sim.vaults.iter().enumerate().map(share).collect()
}

fn destroy(sim: &Sim, doomed: Doomed) -> Destroy {
    Destroy::new(&sim.deployment, &sim.ring, &[doomed], Commit(0), sim.pace(), sim.now_ms)
}

fn mint(sim: &Sim, make: Make) -> Mint {
    Mint::new(&sim.deployment, &sim.ring, &[make], sim.pace(), sim.now_ms)
}

#[test]
fn p37_a_late_destruction_does_not_undo_a_later_mint() {
    for (n, k) in SIZES {
        for restarts in [false, true] {
            let mut sim = Sim::started(n, k, 31);
            sim.mint(&[Make::Device(DEVICE)]);
            let machine = destroy(&sim, Doomed::Device(DEVICE));
            let mut late = sent(&mut sim, machine);
            let machine = mint(&sim, Make::Device(DEVICE));
            late.extend(sent(&mut sim, machine));
            if restarts {
                sim.restart().unwrap();
            }
            assert!(matches!(sim.mint(&[Make::Device(DEVICE)])[0].1, Minted::Installed { .. }));
            let before = shares(&sim, KeyName::Device(DEVICE));
            arrive(&mut sim, &late);
            assert!(shares(&sim, KeyName::Device(DEVICE)) == before, "{n} vaults, restarts {restarts}");
            sim.ring.close_device(DEVICE);
            assert_eq!(sim.release(&[Want::Device(DEVICE)])[0].1, Released::Installed);
        }
    }
}

#[test]
fn p37_what_is_destroyed_does_not_come_back_late() {
    for (n, k) in SIZES {
        for (make, doomed, name) in [
            (Make::Device(DEVICE), Doomed::Device(DEVICE), KeyName::Device(DEVICE)),
            (Make::Day(DAY + 1), Doomed::Day(DAY + 1), KeyName::Day(DAY + 1)),
        ] {
            let mut sim = Sim::started(n, k, 32);
            let machine = mint(&sim, make);
            let late = sent(&mut sim, machine);
            arrive(&mut sim, &late);
            assert!(shares(&sim, name).iter().all(Option::is_some));
            let mut machine = destroy(&sim, doomed);
            let destroyed = sim.run(&mut machine, usize::MAX).unwrap().pop().unwrap().1;
            assert!(destroyed.is_final);
            // The network brings them twice.
            arrive(&mut sim, &late);
            assert!(shares(&sim, name).iter().all(Option::is_none), "{n} vaults");
        }
    }
}

/// P13, A8: what lay under the key of a login that has ended opens with no key of a later one.
#[test]
fn p37_a_login_never_takes_over_the_key_of_the_one_before() {
    for (n, k) in SIZES {
        let name = KeyName::Device(DEVICE);
        let mut sim = Sim::started(n, k, 33);
        sim.mint(&[Make::Device(DEVICE)]);
        let first = shares(&sim, name)[0].unwrap();
        // The log-out was ordered, and nobody has got to it.
        let late = sim.vaults.len() - sim.deployment.roster().w();
        for vault in 0..late {
            sim.vaults[vault].vice = Vice::Away;
        }
        assert!(matches!(sim.mint(&[Make::Device(DEVICE)])[0].1, Minted::Installed { .. }));
        let left = shares(&sim, name).into_iter().filter(|tag| *tag == Some(first)).count();
        assert_eq!(left, late);
        assert!(left < usize::from(k), "{n} vaults: k of them still open the first one");
        for vault in 0..late {
            sim.vaults[vault].vice = Vice::None;
        }
        sim.mint(&[Make::Again(Want::Device(DEVICE))]);
        let second = shares(&sim, name);
        assert!(second.iter().all(|tag| *tag == second[0] && *tag != Some(first)));
    }
}

/// Two servers over one set of vaults: the one that started first changes nothing any more, and hears why.
#[test]
fn a_server_that_another_one_has_replaced_is_told_so() {
    let mut sim = Sim::started(3, 2, 34);
    let first = sim.deployment.clone();
    sim.forget_what_was_seen();
    sim.restart().unwrap();
    sim.mint(&[Make::Device(DEVICE)]);
    let before = shares(&sim, KeyName::Device(DEVICE));
    let mut old = Mint::new(&first, &sim.ring, &[Make::Device(DEVICE)], sim.pace(), sim.now_ms);
    assert_eq!(sim.run(&mut old, usize::MAX).unwrap()[0].1, Minted::Away);
    assert!(shares(&sim, KeyName::Device(DEVICE)) == before);
    let named = first.take_named();
    assert_eq!(named.len(), 3);
    assert!(named.iter().all(|named| named.misdeed == Misdeed::Overtaken));
}

/// What a mint that was cut short has left is nothing that could be mended, and nobody waits for it.
#[test]
fn a_key_that_is_gone_is_not_mended() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 35);
        for vault in 2..=n {
            sim.set_vice(vault, Vice::Away);
        }
        assert_eq!(sim.mint(&[Make::Device(DEVICE)])[0].1, Minted::Away);
        for vault in 2..=n {
            sim.set_vice(vault, Vice::None);
        }
        assert_eq!(sim.mint(&[Make::Again(Want::Device(DEVICE))])[0].1, Minted::Nothing);
    }
}
