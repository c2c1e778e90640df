//! One thread, one clock, one seed: a server, its vaults, and a network that loses, repeats, delays and reorders.

use std::collections::BTreeMap;

use crypto::{sign::SigningKey, testing::Seeded};
use ids::BoxId;
use sealed::{AtRest, BoxKeys, Keyring, Number, NumberRange, PageId, RowKey, Secret, Version};

use super::{
    model::{Disk, Model, Vice},
    rows::Rows,
};
use crate::{
    Adopt, Away, Boot, BootError, Booted, Deployment, Job, KeyName, Machine, Make, Member, Mint, Minted,
    Pace, Release, Released, Reshare, Roster, Shred, Start, Ticked, Vault, VaultNo, Want, World,
};

/// How bad the network is, in percent.
#[derive(Clone, Copy)]
pub(super) struct Weather {
    pub(super) lost: u64,
    pub(super) twice: u64,
    pub(super) delay_ms_below: u64,
}

pub(super) const CALM: Weather = Weather { lost: 0, twice: 0, delay_ms_below: 2 };
pub(super) const STORM: Weather = Weather { lost: 8, twice: 8, delay_ms_below: 900 };

struct Event {
    at_ms: u64,
    vault: VaultNo,
    bytes: Vec<u8>,
    is_answer: bool,
}

pub(super) struct Sim {
    pub(super) rng: Seeded,
    pub(super) now_ms: u64,
    pub(super) deployment: Deployment,
    pub(super) vaults: Vec<Model>,
    pub(super) rows: Rows,
    pub(super) ring: Keyring,
    pub(super) weather: Weather,
    /// On its way; some of it from machines that are long gone.
    events: Vec<Event>,
    /// An answer of each vault, to be replayed.
    old: Vec<(VaultNo, Vec<u8>)>,
    pub(super) steps: usize,
}

/// A record on the disk of the store.
pub(super) struct Record {
    pub(super) number: Number,
    row: RowKey,
    at_rest: AtRest,
}

pub(super) const DAY: u32 = 20_779;

impl Sim {
    pub(super) fn new(n: u8, k: u8, seed: u64) -> Sim {
        let local = Secret::new([7; 32]);
        let member = |vault: u8| Member {
            key: SigningKey::from_seed(&[vault; 32]).verifying(),
            place: format!("vault-{vault}"),
            jurisdiction: format!("land-{vault}"),
        };
        let roster = Roster::new(k, (1..=n).map(member).collect()).unwrap();
        let deployment = Deployment::new(roster, &local);
        let handle = |vault: u8| deployment.handle(KeyName::Deployment, VaultNo(vault));
        let vaults = (1..=n).map(|vault| Model::new(handle(vault), vault)).collect();
        Sim {
            rng: Seeded::new(seed),
            now_ms: 0,
            deployment,
            vaults,
            rows: Rows::default(),
            ring: Keyring::new(4096),
            weather: CALM,
            events: Vec::new(),
            old: Vec::new(),
            steps: 0,
        }
    }

    /// A deployment after its first start.
    pub(super) fn started(n: u8, k: u8, seed: u64) -> Sim {
        let mut sim = Sim::new(n, k, seed);
        let booted = sim.boot(true).unwrap();
        assert!(booted.is_first);
        sim
    }

    /// The process dies and comes up again.
    pub(super) fn restart(&mut self) -> Result<Booted, BootError> {
        self.rows.crash(&mut self.rng);
        self.boot(false)
    }

    /// The process comes up on the rows as they are.
    pub(super) fn restart_as_is(&mut self) -> Result<Booted, BootError> {
        self.boot(false)
    }

    /// What was known of the vaults goes with the process that knew it.
    pub(super) fn forget_what_was_seen(&mut self) {
        let (n, k) = (self.vaults.len() as u8, self.deployment.roster().k() as u8);
        self.deployment = Sim::new(n, k, 0).deployment;
    }

    /// The process that knew what was seen of the vaults is gone; the list of them is not.
    pub(super) fn forget_all_but_the_roster(&mut self) {
        let roster = self.deployment.roster().clone();
        self.deployment = Deployment::new(roster, &Secret::new([7; 32]));
    }

