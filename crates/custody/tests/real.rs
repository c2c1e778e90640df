//! The machines with what they will work with: vaults on disks, and a store with typed rows.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test reports by panicking"
)]

use std::{collections::VecDeque, sync::Arc};

use crypto::testing::Seeded;
use custody::{
    Away, Boot, Booted, Deployment, Job, Machine, Make, Member, Mint, Minted, Opening, Pace, Release,
    Released, Roster, Shred, Start, StateRows, Ticked, VaultNo, Want, World,
};
use ids::{BoxId, MsgId};
use sealed::{Keyring, Secret};
use store::{Door, Memory, Store, StoreError, Tx};
use vault::{Vault, testing::Ram};

store::record! {
    /// A text.
    pub struct Note v1 {
        /// It.
        pub text: String,
    }
}

store::tables! {
    /// Content.
    NOTES = 1: BoxId, MsgId => Note, WithOwner, Fresh;
}

const DAY: u32 = 20_779;

struct Real {
    deployment: Deployment,
    disks: Vec<Ram>,
    vaults: Vec<Option<Vault>>,
    engine: Arc<Memory>,
    ring: Keyring,
    rng: Seeded,
    now_ms: u64,
}

impl Real {
    fn new(n: u8, k: u8) -> Real {
        let disks: Vec<Ram> = (0..n).map(|_| Ram::default()).collect();
        let seed = |vault: u8| Box::new(Seeded::new(u64::from(vault)));
        let vaults: Vec<Vault> = (0..n)
            .map(|at| Vault::init_on(Box::new(disks[usize::from(at)].clone()), seed(at)).unwrap())
            .collect();
        let members = vaults.iter().enumerate().map(|(at, vault)| Member {
            key: vault.verifying(),
            place: format!("vault-{at}"),
            jurisdiction: format!("land-{at}"),
        });
        let roster = Roster::parse(&Roster::new(k, members.collect()).unwrap().to_text()).unwrap();
        Real {
            deployment: Deployment::new(roster, &Secret::new([3; 32])),
            disks,
            vaults: vaults.into_iter().map(Some).collect(),
            engine: Arc::new(Memory::new()),
            ring: Keyring::new(1024),
            rng: Seeded::new(7),
            now_ms: 0,
        }
    }

    fn store(&self) -> Store {
        let door = Door::new(self.ring.clone(), Box::new(Seeded::new(9))).unwrap();
        Store::new(Arc::clone(&self.engine) as _, door)
    }

    fn run<M: Machine>(&mut self, mut machine: M, rows: &mut dyn StateRows) -> Vec<M::Outcome> {
        let mut outcomes = Vec::new();
        let mut way = VecDeque::new();
        while !machine.is_done() {
            let mut world = World { rows, rng: &mut self.rng, now_ms: self.now_ms };
            let transmit = machine.poll_transmit(&mut world);
            while let Some(outcome) = machine.poll_outcome() {
                outcomes.push(outcome);
            }
            if let Some(transmit) = transmit {
                way.push_back(transmit);
            } else if let Some(commit) = machine.awaits_durable() {
                machine.handle_durable(commit, self.now_ms);
            } else if let Some(transmit) = way.pop_front() {
                let vault = &mut self.vaults[transmit.to.index()];
                let answer = vault
                    .as_mut()
                    .map_or(Err(Away), |vault| custody::Vault::exchange(vault, &transmit.request));
                machine.handle_answer(transmit.to, answer.as_deref().map_err(|away| *away), self.now_ms);
            } else if let Some(timeout) = machine.poll_timeout() {
                self.now_ms = self.now_ms.max(timeout);
                machine.handle_timeout(self.now_ms);
            }
        }
        outcomes
    }

    fn boot(&mut self, is_first: bool) -> Booted {
        self.ring = Keyring::new(1024);
        let start = Start { is_first, day: DAY };
        let boot = Boot::new(&self.deployment, &self.ring, start, Pace::default(), self.now_ms);
        let (ring, engine) = (self.ring.clone(), Arc::clone(&self.engine));
        let mut rows = Opening::new(|| {
            let door = Door::new(ring.clone(), Box::new(Seeded::new(8)))?;
            Ok(Store::new(Arc::clone(&engine) as _, door))
        });
        self.run(boot, &mut rows).remove(0).unwrap()
    }

