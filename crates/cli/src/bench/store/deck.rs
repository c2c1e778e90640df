//! A deployment of our own: three vaults in folders, the keys in memory, the embedded engine; and the exchanges between
//! them, with what each side spends.
//!
//! Vaults answer one after another on this thread, so what a tick takes here is more than with vaults side by side.
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use client::{Clock, OsRng};
use crypto::Rng;
use custody::{
    Away, Boot, Booted, Deployment, Machine, Make, Member, Mint, Minted, Opening, Pace, Release, Released,
    Roster, Start, StateRows, Want, World,
};
use ids::BoxId;
use sealed::{Keyring, Secret};
use store::{Commit, Door, Embedded, Engine, Settings, Store};
use vault::Vault;

use super::super::BenchError;
use super::super::machine::thread_cpu;
use super::super::process::Folder;

/// Vaults, and how many of them open a key: as `serve --dev` has them.
const VAULTS: u8 = 3;
const K: u8 = 2;
/// Keys in memory: enough for 10,000 boxes.
const SLOTS: usize = 1 << 15;
/// Nobody is given up while a busy machine is measured.
const LONG_MS: u64 = 3_600_000;
const PATIENT: Pace = Pace { answer_ms: LONG_MS, retry_ms: 100, hedge_ms: LONG_MS, whole_ms: LONG_MS };
/// All vaults answer at once, so a machine that sends nothing so often waits in vain.
const IDLE_TURNS_MAX: u32 = 1_000;
const DAY: u32 = 20_779;

/// See the module. What it stands on goes with it.
pub(super) struct Deck {
    pub(super) ring: Keyring,
    pub(super) store: Store,
    pub(super) engine: Arc<Embedded>,
    deployment: Deployment,
    vaults: Vec<Vault>,
    clock: Clock,
    folder: Folder,
}

/// What exchanges have cost.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    /// Time that passed.
    pub(super) wall: Duration,
    /// Processor time of this thread without the vaults'.
    pub(super) cpu: Duration,
    /// Processor time of all vaults.
    pub(super) vaults_cpu: Duration,
    /// Requests to all vaults.
    pub(super) requests: u64,
    /// Bytes sent to the vault that was sent most.
    pub(super) vault_bytes: u64,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Self) {
        self.wall += more.wall;
        self.cpu += more.cpu;
        self.vaults_cpu += more.vaults_cpu;
        self.requests += more.requests;
        self.vault_bytes += more.vault_bytes;
    }
}

impl Deck {
    /// A first start: everything is empty, and the roots are minted.
    pub(super) fn new() -> Result<Self, BenchError> {
        Self::with(&Settings::default())
    }

    /// The same, over an engine with other settings.
    pub(super) fn with(settings: &Settings) -> Result<Self, BenchError> {
        let folder = Folder::new()?;
        let mut vaults = Vec::new();
        let mut members = Vec::new();
        for number in 1..=VAULTS {
            let vault = Vault::init(&folder.path().join(format!("vault-{number}")), Box::new(OsRng))?;
            members.push(Member {
                key: vault.verifying(),
                place: number.to_string(),
                jurisdiction: format!("bench-{number}"),
            });
            vaults.push(vault);
        }
        let roster = Roster::new(K, members).map_err(|_| BenchError::Unexpected)?;
        let local = Secret::made(|local: &mut [u8; 32]| OsRng.fill(local));
        let deployment = Deployment::new(roster, &local);
        let clock = Clock::start();
        let (engine, ring, store) =
            start(&deployment, &mut vaults, clock, (&folder.path().join("rows"), settings))?;
        Ok(Self { ring, store, engine, deployment, vaults, clock, folder })
    }

    /// Where the rows lie.
    pub(super) fn rows(&self) -> PathBuf {
        self.folder.path().join("rows")
    }

    /// Ends without a farewell, as by a signal that nobody can catch, and starts again; how long that takes.
    pub(super) fn restart(self) -> Result<(Self, Duration), BenchError> {
        let Self { ring, store, engine, deployment, mut vaults, clock, folder } = self;
        drop((store, ring, engine));
        let before = clock.elapsed();
        let (engine, ring, store) =
            start(&deployment, &mut vaults, clock, (&folder.path().join("rows"), &Settings::default()))?;
        let took = clock.elapsed() - before;
        Ok((Self { ring, store, engine, deployment, vaults, clock, folder }, took))
    }

    /// Makes new boxes that are nobody's yet, and takes them.
    pub(super) fn boxes(&mut self, count: usize) -> Result<Vec<BoxId>, BenchError> {
        self.mint(&vec![Make::Blank; count])?;
        let take = |_| {
            let blank = self.ring.blank().map_err(|_| BenchError::Keys)?;
            let id = blank.id();
            blank.use_up();
            Ok(id)
        };
        (0..count).map(take).collect()
    }

