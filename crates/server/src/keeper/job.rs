//! A machine of `custody` as a job of the keeper: what goes out, comes in, and is done.
use custody::{Destroyed, Doomed, KeyName, Machine, Make, Minted, Released, Surveyed, Ticked, Want, World};
use ids::BoxId;
use store::Commit;

use super::links::{Heard, Links};

/// What a job has brought about.
pub(super) enum Done {
    Released(Want, Released),
    Minted(Make, Minted),
    Destroyed(Doomed, Destroyed),
    /// So many vaults keep the number of the last commit.
    Reported(usize),
    Ticked(BoxId, Ticked),
    Surveyed(BoxId, Surveyed),
    Reshared(KeyName, Ticked),
}

/// What a job is for; of most kinds one is enough at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Release,
    MintDevice,
    MintBlank,
    Destroy,
    Tick,
    Report,
    /// Shares for vaults that were away.
    Mend,
    /// States of boxes that nobody has opened since the store was put back.
    Survey,
    /// New shares, since a vault was replaced.
    Reshare,
    Other,
}

/// An exchange with the vaults that is under way.
pub(super) trait Job {
    /// Sends what is to be sent, and takes what is done.
    fn go_on(&mut self, world: &mut World<'_>, links: &Links, durable: Commit) -> Vec<Done>;
    /// A vault has answered.
    fn hear(&mut self, heard: &Heard, now_ms: u64);
    /// When to go on even if no vault answers.
    fn wakes_ms(&self) -> Option<u64>;
    /// A commit that must be durable before it goes on.
    fn awaits(&self) -> Option<Commit>;
    /// What it is for.
    fn kind(&self) -> Kind;
    /// Which it is.
    fn number(&self) -> u64;
    /// Whether nothing more comes of it.
    fn is_done(&self) -> bool;
}

/// A machine with its number among the jobs.
pub(super) struct Running<M: Machine> {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) machine: M,
    pub(super) done: fn(M::Outcome) -> Done,
}

impl<M: Machine> Job for Running<M> {
    fn go_on(&mut self, world: &mut World<'_>, links: &Links, durable: Commit) -> Vec<Done> {
        if self.machine.awaits_durable().is_some_and(|commit| commit <= durable) {
            self.machine.handle_durable(durable, world.now_ms);
        }
        if self.machine.poll_timeout().is_some_and(|at_ms| at_ms <= world.now_ms) {
            self.machine.handle_timeout(world.now_ms);
        }
        send(&mut self.machine, self.number, world, links);
        let mut done = Vec::new();
        while let Some(outcome) = self.machine.poll_outcome() {
            done.push((self.done)(outcome));
        }
        done
    }

    fn hear(&mut self, heard: &Heard, now_ms: u64) {
        let answer = heard.answer.as_ref().map(|answer| answer.as_slice()).map_err(|away| *away);
        self.machine.handle_answer(heard.from, answer, now_ms);
    }

    fn wakes_ms(&self) -> Option<u64> {
        self.machine.poll_timeout()
    }

    fn awaits(&self) -> Option<Commit> {
        self.machine.awaits_durable()
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn number(&self) -> u64 {
        self.number
    }

    fn is_done(&self) -> bool {
        self.machine.is_done()
    }
}

/// Sends all that a machine has to send; a vault whose queue is full counts as away.
pub(super) fn send<M: Machine>(machine: &mut M, number: u64, world: &mut World<'_>, links: &Links) {
    while let Some(transmit) = machine.poll_transmit(world) {
        let to = transmit.to;
        if !links.send(number, transmit) {
            machine.handle_answer(to, Err(custody::Away), world.now_ms);
        }
    }
}