    fn tick(&mut self) -> Vec<(BoxId, Ticked)> {
        let mut store = self.store();
        let jobs: Vec<Job> =
            store.dirty(100).unwrap().into_iter().map(|of| Job { of, below: None }).collect();
        let shred = Shred::new(&self.deployment, &self.ring, &jobs, Pace::default(), self.now_ms);
        self.run(shred, &mut store)
    }

    fn release(&mut self, of: BoxId) -> Released {
        let want = [Want::Box(of)];
        let release = Release::new(&self.deployment, &self.ring, &want, Pace::default(), self.now_ms);
        let mut store = self.store();
        self.run(release, &mut store).remove(0).1
    }

    /// The vault's process is killed and comes up again on what its disk has.
    fn restart_vault(&mut self, at: usize) {
        let files = self.disks[at].files();
        self.vaults[at] = None;
        self.disks[at] = Ram::holding(files);
        let rng = Box::new(Seeded::new(self.now_ms + at as u64));
        self.vaults[at] = Some(Vault::open_on(Box::new(self.disks[at].clone()), rng).unwrap());
    }

    fn texts(&self, of: BoxId) -> Vec<Option<String>> {
        let ids: Vec<_> = (0..30).map(MsgId).collect();
        let ran = self.store().read(|tx| tx.multi_get(&NOTES, of, &ids));
        ran.result.unwrap().into_iter().map(|row| row.map(|row| row.text)).collect()
    }

    fn write<T>(&self, of: BoxId, mut run: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
        let ran = self.store().write(|tx| {
            tx.enter(&[of])?;
            run(tx)
        });
        ran.result.unwrap()
    }
}

/// A deployment's life in short: first start, an account, messages, deletions, ticks, restarts of everything.
#[test]
fn r13_ticks_over_real_vaults_and_a_real_store() {
    for (n, k) in [(3, 2), (5, 3)] {
        let mut real = Real::new(n, k);
        let first = real.boot(true);
        assert!(first.is_first);
        let mint = Mint::new(&real.deployment, &real.ring, &[Make::Blank], Pace::default(), real.now_ms);
        let mut store = real.store();
        let minted = real.run(mint, &mut store).remove(0).1;
        let Minted::Installed { key: Want::Box(of), late } = minted else { panic!("not minted") };
        assert!(late.is_empty());
        real.ring.blank().unwrap().use_up();
        for id in 0..30 {
            real.write(of, |tx| tx.insert(&NOTES, of, &MsgId(id), &Note { text: format!("text {id}") }));
        }
        for round in 0..3 {
            for id in (round..30).step_by(7) {
                real.write(of, |tx| tx.delete(&NOTES, of, &MsgId(id)));
            }
            let before = real.texts(of);
            let ticked = real.tick();
            let epoch = u32::try_from(round).unwrap() + 1;
            let done = Ticked::Done { epoch, late: Vec::new(), was_half_done: false };
            assert_eq!(ticked, [(of, done)]);
            assert!(
                real.store().dirty(9).unwrap().is_empty() && real.store().pending(of, 9).unwrap().is_empty()
            );
            assert!(real.texts(of) == before);
            for at in 0..usize::from(n) {
                real.restart_vault(at);
            }
            let booted = real.boot(false);
            assert!(booted.incarnation > first.incarnation && !booted.is_first);
            assert_eq!(real.release(of), Released::Installed);
            assert!(real.texts(of) == before);
        }
        // One vault is lost; its shares are made from the others', and it can stand in for another one.
        if n == 5 {
            real.vaults[4] = None;
            real.write(of, |tx| tx.delete(&NOTES, of, &MsgId(27)));
            let ticked = real.tick();
            let late = vec![VaultNo(5)];
            assert_eq!(ticked, [(of, Ticked::Done { epoch: 4, late, was_half_done: false })]);
            real.restart_vault(4);
            let ticked = real.tick();
            assert_eq!(ticked, [(of, Ticked::Done { epoch: 4, late: Vec::new(), was_half_done: false })]);
            (real.vaults[0], real.vaults[1]) = (None, None);
            real.boot(false);
            assert_eq!(real.release(of), Released::Installed);
            assert!(real.texts(of)[27].is_none() && real.texts(of)[26].is_some());
        }
    }
}
