//! Report: the number of the last durable commit, to all vaults, every minute: a store that comes back older is found out
//! at its next start (docs/keys.md 6.3). A tick and a destruction report what they follow from by themselves.

use crate::{
    Away, Deployment, Machine, Pace, Transmit, VaultNo, World,
    exchange::{Exchange, Heard},
    wire::Reply,
};

/// A report on its way. Its outcome is how many vaults have kept it.
pub struct Report {
    exchange: Exchange<()>,
    kept: usize,
    outcome: Option<usize>,
    is_over: bool,
}

impl Report {
    /// Of this commit of this start.
    #[must_use]
    pub fn new(deployment: &Deployment, commit: u64, pace: Pace, now_ms: u64) -> Report {
        let mut exchange = Exchange::new(deployment, pace, now_ms.saturating_add(pace.whole_ms));
        for (vault, _) in deployment.roster().vaults() {
            exchange.push(vault, deployment.report(commit), ());
        }
        Report { exchange, kept: 0, outcome: None, is_over: false }
    }
}

impl Machine for Report {
    type Outcome = usize;

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        while let Some(Heard { reply, .. }) = self.exchange.poll() {
            self.kept += usize::from(matches!(reply, Some((Reply::Report { .. }, _))));
        }
        if !self.is_over && self.exchange.is_done() {
            self.is_over = true;
            self.outcome = Some(self.kept);
        }
        self.exchange.poll_transmit(world.now_ms, world.rng)
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        self.exchange.handle_answer(from, answer, now_ms);
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.exchange.poll_timeout()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.exchange.handle_timeout(now_ms);
    }

    fn poll_outcome(&mut self) -> Option<usize> {
        self.outcome.take()
    }

    fn is_done(&self) -> bool {
        self.is_over && self.outcome.is_none()
    }
}
