//! The exchanges of `custody` as jobs of the node, whatever kind they are; and the rows they touch.

use std::sync::Arc;

use custody::{
    Away, Boot, BootError, Booted, Destroy, Destroyed, Doomed, Machine, Make, Mint, Minted, Release,
    Released, Report, Settled, Shred, StateRows, Ticked, Transmit, VaultNo, Want, World,
};
use ids::BoxId;
use sealed::{AtRest, Keyring, NumberRange, PageId};
use store::{Commit, Door, Store, StoreError};

use crate::{dice::Dice, node_disk::NodeDisk};

/// An exchange under way.
pub(crate) enum Job {
    Boot(Box<Boot>),
    Release(Box<Release>),
    Mint(Box<Mint>),
    Shred(Box<Shred>),
    Destroy(Box<Destroy>),
    Report(Box<Report>, u64),
}

/// What came of one.
pub(crate) enum Done {
    Booted(Result<Booted, BootError>),
    Released(Want, Released),
    Minted(Make, Minted),
    Ticked(BoxId, Ticked),
    Destroyed(Doomed, Destroyed),
    /// So many vaults keep this commit number.
    Reported(usize, u64),
}

macro_rules! each {
    ($job:expr, $machine:ident => $what:expr) => {
        match $job {
            Job::Boot($machine) => $what,
            Job::Release($machine) => $what,
            Job::Mint($machine) => $what,
            Job::Shred($machine) => $what,
            Job::Destroy($machine) => $what,
            Job::Report($machine, _) => $what,
        }
    };
}

impl Job {
    pub(crate) fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        each!(self, machine => machine.poll_transmit(world))
    }

    pub(crate) fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        each!(self, machine => machine.handle_answer(from, answer, now_ms));
    }

    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        each!(self, machine => machine.poll_timeout())
    }

    pub(crate) fn handle_timeout(&mut self, now_ms: u64) {
        each!(self, machine => machine.handle_timeout(now_ms));
    }

    pub(crate) fn awaits_durable(&self) -> Option<Commit> {
        each!(self, machine => machine.awaits_durable())
    }

    pub(crate) fn handle_durable(&mut self, commit: Commit, now_ms: u64) {
        each!(self, machine => machine.handle_durable(commit, now_ms));
    }

    pub(crate) fn is_done(&self) -> bool {
        each!(self, machine => machine.is_done())
    }

    pub(crate) fn poll_outcome(&mut self) -> Option<Done> {
        match self {
            Job::Boot(boot) => boot.poll_outcome().map(Done::Booted),
            Job::Release(release) => release.poll_outcome().map(|(want, what)| Done::Released(want, what)),
            Job::Mint(mint) => mint.poll_outcome().map(|(make, what)| Done::Minted(make, what)),
            Job::Shred(shred) => shred.poll_outcome().map(|(of, what)| Done::Ticked(of, what)),
            Job::Destroy(destroy) => destroy.poll_outcome().map(|(key, what)| Done::Destroyed(key, what)),
            Job::Report(report, commit) => report.poll_outcome().map(|kept| Done::Reported(kept, *commit)),
        }
    }

    pub(crate) fn word(&self) -> &'static str {
        match self {
            Job::Boot(_) => "boot",
            Job::Release(_) => "release",
            Job::Mint(_) => "mint",
            Job::Shred(_) => "shred",
            Job::Destroy(_) => "destroy",
            Job::Report(..) => "report",
        }
    }
}

/// The rows of the node for its exchanges; they can be read from the moment that the keyring has its root.
pub(crate) struct Rows {
    disk: Arc<NodeDisk>,
    ring: Keyring,
    store: Option<Store>,
    /// What was settled: it is final.
    pub(crate) settled: Vec<(BoxId, Vec<NumberRange>)>,
}

impl Rows {
    pub(crate) fn new(disk: &Arc<NodeDisk>, ring: &Keyring, store: Option<&Store>) -> Rows {
        Rows { disk: disk.clone(), ring: ring.clone(), store: store.cloned(), settled: Vec::new() }
    }

    fn store(&mut self) -> Result<&mut Store, StoreError> {
        if self.store.is_none() {
            // Nothing is sealed through it but what comes sealed already.
            let door =
                Door::new(self.ring.clone(), Box::new(Dice::new(0))).map_err(|_| StoreError::Sealed)?;
            self.store = Some(Store::new(self.disk.clone(), door));
        }
        self.store.as_mut().ok_or(StoreError::Sealed)
    }
}

impl StateRows for Rows {
    fn newest(&mut self) -> Result<Commit, StoreError> {
        StateRows::newest(self.store()?)
    }

    fn pending(&mut self, of: BoxId, limit: usize) -> Result<Vec<NumberRange>, StoreError> {
        StateRows::pending(self.store()?, of, limit)
    }

    fn sheet(&mut self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError> {
        StateRows::sheet(self.store()?, of, epoch)
    }

    fn page(&mut self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError> {
        StateRows::page(self.store()?, of, page)
    }

    fn write_state(
        &mut self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError> {
        StateRows::write_state(self.store()?, of, epoch, sheet, pages)
    }

    fn settle(&mut self, of: BoxId, settled: &Settled) -> Result<Commit, StoreError> {
        let commit = StateRows::settle(self.store()?, of, settled)?;
        self.settled.push((of, settled.cut.clone()));
        Ok(commit)
    }
}
