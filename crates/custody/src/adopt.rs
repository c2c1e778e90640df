//! Adopt: a vault that is to take the place of another is told what the one before it knew of this start (docs/keys.md 6.6).
//!
//! It must have nothing yet: whatever it had would be counted among what the others have. And before it counts among the vaults it
//! keeps the incarnation of this start and what is durable, as a majority does: a later start that heard of these from the one before
//! it, and from nobody else, would draw an incarnation twice, or take an old store for the newest.

use crate::{
    Away, Deployment, Machine, Misdeed, Pace, Transmit, VaultNo, World,
    exchange::{Exchange, Heard},
    wire::{Op, Reply},
};

/// Why it cannot take the place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AdoptError {
    /// It did not answer.
    #[error("the new vault does not answer, or does not let this server in")]
    Away,
    /// Not an empty one.
    #[error("the new vault holds something already: it needs a new folder")]
    Taken,
    /// Another server has drawn a later incarnation there.
    #[error("the new vault knows of a later start of this deployment than this one")]
    Later,
    /// It is none.
    #[error("the new vault does not answer as vaults do")]
    Unfit,
}

/// A vault that is about to take another's place. See the module.
pub struct Adopt {
    deployment: Deployment,
    vault: VaultNo,
    durable: u64,
    exchange: Exchange<()>,
    is_begun: bool,
    until_ms: u64,
    said: Vec<Option<Reply>>,
    outcome: Option<Result<(), AdoptError>>,
    is_done: bool,
}

/// Status, draw and report.
const REPLIES: usize = 3;

impl Adopt {
    /// `deployment` has the vault on its roster already; the store is durable up to the commit `durable`.
    #[must_use]
    pub fn new(deployment: &Deployment, vault: VaultNo, durable: u64, pace: Pace, now_ms: u64) -> Adopt {
        let until_ms = now_ms.saturating_add(pace.whole_ms);
        Adopt {
            deployment: deployment.clone(),
            vault,
            durable,
            exchange: Exchange::new(deployment, pace, until_ms),
            is_begun: false,
            until_ms,
            said: Vec::new(),
            outcome: None,
            is_done: false,
        }
    }

    fn judge(&self) -> Result<(), AdoptError> {
        let mut said = self.said.iter().flatten();
        let own = self.deployment.incarnation();
        match (said.next(), said.next(), said.next()) {
            (Some(Reply::Status { rows: 1.., .. }), ..) => Err(AdoptError::Taken),
            (Some(Reply::Status { .. }), Some(Reply::Draw { value, token }), Some(Reply::Report { .. })) => {
                match value.cmp(&own) {
                    std::cmp::Ordering::Equal if self.deployment.has_drawn(*value, *token) => Ok(()),
                    std::cmp::Ordering::Greater if self.deployment.has_drawn(*value, *token) => {
                        Err(AdoptError::Later)
                    }
                    std::cmp::Ordering::Less | std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => {
                        Err(AdoptError::Unfit)
                    }
                }
            }
            _ if self.is_foreign() => Err(AdoptError::Taken),
            _ => Err(AdoptError::Away),
        }
    }

    /// Whether it serves another deployment.
    fn is_foreign(&self) -> bool {
        self.deployment.health(self.vault).misdeeds.contains(&Misdeed::UnknownDeployment)
    }
}

impl Machine for Adopt {
    type Outcome = Result<(), AdoptError>;

    fn poll_transmit(&mut self, world: &mut World<'_>) -> Option<Transmit> {
        if !std::mem::replace(&mut self.is_begun, true) {
            let mut random = [0; 8];
            world.rng.fill(&mut random);
            let value = self.deployment.incarnation();
            let token = self.deployment.token(value, random);
            let ops = [Op::Status, Op::Draw { value, token }, self.deployment.report(self.durable)];
            ops.into_iter().for_each(|op| self.exchange.push(self.vault, op, ()));
        }
        while let Some(Heard { reply, .. }) = self.exchange.poll() {
            self.said.push(reply.map(|(reply, _)| reply));
        }
        let is_over = world.now_ms >= self.until_ms || self.said.len() >= REPLIES || self.is_foreign();
        if is_over && !self.is_done {
            self.outcome = Some(self.judge());
            self.is_done = true;
        }
        if self.is_done { None } else { self.exchange.poll_transmit(world.now_ms, world.rng) }
    }

    fn handle_answer(&mut self, from: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        self.exchange.handle_answer(from, answer, now_ms);
    }

    fn poll_timeout(&self) -> Option<u64> {
        if self.is_done {
            return None;
        }
        [self.exchange.poll_timeout(), Some(self.until_ms)].into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now_ms: u64) {
        self.exchange.handle_timeout(now_ms);
    }

    fn poll_outcome(&mut self) -> Option<Result<(), AdoptError>> {
        self.outcome.take()
    }

    fn is_done(&self) -> bool {
        self.is_done && self.outcome.is_none()
    }
}
