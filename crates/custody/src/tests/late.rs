//! Requests that arrive when what they were sent for is over: from machines that were given up, and from starts before.

use ids::AuthKeyId;
use store::Commit;

use super::{
    model::Vice,
    sim::{DAY, Sim},
};
use crate::{
    Destroy, Doomed, Job, KeyName, Machine, Make, Mint, Minted, Misdeed, Release, Released, Shred, Transmit,
    Vault, VaultNo, Want, World, wire::Tag,
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

/// P33: a release that asked before a tick was final does not bring back the keys from before it, whenever its answers
/// arrive; a box at epoch 0 has no row that would tell.
#[test]
fn p33_a_release_that_asked_before_a_tick_brings_nothing_back() {
    for (n, k) in SIZES {
        for arrives_before_the_end in [false, true] {
            let mut sim = Sim::started(n, k, 36);
            let (of, records) = sim.filled_box(6);
            sim.delete(of, &records[0]);
            sim.rows.sync();
            sim.ring.close_box(of);
            let job = Job { of, below: None };
            let mut shred = Shred::new(&sim.deployment, &sim.ring, &[job], sim.pace(), sim.now_ms);
            sim.before_commit(&mut shred);
            let mut release =
                Release::new(&sim.deployment, &sim.ring, &[Want::Box(of)], sim.pace(), sim.now_ms);
            let mut world = World { rows: &mut sim.rows, rng: &mut sim.rng, now_ms: sim.now_ms };
            let asked: Vec<_> = std::iter::from_fn(|| release.poll_transmit(&mut world)).collect();
            assert_eq!(asked.len(), usize::from(k));
            let said = |ask: &Transmit| (ask.to, sim.vaults[ask.to.index()].exchange(&ask.request).unwrap());
            let answers: Vec<_> = asked.iter().map(said).collect();
            let durable = sim.rows.sync();
            shred.handle_durable(durable, sim.now_ms);
            if !arrives_before_the_end {
                sim.run(&mut shred, usize::MAX).unwrap();
            }
            for (vault, answer) in answers {
                release.handle_answer(vault, Ok(&answer), sim.now_ms);
            }
            assert_eq!(sim.run(&mut release, usize::MAX).unwrap()[0].1, Released::Installed);
            if !arrives_before_the_end {
                assert_eq!(sim.ring.warm(of).unwrap().epoch(), Ok(1), "{n} vaults");
            }
            if arrives_before_the_end {
                // It was in time, and goes over when the tick is final.
                assert_eq!(sim.ring.warm(of).unwrap().epoch(), Ok(0));
                sim.run(&mut shred, usize::MAX).unwrap();
                let keys = sim.ring.warm(of).unwrap();
                assert_eq!(keys.epoch(), Ok(1), "{n} vaults: the keys from before the tick stay");
            }
            let keys = sim.warm(of);
            assert_eq!(keys.epoch(), Ok(1), "{n} vaults");
            assert!(!sim.opens(&keys, &records[0]) && sim.opens(&keys, &records[1]));
        }
    }
}

/// What gives late vaults their shares leaves a box alone that a tick is at: vaults that are ahead of others are not wrong.
#[test]
fn p34_mending_does_not_touch_a_box_that_is_being_ticked() {
    for (n, k) in SIZES {
        let name = |of| KeyName::X(of);
        let mut sim = Sim::started(n, k, 38);
        let (of, records) = sim.filled_box(4);
        sim.delete(of, &records[0]);
        sim.rows.sync();
        let mut shred =
            Shred::new(&sim.deployment, &sim.ring, &[Job { of, below: None }], sim.pace(), sim.now_ms);
        sim.before_commit(&mut shred);
        // The first vault commits, the others are not reached.
        let durable = sim.rows.sync();
        shred.handle_durable(durable, sim.now_ms);
        let late = sent(&mut sim, shred);
        arrive(&mut sim, &late[..1]);
        for vault in 2..=n {
            let handle = sim.deployment.handle(name(of), VaultNo(vault));
            // As if only the first had staged.
            let row = sim.vaults[usize::from(vault) - 1].disk.rows.get_mut(&handle).unwrap();
            row.staged = None;
        }
        let before = shares(&sim, name(of));
        assert!(before[0] != before[1]);
        sim.mint(&[Make::Again(Want::Box(of))]);
        assert!(shares(&sim, name(of)) == before, "{n} vaults");
    }
}

/// More keys than fit one exchange: nobody waits for an outcome that never comes.
#[test]
fn what_is_beyond_one_exchange_is_told() {
    let mut sim = Sim::started(3, 2, 37);
    let ids: Vec<AuthKeyId> = (0..4_098).map(AuthKeyId).collect();
    let makes: Vec<Make> = ids.iter().map(|id| Make::Again(Want::Device(*id))).collect();
    let minted = sim.mint(&makes);
    assert_eq!(minted.iter().filter(|(_, minted)| *minted == Minted::Nothing).count(), 4_096);
    assert_eq!(minted.iter().filter(|(_, minted)| *minted == Minted::Away).count(), 2);
    let released = sim.release(&ids.iter().map(|id| Want::Device(*id)).collect::<Vec<_>>());
    assert_eq!(released.iter().filter(|(_, released)| *released == Released::Nothing).count(), 4_096);
    assert_eq!(released.iter().filter(|(_, released)| *released == Released::Away).count(), 2);
    let doomed: Vec<Doomed> = ids.into_iter().map(Doomed::Device).collect();
    let mut destroy = Destroy::new(&sim.deployment, &sim.ring, &doomed, Commit(0), sim.pace(), sim.now_ms);
    let destroyed = sim.run(&mut destroy, usize::MAX).unwrap();
    assert_eq!(destroyed.iter().filter(|(_, destroyed)| destroyed.is_final).count(), 4_096);
    assert_eq!(destroyed.len(), 4_098);
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
