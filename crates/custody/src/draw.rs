//! The incarnation of a start: a value that no other start has, by compare-and-swap at a majority (docs/keys.md 6.3).
//!
//! A token says that somebody who has the local part made it for this value: what a vault makes up counts for nothing, so
//! no vault can use up the values. A vault keeps one token for each value and never goes back, so no two starts can have a majority for one value. A
//! vault that lies could give both of two starts their token; so, while others answer, a start also leaves a value behind
//! of which any vault says that it is somebody else's.

use crypto::Rng;

use crate::{
    Deployment, Misdeed, Pace, Transmit, VaultNo,
    exchange::{Exchange, Heard},
    wire::{Mark, Op, Reply, Token},
};

/// Incarnations have 24 bits.
const VALUES_END: u32 = 1 << 24;
/// After so many values that somebody disputed, a majority is enough: a vault that always disputes stops no start.
const DISPUTES_MAX: u8 = 6;

/// A draw on its way. See the module.
pub(crate) struct Draw {
    deployment: Deployment,
    pace: Pace,
    exchange: Exchange<u8>,
    round: u8,
    value: u32,
    token: Token,
    /// What each vault said last.
    said: Vec<Option<(u32, Token)>>,
    /// Which of them in this round.
    fresh: Vec<bool>,
    /// The highest commit number reported before, with its incarnation.
    reported: (u32, u64),
    enough_ms: Option<u64>,
}

/// What was drawn.
pub(crate) enum Drawn {
    Waiting,
    /// The incarnation, and the highest report kept.
    Done {
        incarnation: u32,
        reported: (u32, u64),
    },
    /// Too many starts at once, or all values are used up.
    Failed,
}

impl Draw {
    pub(crate) fn new(deployment: &Deployment, pace: Pace, until_ms: u64) -> Draw {
        let n = deployment.roster().n();
        let mut exchange = Exchange::new(deployment, pace, until_ms);
        for (vault, _) in deployment.roster().vaults() {
            exchange.push(vault, Op::Draw { value: 0, token: Token([0; 16]) }, 0);
            exchange.push(vault, Op::Report { incarnation: 0, commit: 0, mark: Mark([0; 16]) }, 0);
        }
        Draw {
            deployment: deployment.clone(),
            pace,
            exchange,
            round: 0,
            value: 0,
            token: Token([0; 16]),
            said: vec![None; n],
            fresh: vec![false; n],
            reported: (0, 0),
            enough_ms: None,
        }
    }

    fn hear(&mut self) {
        while let Some(Heard { vault, about, reply }) = self.exchange.poll() {
            match reply.map(|(reply, _)| reply) {
                Some(Reply::Draw { value, token }) if !self.deployment.has_drawn(value, token) => {
                    self.deployment.name(vault, Misdeed::MadeUp);
                }
                Some(Reply::Draw { value, token }) => {
                    if let Some(said) = self.said.get_mut(vault.index()) {
                        *said = Some((value, token));
                    }
                    if let Some(fresh) = self.fresh.get_mut(vault.index()).filter(|_| about == self.round) {
                        *fresh = true;
                    }
                }
                Some(Reply::Report { incarnation, commit, mark }) => {
                    if self.deployment.has_reported(incarnation, commit, mark) {
                        self.reported = self.reported.max((incarnation, commit));
                    } else {
                        self.deployment.name(vault, Misdeed::MadeUp);
                    }
                }
                Some(_) | None => {}
            }
        }
    }

    /// How far it is; goes on to the next value where necessary.
    pub(crate) fn next(&mut self, now_ms: u64, rng: &mut dyn Rng) -> Drawn {
        self.hear();
        let majority = self.deployment.roster().majority();
        let heard = self.fresh.iter().filter(|fresh| **fresh).count();
        if heard < majority {
            return Drawn::Waiting;
        }
        let enough = *self.enough_ms.get_or_insert(now_ms);
        let lane_is_open = |(index, fresh): (usize, &bool)| {
            let vault = VaultNo::at(index);
            !fresh && !self.exchange.has_failed(vault)
        };
        let waits = self.fresh.iter().enumerate().any(lane_is_open);
        if waits && now_ms < enough.saturating_add(self.pace.hedge_ms) {
            return Drawn::Waiting;
        }
        let of_round = || {
            let said = self.said.iter().zip(&self.fresh).filter(|(_, fresh)| **fresh);
            said.filter_map(|(said, _)| *said)
        };
        if self.round > 0 {
            let mine =
                of_round().filter(|&(value, token)| (value, token) == (self.value, self.token)).count();
            let is_disputed = of_round().any(|(value, token)| value == self.value && token != self.token);
            if mine >= majority && (!is_disputed || self.round > DISPUTES_MAX) {
                return Drawn::Done { incarnation: self.value, reported: self.reported };
            }
        }
        self.next_value(rng)
    }

    /// Draws a value above what a majority of those heard has. What nobody has drawn does not count as said.
    fn next_value(&mut self, rng: &mut dyn Rng) -> Drawn {
        let mut values: Vec<u32> = self.said.iter().flatten().map(|(value, _)| *value).collect();
        values.sort_unstable();
        let most = values.get(self.deployment.roster().majority() - 1).copied().unwrap_or(0);
        // Two starts that meet go different ways.
        let skip = if self.round == 0 { 0 } else { rng.u32() % u32::from(self.round).saturating_add(1) };
        self.value = most.max(self.value).saturating_add(1).saturating_add(skip);
        if self.value >= VALUES_END || self.round >= ids::limits::DRAWS_MAX {
            return Drawn::Failed;
        }
        self.token = self.deployment.token(self.value, rng.array());
        self.round += 1;
        self.enough_ms = None;
        self.fresh.fill(false);
        for (vault, _) in self.deployment.roster().vaults() {
            self.exchange.push(vault, Op::Draw { value: self.value, token: self.token }, self.round);
        }
        Drawn::Waiting
    }

    pub(crate) fn exchange(&mut self) -> &mut Exchange<u8> {
        &mut self.exchange
    }

    pub(crate) fn poll_transmit(&mut self, now_ms: u64, rng: &mut dyn Rng) -> Option<Transmit> {
        self.exchange.poll_transmit(now_ms, rng)
    }

    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        let hedge = self.enough_ms.map(|enough| enough.saturating_add(self.pace.hedge_ms));
        [self.exchange.poll_timeout(), hedge].into_iter().flatten().min()
    }
}
