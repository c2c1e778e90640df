//! A deployment on real parts: a data folder with the embedded engine, three vaults in folders, and a node that starts,
//! ends, brings keys as they are needed and ticks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crypto::Rng as _;
use crypto::testing::Seeded;
use custody::wire::{Asked, Body, Op, Reply, Request, RequestId};
use custody::{
    Boot, Deployment, Job, KeyName, Machine, Make, Member, Mint, Minted, Opening, Pace, Release, Released,
    Report, Roster, Shred, Start, StateRows, Survey, Surveyed, Ticked, VaultNo, Want,
};
use domain::start::{Started, begin};
use domain::{audit, repair};
use exhume::{Dig, Found};
use ids::{BoxId, UnixTime};
use sealed::{Keyring, Need, Secret};
use store::{Door, Embedded, Engine, Pruned, Settings, Store, StoreError, Tx, blank};
use vault::Vault;

use crate::folders::{Base, Image, VAULTS, copy};

const SLOTS: usize = 1024;
const BOXES: usize = 64;

/// What happens in an exchange, for whoever watches it.
pub(crate) enum Moment<'a> {
    /// A request is about to reach a vault.
    Sent(&'a [u8]),
    /// A vault has carried it out.
    Answered(&'a [u8]),
    /// Rows were written that have to be durable.
    Written,
    /// Something came of it.
    Outcome,
}

/// Everything, with its folders.
pub(crate) struct World {
    pub(crate) base: Base,
    pub(crate) node: Node,
    images: u32,
}

/// The vaults, and the process over the data folder while it runs.
pub(crate) struct Node {
    base: PathBuf,
    rng: Seeded,
    now_ms: u64,
    pub(crate) now: UnixTime,
    pub(crate) up: Option<Up>,
}

/// A process.
pub(crate) struct Up {
    vaults: Vec<Vault>,
    pub(crate) deployment: Deployment,
    pub(crate) ring: Keyring,
    engine: Arc<dyn Engine>,
    pub(crate) store: Store,
    pub(crate) is_behind: bool,
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let base = Base::new();
        Node::make(base.path(), seed);
        let mut node = Node::on(base.path(), seed);
        node.start();
        World { base, node, images: 0 }
    }

    /// All folders as they are now.
    pub(crate) fn image(&mut self) -> Image {
        self.images += 1;
        Image::take(self.base.path(), &format!("{}", self.images))
    }

    /// The vaults are as they were in an image, while no process runs.
    pub(crate) fn vaults_of(&self, image: &Image) {
        for (from, to) in image.vaults.iter().zip(Image::live(self.base.path()).vaults) {
            std::fs::remove_dir_all(&to).unwrap();
            copy(from, &to);
        }
    }

    /// What opens with these images of the data folder and these of vaults.
    pub(crate) fn dig<'a>(
        &self,
        data: impl IntoIterator<Item = &'a Path>,
        vaults: impl IntoIterator<Item = &'a Path>,
    ) -> Found {
        self.node.dig(data, vaults)
    }
}

impl Node {
    /// Makes the folders of a deployment.
    pub(crate) fn make(base: &Path, seed: u64) {
        let mut rng = Seeded::new(seed);
        let live = Image::live(base);
        std::fs::create_dir(&live.data).unwrap();
        let local = random::<32>(&mut rng);
        std::fs::write(live.data.join("local"), [&local[..], &local_check(&local)].concat()).unwrap();
        let member = |(index, folder): (usize, &PathBuf)| {
            let vault = Vault::init(folder, Box::new(Seeded::new(seed + 1 + index as u64)))
                .unwrap_or_else(|_| panic!());
            let (place, jurisdiction) = (format!("vault-{index}"), format!("land-{index}"));
            Member { key: vault.verifying(), place, jurisdiction }
        };
        let members = live.vaults.iter().enumerate().map(member).collect();
        let roster = Roster::new(2, members).unwrap().to_text();
        std::fs::write(live.data.join("vaults"), roster).unwrap();
    }

    /// The node of folders that were made; `seed` is that of this process alone.
    pub(crate) fn on(base: &Path, seed: u64) -> Node {
        let rng = Seeded::new(seed ^ 0xc1a1_0000);
        let now = UnixTime(1_795_000_000);
        Node { base: base.to_owned(), rng, now_ms: 1, now, up: None }
    }