    /// Makes keys; what vaults took them is known then.
    pub(super) fn mint(&mut self, makes: &[Make]) -> Result<(), BenchError> {
        for makes in makes.chunks(ids::limits::KEYS_PER_EXCHANGE_MAX) {
            let mint = Mint::new(&self.deployment, &self.ring, makes, PATIENT, self.now_ms());
            let (minted, _) = self.run(mint)?;
            let installed = |(_, minted): &(_, Minted)| matches!(minted, Minted::Installed { .. });
            if minted.len() < makes.len() || !minted.iter().all(installed) {
                return Err(BenchError::Keys);
            }
        }
        Ok(())
    }

    /// Brings the keys of a box to memory, after a restart.
    pub(super) fn warm(&mut self, of: BoxId) -> Result<(), BenchError> {
        let want = [Want::Box(of)];
        let release = Release::new(&self.deployment, &self.ring, &want, PATIENT, self.now_ms());
        let (released, _) = self.run(release)?;
        if matches!(released[..], [(_, Released::Installed)]) { Ok(()) } else { Err(BenchError::Keys) }
    }

    /// Ticks these boxes.
    pub(super) fn shred(
        &mut self,
        jobs: &[custody::Job],
    ) -> Result<(Vec<(BoxId, custody::Ticked)>, Spent), BenchError> {
        let shred = custody::Shred::new(&self.deployment, &self.ring, jobs, PATIENT, self.now_ms());
        self.run(shred)
    }

    fn now_ms(&self) -> u64 {
        self.clock.now().mono_ms
    }

    fn run<M: Machine>(&mut self, machine: M) -> Result<(Vec<M::Outcome>, Spent), BenchError> {
        let engine = Arc::clone(&self.engine);
        drive(machine, &mut self.store.clone(), &mut self.vaults, self.clock, || Ok(engine.sync()?))
    }
}

/// Opens the folder of rows, and asks the vaults until the store can be read.
fn start(
    deployment: &Deployment,
    vaults: &mut [Vault],
    clock: Clock,
    (rows, settings): (&std::path::Path, &Settings),
) -> Result<(Arc<Embedded>, Keyring, Store), BenchError> {
    let engine = Arc::new(Embedded::open(rows, settings)?);
    let ring = Keyring::new(SLOTS);
    let open = || {
        let door = Door::new(ring.clone(), Box::new(OsRng))?;
        Ok(Store::new(Arc::clone(&engine) as _, door))
    };
    let durable = engine.durable().0;
    let at = Start { is_first: durable == 0, day: DAY };
    let boot = Boot::new(deployment, &ring, at, PATIENT, clock.now().mono_ms);
    let (mut booted, _) = drive(boot, &mut Opening::new(open), vaults, clock, || Ok(engine.sync()?))?;
    match booted.pop() {
        Some(Ok(Booted { .. })) => {}
        Some(Err(error)) => return Err(BenchError::Boot(error)),
        None => return Err(BenchError::Nothing),
    }
    let store = open().map_err(|_: sealed::Missing| BenchError::Keys)?;
    Ok((engine, ring, store))
}

/// Carries requests and answers until nothing more comes.
fn drive<M: Machine>(
    mut machine: M,
    rows: &mut dyn StateRows,
    vaults: &mut [Vault],
    clock: Clock,
    sync: impl Fn() -> Result<Commit, BenchError>,
) -> Result<(Vec<M::Outcome>, Spent), BenchError> {
    let (began, cpu_began) = (clock.elapsed(), thread_cpu());
    let mut spent = Spent::default();
    let mut sent_bytes = vec![0_u64; vaults.len()];
    let (mut outcomes, mut way) = (Vec::new(), VecDeque::new());
    let mut idle = 0;
    while !machine.is_done() {
        let now_ms = clock.now().mono_ms;
        let transmit = machine.poll_transmit(&mut World { rows, rng: &mut OsRng, now_ms });
        while let Some(outcome) = machine.poll_outcome() {
            outcomes.push(outcome);
        }
        if let Some(transmit) = transmit {
            way.push_back(transmit);
        } else if machine.awaits_durable().is_some() {
            machine.handle_durable(sync()?, now_ms);
        } else if let Some(transmit) = way.pop_front() {
            let at = transmit.to.index();
            let (vault, bytes) =
                vaults.get_mut(at).zip(sent_bytes.get_mut(at)).ok_or(BenchError::Unexpected)?;
            *bytes += transmit.request.len() as u64;
            spent.requests += 1;
            let before = thread_cpu();
            let answer = custody::Vault::exchange(vault, &transmit.request);
            spent.vaults_cpu += thread_cpu() - before;
            let answer = answer.map_err(|Away| BenchError::Keys)?;
            machine.handle_answer(transmit.to, Ok(&answer), clock.now().mono_ms);
            idle = 0;
        } else if idle < IDLE_TURNS_MAX {
            machine.handle_timeout(now_ms);
            idle += 1;
        } else {
            return Err(BenchError::Nothing);
        }
    }
    spent.wall = clock.elapsed() - began;
    spent.cpu = (thread_cpu() - cpu_began).saturating_sub(spent.vaults_cpu);
    spent.vault_bytes = sent_bytes.into_iter().max().unwrap_or(0);
    Ok((outcomes, spent))
}
