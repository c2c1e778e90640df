//! Boot: from a sealed server to one with its roots (docs/keys.md 6.3).
//!
//! First the incarnation is drawn and the commit number reported last is read; then root, directory boxes, the
//! short-lived box and the day keys are released. Only the very first start, of an empty store, mints them: a root that
//! the vaults do not have any more is never replaced under rows that lie under it.

use ids::BoxId;
use ids::sabotage::{self, Fault};
use sealed::{DirectoryBox, Incarnation, Keyring, Numbering, OwnerTag};

use crate::{
    Away, Deployment, Machine, Make, Mint, Minted, Pace, Release, Released, Transmit, VaultNo, Want, World,
    draw::{Draw, Drawn},
};

/// What a start knows of itself.
#[derive(Clone, Copy)]
pub struct Start {
    /// Whether the store is empty: nothing was ever written under these keys.
    pub is_first: bool,
    /// Today (unix time / 86,400).
    pub day: u32,
}

/// A start that has come up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Booted {
    /// No other start has it.
    pub incarnation: Incarnation,
    /// What was reported last, as far as vaults were heard: the incarnation of a start, and the number of its last durable
    /// commit then. A store that is older than that was rolled back or restored.
    pub reported: (u32, u64),
    /// The roots were minted just now.
    pub is_first: bool,
}

/// Why a start stays sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BootError {
    /// Too few vaults have answered in time; the next try may do.
    #[error("too few vaults have answered")]
    Away,
    /// No incarnation could be drawn.
    #[error("no incarnation could be drawn")]
    NoIncarnation,
    /// The store has rows, and the vaults do not have the keys they lie under: not these vaults, or not this store.
    #[error("the vaults do not have the keys of this store")]
    KeysMissing,
    /// A key was released and could not be used.
    #[error("a key of the system could not be used: {0:?}")]
    Unusable(Released),
    /// A key was minted and could not be used.
    #[error("a key of the system could not be minted")]
    Unminted,
}

/// A start on its way. See the module.
pub struct Boot {
    deployment: Deployment,
    ring: Keyring,
    start: Start,
    pace: Pace,
    until_ms: u64,
    phase: Phase,
    incarnation: Option<Incarnation>,
    reported: (u32, u64),
    has_minted: bool,
    outcome: Option<Result<Booted, BootError>>,
    is_done: bool,
}

enum Phase {
    Drawing(Box<Draw>),
    Releasing(Box<Release>, Vec<Make>),
    Minting(Box<Mint>),
    Over,
}

/// The boxes of the system: the directory, and the short-lived tree (docs/keys.md 2).
pub fn system_boxes() -> impl Iterator<Item = BoxId> {
    DirectoryBox::all().map(DirectoryBox::id).chain([OwnerTag::SHORT_LIVED])
}

/// What gives vaults that were away when the keys of the system were made their shares: for [`Mint`], after each start
/// and now and then, since nothing else looks after them. Of a key that all vaults have it changes nothing.
#[must_use]
pub fn mending(day: u32) -> Vec<Make> {
    let boxes = system_boxes().map(Want::Box);
    [Want::Root, Want::Day(day)].into_iter().chain(boxes).map(Make::Again).collect()
}

impl Boot {
    /// Begins at the first transmission.
    #[must_use]
    pub fn new(deployment: &Deployment, ring: &Keyring, start: Start, pace: Pace, now_ms: u64) -> Boot {
        let until_ms = now_ms.saturating_add(pace.whole_ms);
        Boot {
            deployment: deployment.clone(),
            ring: ring.clone(),
            start,
            pace,
            until_ms,
            phase: Phase::Drawing(Box::new(Draw::new(deployment, pace, until_ms))),
            incarnation: None,
            reported: (0, 0),
            has_minted: false,
            outcome: None,
            is_done: false,
        }
    }

    fn end(&mut self, outcome: Result<Booted, BootError>) {
        self.phase = Phase::Over;
        self.outcome = Some(outcome);
        self.is_done = true;
    }

    fn step(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        match &mut self.phase {
            Phase::Over => return None,
            Phase::Drawing(draw) => match draw.next(world.now_ms, world.rng) {
                Drawn::Waiting => return draw.poll_transmit(world.now_ms, world.rng),
                Drawn::Failed => self.end(Err(BootError::NoIncarnation)),
                Drawn::Done { incarnation, reported } => {
                    self.reported = reported;
                    self.deployment.begin_order(incarnation);
                    let incarnation = if sabotage::is(Fault::NumbersAgain) { 1 } else { incarnation };
                    match Incarnation::new(incarnation) {
                        Some(incarnation) => self.release(incarnation, world.now_ms),
                        None => self.end(Err(BootError::NoIncarnation)),
                    }
                }
            },
            Phase::Releasing(release, _) => {
                let transmit = release.poll_transmit(world);
                self.hear_released(world.now_ms);
                return transmit;
            }
            Phase::Minting(mint) => {
                let transmit = mint.poll_transmit(world);
                self.hear_minted();
                return transmit;
            }
        }
        None
    }