    /// A process begins: docs/keys.md 6.3.
    pub(crate) fn start(&mut self) {
        let live = Image::live(&self.base);
        let mut vaults: Vec<Vault> = (0..VAULTS)
            .map(|index| Vault::open(&live.vaults[index], Box::new(Seeded::new(self.rng.u64()))))
            .map(|vault| vault.unwrap_or_else(|error| panic!("{error}")))
            .collect();
        let file = std::fs::read(live.data.join("local")).unwrap();
        let (local, check) = file.split_first_chunk::<32>().unwrap();
        assert_eq!(check, local_check(local));
        let roster = Roster::parse(&std::fs::read_to_string(live.data.join("vaults")).unwrap()).unwrap();
        let deployment = Deployment::new(roster, &Secret::new(*local));
        let ring = Keyring::new(SLOTS);
        // Small, so that there are tables and not only journals.
        let settings = Settings { memtable_bytes: 64 << 10, workers: 1, ..Settings::default() };
        let engine: Arc<dyn Engine> = Arc::new(Embedded::open(&live.data.join("store"), &settings).unwrap());
        let mut dice = Seeded::new(self.rng.u64());
        let mut open = || {
            Door::new(ring.clone(), Box::new(Seeded::new(dice.u64())))
                .map(|door| Store::new(engine.clone(), door))
        };
        let found = engine.durable().0;
        let day = u32::try_from(self.now.0 / 86_400).unwrap();
        let start = Start { is_first: found == 0, day };
        let mut boot = Boot::new(&deployment, &ring, start, Pace::default(), self.now_ms);
        let mut rows = Opening::new(&mut open);
        let mut surroundings =
            Surroundings { vaults: &mut vaults, rng: &mut self.rng, now_ms: &mut self.now_ms };
        let booted = surroundings.drive(&mut boot, &mut rows, &*engine, &mut |_| {}).pop().unwrap().unwrap();
        let store = open().unwrap();
        let started = Started { incarnation: booted.incarnation.get(), reported: booted.reported, found };
        let is_behind = begin(&store, started, custody::system_boxes(), self.now).unwrap().is_behind;
        self.up = Some(Up { vaults, deployment, ring, engine, store, is_behind });
    }

    /// The process ends, in order.
    pub(crate) fn stop(&mut self) {
        self.sync();
        self.report();
        let up = self.up.take().unwrap();
        up.engine.close();
    }

    pub(crate) fn up(&self) -> &Up {
        self.up.as_ref().unwrap()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.up().store
    }

    pub(crate) fn sync(&self) {
        self.up().engine.sync().unwrap();
    }

    /// A random number.
    pub(crate) fn draw(&mut self) -> u64 {
        self.rng.u64()
    }

    pub(crate) fn rng(&mut self) -> &mut Seeded {
        &mut self.rng
    }

