//! Boot, release, mint and destroy.

use std::collections::BTreeSet;

use ids::AuthKeyId;
use store::Commit;

use super::{
    model::Vice,
    sim::{CALM, DAY, STORM, Sim},
};
use crate::{
    Away, Boot, BootError, Booted, Destroy, Doomed, KeyName, Machine, Make, Mint, Minted, Misdeed, Named,
    Pace, Released, Report, Start, StateRows, Vault, VaultNo, Want, World, mending,
};

const SIZES: [(u8, u8); 2] = [(3, 2), (5, 3)];

/// The vaults without a share of a key that was minted.
fn late_of(minted: &Minted) -> Option<&[VaultNo]> {
    match minted {
        Minted::Installed { late, .. } => Some(late),
        Minted::Away | Minted::Taken | Minted::Nothing | Minted::Refused(_) => None,
    }
}

#[test]
fn a_first_start_mints_and_the_next_ones_release() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 1);
        let mut seen = BTreeSet::new();
        for _ in 0..5 {
            let booted = sim.restart().unwrap();
            assert!(!booted.is_first && booted.reported == (0, 0));
            assert!(seen.insert(booted.incarnation), "an incarnation came back");
            assert!(sim.ring.today().is_ok());
        }
    }
}

#[test]
fn a_start_in_a_storm_comes_up() {
    for seed in 0..30 {
        let (n, k) = SIZES[seed as usize % 2];
        let mut sim = Sim::new(n, k, seed);
        sim.weather = STORM;
        let first = sim.boot(true).unwrap();
        let second = sim.restart().unwrap();
        assert!(second.incarnation > first.incarnation, "seed {seed}");
    }
}

#[test]
fn a_start_needs_a_majority_and_k_vaults() {
    for (n, k, away, comes_up) in [(3, 2, 1, true), (3, 2, 2, false), (5, 3, 2, true), (5, 3, 3, false)] {
        let mut sim = Sim::started(n, k, 3);
        for vault in 1..=away {
            sim.set_vice(vault, Vice::Away);
        }
        let booted = sim.restart();
        assert_eq!(booted.is_ok(), comes_up, "{n} vaults, {away} away: {:?}", booted.err());
        if !comes_up {
            assert_eq!(booted.err(), Some(BootError::Away));
            assert!(sim.ring.is_sealed());
        }
    }
}

/// A root is never replaced under rows that lie under it.
#[test]
fn vaults_that_have_forgotten_everything_do_not_get_a_new_root() {
    let mut sim = Sim::started(3, 2, 4);
    for vault in &mut sim.vaults {
        vault.disk.rows.clear();
    }
    assert_eq!(sim.restart().err(), Some(BootError::KeysMissing));
}

/// Boots with a majority of the vaults, the first one among them.
fn boot_with_a_majority(sim: &mut Sim) -> Result<Booted, BootError> {
    let n = sim.vaults.len();
    let majority = sim.deployment.roster().majority();
    let before: Vec<Vice> = sim.vaults.iter().map(|vault| vault.vice).collect();
    for vault in majority..n {
        sim.vaults[vault].vice = Vice::Away;
    }
    let booted = sim.restart();
    for (vault, vice) in sim.vaults.iter_mut().zip(before) {
        vault.vice = vice;
    }
    booted
}

fn report(sim: &mut Sim, commit: u64) -> usize {
    let mut report = Report::new(&sim.deployment, commit, sim.pace(), sim.now_ms);
    sim.run(&mut report, usize::MAX).unwrap()[0]
}

#[test]
fn p16_what_was_reported_last_is_told_by_any_vault() {
    let mut sim = Sim::started(5, 3, 5);
    let booted = sim.restart().unwrap();
    // Only one vault has heard of it.
    for vault in 2..=5 {
        sim.set_vice(vault, Vice::Away);
    }
    assert_eq!(report(&mut sim, 700), 1);
    for vault in 2..=5 {
        sim.set_vice(vault, Vice::None);
    }
    let told = (booted.incarnation.get(), 700);
    assert_eq!(boot_with_a_majority(&mut sim).unwrap().reported, told);
    // A later start counts more than a higher number.
    assert_eq!(report(&mut sim, 5), 5);
    let again = sim.restart().unwrap().reported;
    assert!(again > told && again.1 == 5);
}

