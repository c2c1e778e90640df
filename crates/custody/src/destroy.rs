//! Destroy: keys that must never open anything again, at every vault. Final with D receipts: the vaults that have not
//! answered are then fewer than k (P37).

use std::collections::VecDeque;

use ids::{AuthKeyId, BoxId, limits};
use sealed::Keyring;
use store::Commit;

use crate::{
    Away, Deployment, KeyName, Machine, Pace, Transmit, VaultNo, World,
    exchange::{Exchange, Heard},
    wire::{Op, Reply},
};

/// A key to be destroyed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doomed {
    /// C and X of a box: its account is deleted.
    Box(BoxId),
    /// The key of a device: it is logged out.
    Device(AuthKeyId),
    /// The key of a day that is over.
    Day(u32),
}

/// What became of one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destroyed {
    /// The vaults that have nothing of it any more, with the commit numbers of their receipts.
    pub receipts: Vec<(VaultNo, u64)>,
    /// Those that have not said so. Unless there are none, the driver comes back with the key later.
    pub missing: Vec<VaultNo>,
    /// Whether D vaults have said so. Only then may anybody be told that it is destroyed.
    pub is_final: bool,
}

/// Keys on their way out. See the module.
pub struct Destroy {
    deployment: Deployment,
    pace: Pace,
    until_ms: u64,
    items: Vec<Item>,
    exchange: Exchange<Option<(usize, usize)>>,
    final_ms: Option<u64>,
    now_ms: u64,
    outcomes: VecDeque<(Doomed, Destroyed)>,
}

struct Item {
    doomed: Doomed,
    /// For each shared key, the receipts.
    parts: Vec<Vec<(VaultNo, u64)>>,
    is_done: bool,
}

impl Doomed {
    fn names(self) -> Vec<KeyName> {
        match self {
            Doomed::Box(of) => vec![KeyName::X(of), KeyName::C(of)],
            Doomed::Device(of) => vec![KeyName::Device(of)],
            Doomed::Day(day) => vec![KeyName::Day(day)],
        }
    }
}

impl Destroy {
    /// Erases the keys from memory at once, then from the vaults, which are told that the store is durable up to the commit
    /// that `ordered` it: one that comes back from before has rows that will be dead. At most [`limits::KEYS_PER_EXCHANGE_MAX`] keys; of
    /// those beyond, which are not touched, the outcome says so.
    #[must_use]
    pub fn new(
        deployment: &Deployment,
        ring: &Keyring,
        doomed: &[Doomed],
        ordered: Commit,
        pace: Pace,
        now_ms: u64,
    ) -> Destroy {
        let until_ms = now_ms.saturating_add(pace.whole_ms);
        let mut exchange = Exchange::new(deployment, pace, until_ms);
        let mut items = Vec::new();
        for (vault, _) in deployment.roster().vaults() {
            exchange.push(vault, deployment.report(ordered.0), None);
        }
        for (index, &doomed) in doomed.iter().take(limits::KEYS_PER_EXCHANGE_MAX).enumerate() {
            match doomed {
                Doomed::Box(of) => ring.close_box(of),
                Doomed::Device(of) => ring.close_device(of),
                Doomed::Day(day) => ring.close_day(day),
            }
            let names = doomed.names();
            for (vault, _) in deployment.roster().vaults() {
                for (part, &name) in names.iter().enumerate() {
                    let handle = deployment.handle(name, vault);
                    exchange.push(vault, Op::Destroy { handle }, Some((index, part)));
                }
            }
            items.push(Item { doomed, parts: vec![Vec::new(); names.len()], is_done: false });
        }
        let missing: Vec<VaultNo> = deployment.roster().vaults().map(|(vault, _)| vault).collect();
        let beyond = doomed.iter().skip(limits::KEYS_PER_EXCHANGE_MAX).map(|&doomed| {
            (doomed, Destroyed { receipts: Vec::new(), missing: missing.clone(), is_final: false })
        });
        let outcomes = beyond.collect();
        Destroy {
            deployment: deployment.clone(),
            pace,
            until_ms,
            items,
            exchange,
            final_ms: None,
            now_ms,
            outcomes,
        }
    }

    fn hear(&mut self) {
        while let Some(Heard { vault, about, reply }) = self.exchange.poll() {
            let Some((item, part)) = about else { continue };
            let receipts = self.items.get_mut(item).and_then(|item| item.parts.get_mut(part));
            if let (Some(receipts), Some((Reply::Destroy, commit))) = (receipts, reply) {
                receipts.push((vault, commit));
            }
        }
    }

    fn settle(&mut self, now_ms: u64) {
        let roster = self.deployment.roster();
        let is_over = now_ms >= self.until_ms;
        for item in self.items.iter_mut().filter(|item| !item.is_done) {
            let mut receipts = item.parts.first().cloned().unwrap_or_default();
            receipts.retain(|(vault, _)| {
                item.parts.iter().all(|part| part.iter().any(|(other, _)| other == vault))
            });
            let is_final = roster.count(receipts.iter().map(|(vault, _)| *vault)) >= roster.d();
            let is_complete = receipts.len() == roster.n();
            if is_final {
                self.final_ms.get_or_insert(now_ms);
            }
            let has_waited = self.final_ms.is_some_and(|at| now_ms >= at.saturating_add(self.pace.hedge_ms));
            if is_complete || (is_final && has_waited) || is_over {
                let has_said = |vault: &VaultNo| receipts.iter().any(|(other, _)| other == vault);
                let missing =
                    roster.vaults().map(|(vault, _)| vault).filter(|vault| !has_said(vault)).collect();
                item.is_done = true;
                self.outcomes.push_back((item.doomed, Destroyed { receipts, missing, is_final }));
            }
        }
    }
}

impl Machine for Destroy {
    type Outcome = (Doomed, Destroyed);

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        self.now_ms = world.now_ms;
        self.hear();
        self.settle(world.now_ms);
        if self.items.iter().all(|item| item.is_done) {
            return None;
        }
        self.exchange.poll_transmit(world.now_ms, world.rng)
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        self.exchange.handle_answer(from, answer, now_ms);
    }

    fn poll_timeout(&self) -> Option<u64> {
        if self.is_done() {
            return None;
        }
        let hedge = self.final_ms.map(|at| at.saturating_add(self.pace.hedge_ms));
        let hedge = hedge.filter(|&hedge| hedge > self.now_ms);
        [self.exchange.poll_timeout(), hedge, Some(self.until_ms)].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.exchange.handle_timeout(now_ms);
    }

    fn poll_outcome(&mut self) -> Option<(Doomed, Destroyed)> {
        self.outcomes.pop_front()
    }

    fn is_done(&self) -> bool {
        self.outcomes.is_empty() && self.items.iter().all(|item| item.is_done)
    }
}