    /// Runs a function that writes, and brings the keys that it lacks.
    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        mut run: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..8 {
            let ran = self.store().write(&mut run);
            if ran.needs.is_empty() {
                return ran.result;
            }
            self.bring(&ran.needs);
        }
        panic!("needs without end");
    }

    /// Runs a function that reads, and brings the keys that it lacks.
    pub(crate) fn read<T, E: From<StoreError>>(
        &mut self,
        run: impl Fn(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..8 {
            let ran = self.store().read(&run);
            if ran.needs.is_empty() {
                return ran.result;
            }
            self.bring(&ran.needs);
        }
        panic!("needs without end");
    }

    /// Drives an exchange to its end.
    pub(crate) fn drive<M: Machine>(
        &mut self,
        machine: &mut M,
        watch: &mut dyn FnMut(Moment<'_>),
    ) -> Vec<M::Outcome> {
        let Node { rng, now_ms, up, .. } = self;
        let Up { vaults, engine, store, .. } = up.as_mut().unwrap();
        Surroundings { vaults, rng, now_ms }.drive(machine, &mut store.clone(), &**engine, watch)
    }

    fn bring(&mut self, needs: &[Need]) {
        let (deployment, ring) = (self.up().deployment.clone(), self.up().ring.clone());
        let (mut wants, mut makes) = (Vec::new(), Vec::new());
        for &need in needs {
            match need {
                Need::Box(of) => wants.push(Want::Box(of)),
                Need::Device(of) => wants.push(Want::Device(of)),
                Need::MintDevice(of) => makes.push(Make::Device(of)),
                Need::Blank => makes.push(Make::Blank),
            }
        }
        if !wants.is_empty() {
            let mut release = Release::new(&deployment, &ring, &wants, Pace::default(), self.now_ms);
            for (want, released) in self.drive(&mut release, &mut |_| {}) {
                assert_eq!(released, Released::Installed);
                if let Want::Box(of) = want {
                    repair::repair(self.store(), of, self.now).unwrap();
                }
            }
        }
        if !makes.is_empty() {
            let mut mint = Mint::new(&deployment, &ring, &makes, Pace::default(), self.now_ms);
            for (make, minted) in self.drive(&mut mint, &mut |_| {}) {
                let Minted::Installed { key, .. } = minted else { panic!("{minted:?}") };
                if let (Make::Blank, Want::Box(of)) = (make, key) {
                    self.store().write(|tx| blank::add(tx, of)).result.unwrap();
                }
            }
        }
    }

    /// Cuts out all that is pending. Every deletion before is final then.
    pub(crate) fn tick(&mut self) {
        self.tick_watched(&mut |_| {});
    }

    pub(crate) fn tick_watched(&mut self, watch: &mut dyn FnMut(Moment<'_>)) {
        for _ in 0..8 {
            let dirty = self.store().dirty(BOXES).unwrap();
            if dirty.is_empty() {
                return self.sync();
            }
            let jobs: Vec<Job> = dirty.into_iter().map(|of| Job { of, below: None }).collect();
            let (deployment, ring) = (self.up().deployment.clone(), self.up().ring.clone());
            let mut shred = Shred::new(&deployment, &ring, &jobs, Pace::default(), self.now_ms);
            for (_, ticked) in self.drive(&mut shred, watch) {
                assert!(matches!(ticked, Ticked::Done { .. }), "{ticked:?}");
            }
        }
        panic!("boxes stay dirty");
    }

    /// Does for all boxes what needs no key that opens them, after a restore. Answers how many rows went.
    pub(crate) fn walk(&mut self) -> usize {
        let boxes = self.read(audit::boxes).unwrap().known;
        let (deployment, ring) = (self.up().deployment.clone(), self.up().ring.clone());
        let mut survey = Survey::new(&deployment, &ring, &boxes, Pace::default(), self.now_ms);
        let mut dropped = 0;
        for (of, surveyed) in self.drive(&mut survey, &mut |_| {}) {
            let Surveyed::State(state) = surveyed else { panic!("a box without a state") };
            let mut before = Pruned::default();
            loop {
                // Few rows at a time, so that there are many steps.
                before = self.store().prune(of, &state, &before, 7).unwrap();
                dropped += before.dropped;
                if before.next.is_none() {
                    break;
                }
            }
        }
        dropped
    }

    /// Tells the vaults how far the store is.
    pub(crate) fn report(&mut self) {
        let Up { deployment, engine, .. } = self.up();
        let mut report = Report::new(deployment, engine.durable().0, Pace::default(), self.now_ms);
        assert_eq!(self.drive(&mut report, &mut |_| {}), [VAULTS]);
    }

    /// What vault `index` has under a handle of a box's X: current and staged, each as epoch and tag.
    pub(crate) fn epochs(&mut self, of: BoxId, index: usize) -> [Option<(u32, [u8; 16])>; 2] {
        let id = RequestId(random(&mut self.rng));
        let Up { vaults, deployment, .. } = self.up.as_mut().unwrap();
        let at = VaultNo::at(index);
        let ops = vec![Op::Get { handle: deployment.handle(KeyName::X(of), at) }];
        let request = Request { deployment: deployment.handle(KeyName::Deployment, at), id, order: 0, ops };
        let bytes = request.encode();
        let answer = vaults[index].exchange(&bytes).unwrap();
        let receipt = Asked::new(&request, &bytes).open(&answer, |_, _| true).unwrap();
        let Body::Done(mut replies) = receipt.body else { panic!("refused") };
        let Some(Reply::Get { current, staged }) = replies.pop() else { panic!("another reply") };
        [current, staged].map(|entry| entry.map(|entry| (entry.epoch, entry.piece.tag().0)))
    }

    pub(crate) fn dig<'a>(
        &self,
        data: impl IntoIterator<Item = &'a Path>,
        vaults: impl IntoIterator<Item = &'a Path>,
    ) -> Found {
        let mut dig = Dig::new();
        data.into_iter().for_each(|folder| dig.data(folder).unwrap());
        vaults.into_iter().for_each(|folder| dig.vault(folder).unwrap());
        dig.finish()
    }
}

/// What an exchange needs besides rows.
struct Surroundings<'a> {
    vaults: &'a mut [Vault],
    rng: &'a mut Seeded,
    now_ms: &'a mut u64,
}

impl Surroundings<'_> {
    fn drive<M: Machine>(
        &mut self,
        machine: &mut M,
        rows: &mut dyn StateRows,
        engine: &dyn Engine,
        watch: &mut dyn FnMut(Moment<'_>),
    ) -> Vec<M::Outcome> {
        let mut outcomes = Vec::new();
        for _ in 0..100_000 {
            let now_ms = *self.now_ms;
            let transmit = machine.poll_transmit(&mut custody::World { rows, rng: self.rng, now_ms });
            while let Some(outcome) = machine.poll_outcome() {
                watch(Moment::Outcome);
                outcomes.push(outcome);
            }
            if machine.is_done() {
                return outcomes;
            }
            if let Some(transmit) = transmit {
                watch(Moment::Sent(&transmit.request));
                let answer = self.vaults[transmit.to.index()].exchange(&transmit.request).unwrap();
                watch(Moment::Answered(&transmit.request));
                machine.handle_answer(transmit.to, Ok(&answer), now_ms);
            } else if machine.awaits_durable().is_some() {
                watch(Moment::Written);
                machine.handle_durable(engine.sync().unwrap(), now_ms);
            } else {
                *self.now_ms = machine.poll_timeout().unwrap_or(now_ms).max(now_ms + 1);
                machine.handle_timeout(*self.now_ms);
            }
        }
        panic!("an exchange without end");
    }
}

/// What stands behind the local part in its file (docs/keys.md 2).
fn local_check(local: &[u8; 32]) -> [u8; 8] {
    let hash = crypto::sha256(&[b"heliograph local", local]);
    *hash.first_chunk().unwrap()
}

/// Random bytes.
pub(crate) fn random<const N: usize>(rng: &mut Seeded) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