    fn release(&mut self, incarnation: Incarnation, now_ms: u64) {
        self.incarnation = Some(incarnation);
        let boxes = system_boxes().map(Want::Box);
        let days = [self.start.day.saturating_sub(1), self.start.day].map(Want::Day);
        let wants: Vec<Want> = [Want::Root].into_iter().chain(boxes).chain(days).collect();
        let release = Release::new(&self.deployment, &self.ring, &wants, self.pace, now_ms)
            .with_numbering(Numbering::new(incarnation));
        self.phase = Phase::Releasing(Box::new(release), Vec::new());
    }

    fn hear_released(&mut self, now_ms: u64) {
        let Phase::Releasing(release, makes) = &mut self.phase else { return };
        let mut failed = None;
        while let Some((want, released)) = release.poll_outcome() {
            match (released, want) {
                (Released::Installed, _) => {}
                (Released::Nothing, Want::Day(day)) if day == self.start.day => makes.push(Make::Day(day)),
                (Released::Nothing, Want::Day(_) | Want::Device(_)) => {}
                (Released::Nothing, Want::Root) if self.start.is_first => makes.push(Make::Root),
                (Released::Nothing, Want::Box(of)) if self.start.is_first => {
                    makes.push(Make::SystemBox(of));
                }
                (Released::Nothing, _) => failed = failed.or(Some(BootError::KeysMissing)),
                // A sealed keyring takes nothing else, so at a first start these wait for the root.
                (Released::Away, _) => failed = failed.or(Some(BootError::Away)),
                (released, _) => failed = failed.or(Some(BootError::Unusable(released))),
            }
        }
        let waits_for_root = makes.contains(&Make::Root) && failed.is_none();
        if let Some(failed) = failed {
            return self.end(Err(failed));
        }
        if waits_for_root {
            // There is nothing: all of it is made.
            let makes: Vec<Make> = [Make::Root, Make::Day(self.start.day)]
                .into_iter()
                .chain(system_boxes().map(Make::SystemBox))
                .collect();
            return self.mint(&makes, now_ms);
        }
        if release.is_done() {
            let makes = std::mem::take(makes);
            if makes.is_empty() {
                return self.finish();
            }
            self.mint(&makes, now_ms);
        }
    }

    fn mint(&mut self, makes: &[Make], now_ms: u64) {
        self.has_minted = makes.contains(&Make::Root);
        let mint = Mint::new(&self.deployment, &self.ring, makes, self.pace, now_ms)
            .with_numbering(self.incarnation.map(Numbering::new));
        self.until_ms = now_ms.saturating_add(self.pace.whole_ms);
        self.phase = Phase::Minting(Box::new(mint));
    }

    fn hear_minted(&mut self) {
        let Phase::Minting(mint) = &mut self.phase else { return };
        let mut failed = None;
        while let Some((_, minted)) = mint.poll_outcome() {
            match minted {
                Minted::Installed { .. } => {}
                Minted::Away => failed = failed.or(Some(BootError::Away)),
                Minted::Taken | Minted::Nothing | Minted::Refused(_) => {
                    failed = failed.or(Some(BootError::Unminted))
                }
            }
        }
        let is_done = mint.is_done();
        match failed {
            Some(failed) => self.end(Err(failed)),
            None if is_done => self.finish(),
            None => {}
        }
    }

    fn finish(&mut self) {
        let booted = self.incarnation.map(|incarnation| Booted {
            incarnation,
            reported: self.reported,
            is_first: self.has_minted,
        });
        self.end(booted.ok_or(BootError::NoIncarnation));
    }
}

impl Machine for Boot {
    type Outcome = Result<Booted, BootError>;

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        // A phase that ends has nothing to send, the next one has.
        for _ in 0..4 {
            let transmit = self.step(world);
            if transmit.is_some() {
                return transmit;
            }
        }
        if matches!(self.phase, Phase::Drawing(_)) && world.now_ms >= self.until_ms {
            self.end(Err(BootError::Away));
        }
        None
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        match &mut self.phase {
            Phase::Drawing(draw) => draw.exchange().handle_answer(from, answer, now_ms),
            Phase::Releasing(release, _) => release.handle_answer(from, answer, now_ms),
            Phase::Minting(mint) => mint.handle_answer(from, answer, now_ms),
            Phase::Over => {}
        }
    }

    fn poll_timeout(&self) -> Option<u64> {
        match &self.phase {
            Phase::Drawing(draw) => [draw.poll_timeout(), Some(self.until_ms)].into_iter().flatten().min(),
            Phase::Releasing(release, _) => release.poll_timeout(),
            Phase::Minting(mint) => mint.poll_timeout(),
            Phase::Over => None,
        }
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        match &mut self.phase {
            Phase::Drawing(draw) => draw.exchange().handle_timeout(now_ms),
            Phase::Releasing(release, _) => release.handle_timeout(now_ms),
            Phase::Minting(mint) => mint.handle_timeout(now_ms),
            Phase::Over => {}
        }
    }

    fn poll_outcome(&mut self) -> Option<Result<Booted, BootError>> {
        self.outcome.take()
    }

    fn is_done(&self) -> bool {
        self.is_done && self.outcome.is_none()
    }
}