/// P16: one vault can neither hide that a store was put back nor make one up: its reports bear a mark that it cannot make.
#[test]
fn p16_one_liar_neither_hides_nor_makes_up_a_rollback() {
    for vice in [Vice::HidesReports, Vice::MakesReportsUp] {
        for (n, k) in SIZES {
            let mut sim = Sim::started(n, k, 41);
            let booted = sim.restart().unwrap();
            report(&mut sim, 700);
            let _ = sim.deployment.take_named();
            sim.set_vice(1, vice);
            let reported = boot_with_a_majority(&mut sim).unwrap().reported;
            assert_eq!(reported, (booted.incarnation.get(), 700), "{vice:?}");
            let named = sim.deployment.take_named();
            assert!(named.contains(&Named { vault: VaultNo(1), misdeed: Misdeed::MadeUp }), "{vice:?}");
        }
    }
}

/// A tick and a destruction report what they follow from, before anything of it is final.
#[test]
fn p16_a_store_from_before_a_tick_or_a_destruction_is_found_out() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 42);
        let (of, records) = sim.filled_box(4);
        sim.delete(of, &records[0]);
        let newest = sim.rows.newest().unwrap();
        assert!(newest > Commit(0));
        let started = sim.restart().unwrap().incarnation.get();
        // It ends when the first stage is there.
        sim.tick(&[of], usize::MAX).unwrap();
        assert!(sim.restart().unwrap().reported >= (started, newest.0), "{n} vaults");

        let started = sim.restart().unwrap().incarnation.get();
        let doomed = [Doomed::Device(AuthKeyId(3))];
        let ordered = Commit(newest.0 + 50);
        let mut destroy = Destroy::new(&sim.deployment, &sim.ring, &doomed, ordered, sim.pace(), sim.now_ms);
        sim.run(&mut destroy, usize::MAX).unwrap();
        assert_eq!(sim.restart().unwrap().reported, (started, ordered.0));
    }
}

/// A vault that says that its counter stands at the end uses up nothing, also where it is one of no more than a majority
/// that are heard: what nobody has drawn does not count.
#[test]
fn p17_one_liar_uses_up_no_incarnations() {
    for vice in [Vice::HighCounter, Vice::Disputes] {
        for (n, k) in SIZES {
            let mut sim = Sim::started(n, k, 43);
            sim.set_vice(1, vice);
            // The others are fewer than a majority.
            assert_eq!(boot_with_a_majority(&mut sim).err(), Some(BootError::Away), "{vice:?}");
            let named = sim.deployment.take_named();
            assert!(named.contains(&Named { vault: VaultNo(1), misdeed: Misdeed::MadeUp }), "{vice:?}");
            for _ in 0..3 {
                assert!(sim.restart().unwrap().incarnation.get() < 20, "{vice:?}");
            }
            sim.set_vice(1, Vice::None);
            assert!(sim.restart().unwrap().incarnation.get() < 20, "{vice:?}");
        }
    }
}

/// Two servers at the same moment, over one set of vaults, their messages interleaved by the seed.
#[test]
fn two_starts_never_have_the_same_incarnation() {
    let mut both = 0;
    for seed in 0..400 {
        let (n, k) = SIZES[seed as usize % 2];
        let mut sim = Sim::started(n, k, seed);
        if seed % 5 == 4 {
            sim.set_vice(
                1,
                [Vice::Disputes, Vice::HighCounter, Vice::Away, Vice::TwoFaced][seed as usize / 5 % 4],
            );
        }
        let rings = [sealed::Keyring::new(4096), sealed::Keyring::new(4096)];
        let start = Start { is_first: false, day: DAY };
        // Whoever is slow is waited for: against a two-faced vault only the words of all others help.
        let pace = Pace { hedge_ms: 20_000, ..sim.pace() };
        let mut boots =
            [0, 1].map(|at: usize| Boot::new(&sim.deployment, &rings[at], start, pace, sim.now_ms));
        let drawn = sim.race(&mut boots);
        let drawn: Vec<_> = drawn.into_iter().flatten().flatten().map(|booted| booted.incarnation).collect();
        both += usize::from(drawn.len() == 2);
        assert!(drawn.len() < 2 || drawn[0] != drawn[1], "seed {seed}");
    }
    assert!(both > 330, "{both}");
}