    /// Another vault, which has nothing, takes the place of one. What lies on the disk of that.
    pub(super) fn replace(&mut self, vault: VaultNo, seed: u8) -> Disk {
        let member = Member {
            key: SigningKey::from_seed(&[seed; 32]).verifying(),
            place: format!("vault-{seed}"),
            jurisdiction: format!("land-{seed}"),
        };
        let roster = self.deployment.roster().replaced(vault, member).unwrap();
        let deployment = self.deployment.with_roster(roster);
        let newcomer = Model::new(deployment.handle(KeyName::Deployment, vault), seed);
        let before = std::mem::replace(&mut self.vaults[vault.index()], newcomer);
        self.events.retain(|event| event.vault != vault);
        self.old.retain(|(of, _)| *of != vault);
        let mut adopt = Adopt::new(&deployment, vault, 0, self.pace(), self.now_ms);
        assert_eq!(self.run(&mut adopt, usize::MAX).unwrap(), [Ok(())]);
        self.deployment = deployment;
        before.disk
    }

    /// New shares of these keys; nothing if the process died on the way.
    pub(super) fn reshare(&mut self, keys: &[KeyName], dies_at: usize) -> Option<Vec<(KeyName, Ticked)>> {
        let mut reshare = Reshare::new(&self.deployment, &self.ring, keys, self.pace(), self.now_ms);
        self.run(&mut reshare, dies_at)
    }

    pub(super) fn boot(&mut self, is_first: bool) -> Result<Booted, BootError> {
        self.ring = Keyring::new(4096);
        self.boot_ring(is_first)
    }

    /// A start into the keyring that is there.
    pub(super) fn boot_into_ring(&mut self) {
        self.boot_ring(false).unwrap();
    }

    /// Gives another keyring the roots.
    pub(super) fn copy_roots(&mut self, ring: &Keyring) {
        let own = std::mem::replace(&mut self.ring, ring.clone());
        let vices: Vec<Vice> =
            self.vaults.iter_mut().map(|vault| std::mem::replace(&mut vault.vice, Vice::None)).collect();
        let (weather, events, now_ms) = (self.weather, std::mem::take(&mut self.events), self.now_ms);
        self.weather = CALM;
        self.boot_ring(false).unwrap();
        self.ring = own;
        (self.weather, self.events, self.now_ms) = (weather, events, now_ms);
        for (vault, vice) in self.vaults.iter_mut().zip(vices) {
            vault.vice = vice;
        }
    }

    /// Drives a tick until it waits for the store, and says that it is durable.
    pub(super) fn before_commit(&mut self, shred: &mut Shred) {
        let mut waits = 0;
        loop {
            if let Some(commit) = shred.awaits_durable() {
                waits += 1;
                if waits == 2 {
                    return;
                }
                self.rows.sync();
                shred.handle_durable(commit, self.now_ms);
            }
            let mut world = World { rows: &mut self.rows, rng: &mut self.rng, now_ms: self.now_ms };
            match shred.poll_transmit(&mut world) {
                Some(transmit) => self.send(transmit.to, transmit.request.to_vec(), false),
                None if shred.awaits_durable().is_some() => {}
                None => {
                    let at = self.events.iter().map(|event| event.at_ms).min().unwrap();
                    self.now_ms = self.now_ms.max(at);
                    self.deliver(|vault, answer, now_ms| shred.handle_answer(vault, answer, now_ms));
                }
            }
        }
    }

    fn boot_ring(&mut self, is_first: bool) -> Result<Booted, BootError> {
        let start = Start { is_first, day: DAY };
        let mut boot = Boot::new(&self.deployment, &self.ring, start, self.pace(), self.now_ms);
        self.run(&mut boot, usize::MAX).unwrap().pop().unwrap()
    }

    pub(super) fn pace(&self) -> Pace {
        Pace { answer_ms: 1_500, retry_ms: 100, hedge_ms: 300, whole_ms: 60_000 }
    }

    pub(super) fn mint(&mut self, makes: &[Make]) -> Vec<(Make, Minted)> {
        let mut mint = Mint::new(&self.deployment, &self.ring, makes, self.pace(), self.now_ms);
        self.run(&mut mint, usize::MAX).unwrap()
    }

    /// A new box of which `count` records lie on the disk.
    pub(super) fn filled_box(&mut self, count: usize) -> (BoxId, Vec<Record>) {
        let minted = self.mint(&[Make::Blank]);
        assert!(matches!(minted[0].1, Minted::Installed { .. }), "{:?}", minted[0].1);
        let blank = self.ring.blank().unwrap();
        let of = blank.id();
        blank.use_up();
        let keys = self.ring.warm(of).unwrap();
        let records = (0..count).map(|at| self.write(&keys, at)).collect();
        (of, records)
    }

    pub(super) fn write(&mut self, keys: &BoxKeys, at: usize) -> Record {
        let row = keys.names().row(1, &(at as u64).to_be_bytes());
        let number = self.next_number(keys);
        let at_rest = keys.seal(&row, Version::first(number), b"a record", &mut self.rng).unwrap();
        Record { number, row, at_rest }
    }