/// A vault that lies about the counter stops no start and wastes no values.
#[test]
fn a_lying_counter_is_outvoted() {
    for vice in [Vice::HighCounter, Vice::Disputes, Vice::Forged, Vice::Short] {
        let mut sim = Sim::started(3, 2, 6);
        sim.set_vice(2, vice);
        for _ in 0..3 {
            let booted = sim.restart().unwrap();
            assert!(booted.incarnation.get() < 200, "{vice:?}");
        }
    }
}

#[test]
fn p09_k_vaults_release_and_fewer_do_not() {
    for (n, k) in SIZES {
        let mut sim = Sim::started(n, k, 7);
        let (of, records) = sim.filled_box(3);
        sim.restart().unwrap();
        for away in 1..=n - k {
            sim.set_vice(away, Vice::Away);
        }
        let keys = sim.warm(of);
        assert!(records.iter().all(|record| sim.opens(&keys, record)));
        sim.restart().unwrap();
        sim.set_vice(n, Vice::Away);
        assert_eq!(sim.release(&[Want::Box(of)])[0].1, Released::Away);
        sim.set_vice(n, Vice::None);
        assert_eq!(sim.release(&[Want::Box(of)])[0].1, Released::Installed);
    }
}

/// Only k vaults are asked as long as those answer well; one that lies is named and costs a second exchange.
#[test]
fn liars_are_named_and_outvoted() {
    let lies = [
        (Vice::WrongShare, Misdeed::WrongShare),
        (Vice::WrongCommitments, Misdeed::WrongShare),
        (Vice::LaterEpoch, Misdeed::WrongShare),
        (Vice::Forged, Misdeed::Forged),
        (Vice::Short, Misdeed::Unfit),
    ];
    for (vice, misdeed) in lies {
        for (n, k) in SIZES {
            let mut sim = Sim::started(n, k, 8);
            let (of, records) = sim.filled_box(2);
            sim.restart().unwrap();
            sim.vaults.iter_mut().for_each(|vault| vault.requests = 0);
            sim.set_vice(1, vice);
            let keys = sim.warm(of);
            assert!(records.iter().all(|record| sim.opens(&keys, record)));
            let named = sim.deployment.take_named();
            assert!(named.iter().all(|named| named.vault == VaultNo(1)), "{vice:?}: {named:?}");
            assert!(named.iter().any(|named| named.misdeed == misdeed), "{vice:?}: {named:?}");
        }
    }
    let mut sim = Sim::started(5, 3, 9);
    let (of, _) = sim.filled_box(1);
    sim.restart().unwrap();
    sim.vaults.iter_mut().for_each(|vault| vault.requests = 0);
    let _keys = sim.warm(of);
    let asked: Vec<usize> = sim.vaults.iter().map(|vault| vault.requests).collect();
    assert_eq!(asked, [1, 1, 1, 0, 0]);
}

#[test]
fn a_vault_that_was_rolled_back_is_named_and_ignored() {
    let mut sim = Sim::started(3, 2, 10);
    let (of, _) = sim.filled_box(1);
    let image = sim.vaults[0].disk.clone();
    let (_, _) = sim.filled_box(1);
    sim.ring.close_box(of);
    sim.vaults[0].disk = image;
    assert_eq!(sim.release(&[Want::Box(of)])[0].1, Released::Installed);
    let named = sim.deployment.take_named();
    assert_eq!(named.len(), 1);
    assert_eq!((named[0].vault, named[0].misdeed), (VaultNo(1), Misdeed::RolledBack));
}

#[test]
fn many_keys_take_one_exchange_with_each_of_k_vaults() {
    let mut sim = Sim::started(3, 2, 11);
    let makes = vec![Make::Blank; 500];
    sim.vaults.iter_mut().for_each(|vault| vault.requests = 0);
    let minted = sim.mint(&makes);
    assert!(minted.iter().all(|(_, minted)| late_of(minted) == Some([].as_slice())));
    assert_eq!(sim.vaults.iter().map(|vault| vault.requests).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(sim.ring.blanks(), 500);
    let wants: Vec<Want> = (0..500)
        .map(|_| {
            let blank = sim.ring.blank().unwrap();
            let of = blank.id();
            blank.use_up();
            Want::Box(of)
        })
        .collect();
    sim.restart().unwrap();
    sim.vaults.iter_mut().for_each(|vault| vault.requests = 0);
    let released = sim.release(&wants);
    assert!(released.iter().all(|(_, released)| *released == Released::Installed));
    assert_eq!(sim.vaults.iter().map(|vault| vault.requests).collect::<Vec<_>>(), [1, 1, 0]);
}

/// A key counts when W vaults have it, not before; late vaults get their share later.
#[test]
fn a_mint_needs_w_vaults_and_the_others_follow() {
    for (n, k) in SIZES {
        let (device, w) = (AuthKeyId(77), k + 1);
        let mut sim = Sim::started(n, k, 12);
        for vault in w..=n {
            sim.set_vice(vault, Vice::Away);
        }
        assert_eq!(sim.mint(&[Make::Device(device)])[0].1, Minted::Away);
        assert!(sim.ring.device(device).is_err());
        sim.set_vice(w, Vice::None);
        // What the first try has left behind at some vaults does not stop the second.
        let late: Vec<VaultNo> = (w + 1..=n).map(VaultNo).collect();
        assert_eq!(late_of(&sim.mint(&[Make::Device(device)])[0].1), Some(late.as_slice()));
        assert!(sim.ring.device(device).is_ok());
        for vault in 1..=n {
            sim.set_vice(vault, Vice::None);
        }
        let again = Make::Again(Want::Device(device));
        assert_eq!(late_of(&sim.mint(&[again])[0].1), Some([].as_slice()));
        // The last k open it, and among them are those that were away.
        for vault in 1..=n - k {
            sim.set_vice(vault, Vice::Away);
        }
        sim.ring.close_device(device);
        assert_eq!(sim.release(&[Want::Device(device)])[0].1, Released::Installed);
    }
}

/// Shares of different secrets, each too few to open anything, are no key: whoever waits for one hears so, and a mint makes
/// a new one.
#[test]
fn what_mints_that_were_cut_short_have_left_is_nothing() {
    let keys = [
        (Make::Device(AuthKeyId(78)), Want::Device(AuthKeyId(78))),
        (Make::Day(DAY + 1), Want::Day(DAY + 1)),
    ];
    for ((n, k), (make, want)) in SIZES.into_iter().flat_map(|size| keys.map(|key| (size, key))) {
        let mut sim = Sim::started(n, k, 14);
        for there in 1..=n {
            for vault in 1..=n {
                sim.set_vice(vault, if vault == there { Vice::None } else { Vice::Away });
            }
            assert_eq!(sim.mint(&[make])[0].1, Minted::Away);
        }
        for vault in 1..=n {
            sim.set_vice(vault, Vice::None);
        }
        assert_eq!(sim.release(&[want])[0].1, Released::Nothing);
        assert_eq!(late_of(&sim.mint(&[make])[0].1), Some([].as_slice()));
        sim.restart().unwrap();
        assert_eq!(sim.release(&[want])[0].1, Released::Installed);
    }
}

/// Who is told that there is a key and then hears nothing more must not take the silence for none.
#[test]
fn a_mint_that_hears_nobody_destroys_nothing() {
    for (n, k) in SIZES {
        let day = DAY + 1;
        let mut sim = Sim::started(n, k, 15);
        sim.mint(&[Make::Day(day)]);
        let shares = |sim: &Sim| -> Vec<_> {
            let row = |vault: u8| {
                let handle = sim.deployment.handle(KeyName::Day(day), VaultNo(vault));
                let row = sim.vaults[usize::from(vault) - 1].disk.rows.get(&handle);
                row.and_then(|row| row.current.as_ref()).map(|entry| entry.piece.tag())
            };
            (1..=n).map(row).collect()
        };
        let before = shares(&sim);
        sim.restart().unwrap();
        let pace = sim.pace();
        let mut mint = Mint::new(&sim.deployment, &sim.ring, &[Make::Day(day)], pace, sim.now_ms);
        let mut outcome = None;
        let mut heard = 0;
        for step in 0..2_000 {
            let mut world = World { rows: &mut sim.rows, rng: &mut sim.rng, now_ms: sim.now_ms };
            let transmit = mint.poll_transmit(&mut world);
            outcome = outcome.or_else(|| mint.poll_outcome());
            match transmit {
                // The first one refuses the new share; then nobody answers for a while.
                Some(transmit) if heard == 0 || step > 300 => {
                    heard += 1;
                    let answer = sim.vaults[transmit.to.index()].exchange(&transmit.request);
                    mint.handle_answer(transmit.to, answer.as_deref().map_err(|away| *away), sim.now_ms);
                }
                Some(transmit) => mint.handle_answer(transmit.to, Err(Away), sim.now_ms),
                None => {
                    sim.now_ms += 50;
                    mint.handle_timeout(sim.now_ms);
                }
            }
            assert!(shares(&sim) == before, "a share of the key in use is gone");
        }
        assert!(matches!(outcome, Some((_, Minted::Installed { .. }))));
    }
}

#[test]
fn a_mint_in_a_storm_gives_a_key_that_opens() {
    for seed in 0..40 {
        let (n, k) = SIZES[seed as usize % 2];
        let mut sim = Sim::started(n, k, seed);
        sim.weather = STORM;
        let (of, records) = sim.filled_box(3);
        sim.settle_down();
        sim.restart().unwrap();
        let keys = sim.warm(of);
        assert!(records.iter().all(|record| sim.opens(&keys, record)), "seed {seed}");
    }
}

/// A vault that was away at the first start gets its shares of the system's keys afterwards.
#[test]
fn a_vault_that_missed_the_first_start_is_mended() {
    let mut sim = Sim::new(5, 3, 14);
    sim.set_vice(5, Vice::Away);
    sim.boot(true).unwrap();
    sim.set_vice(5, Vice::None);
    let mended = sim.mint(&mending(DAY));
    assert!(mended.iter().all(|(_, minted)| late_of(minted) == Some([].as_slice())));
    for vault in 1..=2 {
        sim.set_vice(vault, Vice::Away);
    }
    sim.restart().unwrap();
}

/// P37: nothing is final before D vaults have said so, and once it is, no k vaults open it.
#[test]
fn p37_destruction_is_final_with_d_receipts_only() {
    for (n, k) in SIZES {
        let d = n - k + 1;
        for answering in 0..=n {
            let mut sim = Sim::started(n, k, 13);
            let device = AuthKeyId(5);
            let (of, _) = sim.filled_box(1);
            sim.mint(&[Make::Device(device)]);
            for vault in answering + 1..=n {
                sim.set_vice(vault, Vice::Away);
            }
            let doomed = [Doomed::Box(of), Doomed::Device(device)];
            let mut destroy =
                Destroy::new(&sim.deployment, &sim.ring, &doomed, Commit(9), sim.pace(), sim.now_ms);
            assert!(sim.ring.warm(of).is_err() && sim.ring.device(device).is_err());
            let destroyed = sim.run(&mut destroy, usize::MAX).unwrap();
            assert_eq!(destroyed.len(), 2);
            for (_, destroyed) in destroyed {
                assert_eq!(destroyed.is_final, answering >= d, "{answering} of {n}");
                assert_eq!(destroyed.receipts.len(), usize::from(answering));
                assert_eq!(destroyed.missing.len(), usize::from(n - answering));
            }
            for vault in 1..=n {
                sim.set_vice(vault, Vice::None);
            }
            let released = sim.release(&[Want::Box(of), Want::Device(device)]);
            for (_, released) in released {
                let expected = if answering >= d { Released::Nothing } else { Released::Installed };
                assert_eq!(released, expected, "{answering} of {n}");
            }
        }
    }
}

#[test]
fn a_destruction_in_a_storm_is_as_final_as_it_says() {
    for seed in 0..40 {
        let (n, k) = SIZES[seed as usize % 2];
        let mut sim = Sim::started(n, k, seed);
        let (of, _) = sim.filled_box(1);
        sim.weather = STORM;
        let mut destroy =
            Destroy::new(&sim.deployment, &sim.ring, &[Doomed::Box(of)], Commit(9), sim.pace(), sim.now_ms);
        let destroyed = sim.run(&mut destroy, usize::MAX).unwrap().pop().unwrap().1;
        sim.weather = CALM;
        if destroyed.is_final {
            assert_eq!(sim.release(&[Want::Box(of)])[0].1, Released::Nothing, "seed {seed}");
        }
    }
}