    fn next_number(&mut self, keys: &BoxKeys) -> Number {
        loop {
            match keys.next_number() {
                Ok(number) => return number,
                Err(sealed::LeafError::PageMissing(page)) => self.open_page(keys, page),
                Err(other) => panic!("{other}"),
            }
        }
    }

    fn open_page(&mut self, keys: &BoxKeys, page: PageId) {
        let at_rest = self.rows.pages.get(&(keys.id(), page)).expect("a page of the state is a row");
        keys.open_page(page, at_rest).unwrap();
    }

    /// Whether a record opens with these keys and any image of any page.
    pub(super) fn opens_with(
        &self,
        keys: &BoxKeys,
        record: &Record,
        pages: &BTreeMap<(BoxId, PageId), Vec<AtRest>>,
    ) -> bool {
        loop {
            match keys.open(&record.row, &record.at_rest) {
                Ok(plain) => return plain.expose() == b"a record",
                Err(sealed::OpenError::Leaf(sealed::LeafError::PageMissing(page))) => {
                    let images = pages.get(&(keys.id(), page)).into_iter().flatten();
                    if !images.into_iter().any(|image| keys.open_page(page, image).is_ok()) {
                        return false;
                    }
                }
                Err(_) => return false,
            }
        }
    }

    /// Whether a record opens with the keys in memory and the rows of now.
    pub(super) fn opens(&mut self, keys: &BoxKeys, record: &Record) -> bool {
        loop {
            match keys.open(&record.row, &record.at_rest) {
                Ok(plain) => return plain.expose() == b"a record",
                Err(sealed::OpenError::Leaf(sealed::LeafError::PageMissing(page))) => {
                    self.open_page(keys, page);
                }
                Err(sealed::OpenError::Leaf(sealed::LeafError::Dead)) => return false,
                Err(other) => panic!("{other}"),
            }
        }
    }

    pub(super) fn delete(&mut self, of: BoxId, record: &Record) {
        self.rows.pend(of, NumberRange::one(record.number));
    }

    pub(super) fn release(&mut self, wants: &[Want]) -> Vec<(Want, Released)> {
        let mut release = Release::new(&self.deployment, &self.ring, wants, self.pace(), self.now_ms);
        self.run(&mut release, usize::MAX).unwrap()
    }

    pub(super) fn warm(&mut self, of: BoxId) -> BoxKeys {
        let released = self.release(&[Want::Box(of)]);
        assert_eq!(released[0].1, Released::Installed);
        self.ring.warm(of).unwrap()
    }

    /// One tick of these boxes; nothing if the process died on the way.
    pub(super) fn tick(&mut self, boxes: &[BoxId], dies_at: usize) -> Option<Vec<(BoxId, Ticked)>> {
        let jobs: Vec<Job> = boxes.iter().map(|&of| Job { of, below: None }).collect();
        let mut shred = Shred::new(&self.deployment, &self.ring, &jobs, self.pace(), self.now_ms);
        self.run(&mut shred, dies_at)
    }

    /// Drives a machine to its end; nothing if the process died after so many steps.
    pub(super) fn run<M: Machine>(&mut self, machine: &mut M, dies_at: usize) -> Option<Vec<M::Outcome>> {
        let mut outcomes = Vec::new();
        self.steps = 0;
        let mut idle = 0;
        while !machine.is_done() {
            self.steps += 1;
            assert!(self.steps < 200_000, "it never ends");
            if self.steps > dies_at {
                return None;
            }
            let mut world = World { rows: &mut self.rows, rng: &mut self.rng, now_ms: self.now_ms };
            let transmit = machine.poll_transmit(&mut world);
            while let Some(outcome) = machine.poll_outcome() {
                outcomes.push(outcome);
            }
            if let Some(transmit) = transmit {
                idle = 0;
                self.send(transmit.to, transmit.request.to_vec(), false);
                continue;
            }
            if let Some(commit) = machine.awaits_durable() {
                let durable = self.rows.sync();
                assert!(durable >= commit);
                machine.handle_durable(durable, self.now_ms);
                continue;
            }
            let next_event = self.events.iter().map(|event| event.at_ms).min();
            match (next_event, machine.poll_timeout()) {
                (Some(at), timeout) if timeout.is_none_or(|timeout| at <= timeout) => {
                    self.now_ms = self.now_ms.max(at);
                    self.deliver(|vault, answer, now_ms| machine.handle_answer(vault, answer, now_ms));
                }
                (_, Some(timeout)) => {
                    idle = if timeout > self.now_ms { 0 } else { idle + 1 };
                    assert!(idle < 100, "the timeout does not move on");
                    self.now_ms = self.now_ms.max(timeout);
                    machine.handle_timeout(self.now_ms);
                }
                (_, None) => assert!(machine.is_done(), "nothing to wait for"),
            }
        }
        Some(outcomes)
    }

    /// Two machines at once: whose turn it is, and when its messages arrive, the seed says.
    pub(super) fn race<M: Machine>(&mut self, machines: &mut [M; 2]) -> [Option<M::Outcome>; 2] {
        let mut outcomes = [None, None];
        let mut way: Vec<(usize, VaultNo, Vec<u8>, bool)> = Vec::new();
        for _ in 0..100_000 {
            let at = self.rng.index(2);
            let mut world = World { rows: &mut self.rows, rng: &mut self.rng, now_ms: self.now_ms };
            if let Some(transmit) = machines[at].poll_transmit(&mut world) {
                way.push((at, transmit.to, transmit.request.to_vec(), false));
            }
            if let Some(outcome) = machines[at].poll_outcome() {
                outcomes[at] = Some(outcome);
            }
            if machines.iter().all(Machine::is_done) {
                break;
            }
            if way.is_empty() || self.rng.chance(20) {
                self.now_ms += 7;
                machines.iter_mut().for_each(|machine| machine.handle_timeout(self.now_ms));
                continue;
            }
            let (of, vault, bytes, is_answer) = way.swap_remove(self.rng.index(way.len()));
            if is_answer {
                machines[of].handle_answer(vault, Ok(&bytes), self.now_ms);
            } else if let Ok(answer) = self.vaults[vault.index()].exchange(&bytes) {
                way.push((of, vault, answer, true));
            }
        }
        outcomes
    }

    fn send(&mut self, vault: VaultNo, bytes: Vec<u8>, is_answer: bool) {
        let copies = match self.rng.below(100) {
            dice if dice < self.weather.lost => 0,
            dice if dice < self.weather.lost + self.weather.twice => 2,
            _ => 1,
        };
        for _ in 0..copies {
            // Now and then something is very late.
            let late = if self.weather.lost > 0 && self.rng.chance(3) { 20_000 } else { 0 };
            let at_ms = self.now_ms + late + self.rng.below(self.weather.delay_ms_below);
            self.events.push(Event { at_ms, vault, bytes: bytes.clone(), is_answer });
        }
    }

    fn deliver(&mut self, mut answered: impl FnMut(VaultNo, Result<&[u8], Away>, u64)) {
        let at = (0..self.events.len()).min_by_key(|&at| self.events[at].at_ms).unwrap();
        let Event { vault, bytes, is_answer, .. } = self.events.swap_remove(at);
        if is_answer {
            // An answer of another request, replayed.
            if self.weather.lost > 0 && self.rng.chance(10) {
                let old: Vec<Vec<u8>> =
                    self.old.iter().filter(|(of, _)| *of == vault).map(|(_, bytes)| bytes.clone()).collect();
                if !old.is_empty() {
                    answered(vault, Ok(&old[self.rng.index(old.len())]), self.now_ms);
                }
            }
            answered(vault, Ok(&bytes), self.now_ms);
            if self.old.len() < 64 {
                self.old.push((vault, bytes));
            }
            return;
        }
        match self.vaults[vault.index()].exchange(&bytes) {
            Ok(answer) => self.send(vault, answer, true),
            // Sometimes the driver finds out at once, sometimes never.
            Err(Away) if self.rng.chance(50) => answered(vault, Err(Away), self.now_ms),
            Err(Away) => {}
        }
    }

    /// Everything that is on its way arrives, answers at nobody.
    pub(super) fn settle_down(&mut self) {
        self.weather = CALM;
        while let Some(at) = self.events.iter().map(|event| event.at_ms).min() {
            self.now_ms = self.now_ms.max(at);
            self.deliver(|_, _, _| {});
        }
    }

    pub(super) fn set_vice(&mut self, vault: u8, vice: Vice) {
        self.vaults[usize::from(vault) - 1].vice = vice;
    }

    /// How many vaults are at this epoch of a box.
    pub(super) fn at_epoch(&self, of: BoxId, epoch: u32) -> usize {
        let is_there = |vault: u8| {
            let handle = self.deployment.handle(KeyName::X(of), VaultNo(vault));
            let row = self.vaults[usize::from(vault) - 1].disk.rows.get(&handle);
            row.and_then(|row| row.current.as_ref()).is_some_and(|entry| entry.epoch == epoch)
        };
        (1..=self.vaults.len() as u8).filter(|&vault| is_there(vault)).count()
    }
}
