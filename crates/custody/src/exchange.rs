//! Operations for several vaults, packed into requests, sent again when no answer comes, their answers verified.
//!
//! One request at a time is under way to each vault. Every operation is such that carrying it out twice is as carrying it
//! out once, so an exchange that failed is simply sent again, under a new number. What answers another request is
//! ignored; what is not signed by the vault, or does not fit, counts as no answer and names the vault.

use std::collections::VecDeque;

use crypto::Rng;
use ids::limits;
use zeroize::Zeroizing;

use crate::{
    Away,
    deployment::{Deployment, KeyName, Misdeed},
    roster::VaultNo,
    wire::{Answer, Asked, Body, CopyOf, Op, Reply, Request, RequestId},
};

/// How long things take, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How long an answer may take.
    pub answer_ms: u64,
    /// How long until a vault that did not answer is asked again.
    pub retry_ms: u64,
    /// How long until more vaults than necessary are asked, or those that are late are no longer waited for.
    pub hedge_ms: u64,
    /// How long everything may take; what is not done then has failed.
    pub whole_ms: u64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            answer_ms: limits::VAULT_ANSWER_MS_MAX,
            retry_ms: limits::VAULT_RETRY_MS,
            hedge_ms: limits::VAULT_HEDGE_MS,
            whole_ms: limits::VAULT_WHOLE_MS_MAX,
        }
    }
}

/// A request on its way out.
pub struct Transmit {
    /// For whom.
    pub to: VaultNo,
    /// The bytes; they may hold shares.
    pub request: Zeroizing<Vec<u8>>,
}

/// What became of an operation.
pub(crate) struct Heard<T> {
    /// At which vault.
    pub(crate) vault: VaultNo,
    /// Whatever the machine gave along.
    pub(crate) about: T,
    /// The reply with the vault's commit number; nothing when time is up.
    pub(crate) reply: Option<(Reply, u64)>,
}

/// Operations under way.
pub(crate) struct Exchange<T> {
    deployment: Deployment,
    pace: Pace,
    until_ms: u64,
    lanes: Vec<Lane<T>>,
    heard: VecDeque<Heard<T>>,
}

struct Lane<T> {
    waiting: VecDeque<(Op, T)>,
    flight: Option<Flight<T>>,
    rests_until_ms: u64,
    has_failed: bool,
}

struct Flight<T> {
    asked: Asked,
    ops: Vec<(Op, T)>,
    due_ms: u64,
    seen: u64,
}

impl<T> Exchange<T> {
    /// Nothing to do yet; everything ends at `until_ms`.
    pub(crate) fn new(deployment: &Deployment, pace: Pace, until_ms: u64) -> Exchange<T> {
        let lane = |_| Lane { waiting: VecDeque::new(), flight: None, rests_until_ms: 0, has_failed: false };
        let lanes = (0..deployment.roster().n()).map(lane).collect();
        Exchange { deployment: deployment.clone(), pace, until_ms, lanes, heard: VecDeque::new() }
    }

    /// One more operation, in the order of the calls for each vault.
    pub(crate) fn push(&mut self, vault: VaultNo, op: Op, about: T) {
        match self.lanes.get_mut(vault.index()) {
            Some(lane) => lane.waiting.push_back((op, about)),
            None => self.heard.push_back(Heard { vault, about, reply: None }),
        }
    }

    /// What became of one operation.
    pub(crate) fn poll(&mut self) -> Option<Heard<T>> {
        self.heard.pop_front()
    }

    /// Whether nothing is waiting or under way, and all was heard.
    pub(crate) fn is_done(&self) -> bool {
        self.heard.is_empty() && self.lanes.iter().all(Lane::is_idle)
    }

    /// Whether a vault has nothing left to do.
    pub(crate) fn is_idle(&self, vault: VaultNo) -> bool {
        self.lanes.get(vault.index()).is_none_or(Lane::is_idle)
    }

    /// Whether a vault's last exchange failed.
    pub(crate) fn has_failed(&self, vault: VaultNo) -> bool {
        self.lanes.get(vault.index()).is_some_and(|lane| lane.has_failed)
    }

    /// Gives up what is not done; it is heard without a reply.
    pub(crate) fn give_up(&mut self) {
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            let vault = VaultNo::at(index);
            let flown = lane.flight.take().map(|flight| flight.ops).unwrap_or_default();
            for (_, about) in flown.into_iter().chain(lane.waiting.drain(..)) {
                self.heard.push_back(Heard { vault, about, reply: None });
            }
        }
    }

    /// The next request, if one is due.
    pub(crate) fn poll_transmit(&mut self, now_ms: u64, rng: &mut dyn Rng) -> Option<Transmit> {
        if now_ms >= self.until_ms {
            return None;
        }
        let due = |lane: &Lane<T>| {
            lane.flight.is_none() && !lane.waiting.is_empty() && lane.rests_until_ms <= now_ms
        };
        let index = self.lanes.iter().position(due)?;
        let lane = self.lanes.get_mut(index)?;
        let vault = VaultNo::at(index);
        let deployment = self.deployment.handle(KeyName::Deployment, vault);
        let (ops, abouts): (Vec<Op>, Vec<T>) = lane.take(self.deployment.roster().n()).into_iter().unzip();
        let order = self.deployment.next_order();
        let request = Request { deployment, id: RequestId(rng.array()), order, ops };
        let bytes = request.encode();
        lane.flight = Some(Flight {
            asked: Asked::new(&request, &bytes),
            ops: request.ops.into_iter().zip(abouts).collect(),
            due_ms: now_ms.saturating_add(self.pace.answer_ms),
            seen: self.deployment.seen(vault),
        });
        Some(Transmit { to: vault, request: bytes })
    }

    /// A vault has answered, or the driver has found out that it will not.
    pub(crate) fn handle_answer(&mut self, vault: VaultNo, answer: Result<&[u8], Away>, now_ms: u64) {
        let Some(lane) = self.lanes.get_mut(vault.index()) else { return };
        let Some(flight) = &lane.flight else { return };
        let Ok(answer) = answer else {
            self.deployment.missed(vault);
            return lane.fail(now_ms, self.pace);
        };
        let Some(member) = self.deployment.roster().member(vault) else { return };
        let receipt =
            flight.asked.open(answer, |signed, signature| member.key.verify(signed, signature).is_ok());
        let receipt = match receipt {
            Ok(receipt) => receipt,
            Err(fault) => {
                if let Some(misdeed) = Misdeed::of(fault) {
                    self.deployment.name(vault, misdeed);
                    lane.fail(now_ms, self.pace);
                }
                return;
            }
        };
        if receipt.commit < flight.seen {
            self.deployment.name(vault, Misdeed::RolledBack);
            return lane.fail(now_ms, self.pace);
        }
        self.deployment.saw(vault, receipt.commit);
        match receipt.body {
            Body::Done(replies) => {
                self.deployment.answered(vault, now_ms);
                let ops = lane.flight.take().map(|flight| flight.ops).unwrap_or_default();
                lane.has_failed = false;
                if replies.iter().any(|reply| matches!(reply, Reply::Withheld)) {
                    self.deployment.name(vault, Misdeed::Withholds);
                }
                for ((_, about), reply) in ops.into_iter().zip(replies) {
                    self.heard.push_back(Heard { vault, about, reply: Some((reply, receipt.commit)) });
                }
            }
            Body::Refused(refusal) => {
                self.deployment.name(vault, refusal.into());
                lane.fail(now_ms, self.pace);
            }
        }
    }

    /// When something is to be done even if nobody answers.
    pub(crate) fn poll_timeout(&self) -> Option<u64> {
        let next = |lane: &Lane<T>| match &lane.flight {
            Some(flight) => Some(flight.due_ms),
            None if !lane.waiting.is_empty() => Some(lane.rests_until_ms),
            None => None,
        };
        self.lanes.iter().filter_map(next).min().map(|next| next.min(self.until_ms))
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now_ms: u64) {
        if now_ms >= self.until_ms {
            return self.give_up();
        }
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            if lane.flight.as_ref().is_some_and(|flight| flight.due_ms <= now_ms) {
                self.deployment.missed(VaultNo::at(index));
                lane.fail(now_ms, self.pace);
            }
        }
    }
}

impl<T> Lane<T> {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.flight.is_none()
    }

    /// As many operations as fit one request, and whose replies fit one answer.
    fn take(&mut self, n: usize) -> Vec<(Op, T)> {
        let (mut asked, mut answered) = (Request::EMPTY_BYTES, Answer::EMPTY_BYTES);
        let mut count = 0;
        for (op, _) in &self.waiting {
            asked += op.encoded_len();
            answered += reply_bytes_max(op, n);
            let fits = asked <= limits::VAULT_REQUEST_BYTES_MAX && answered <= limits::VAULT_ANSWER_BYTES_MAX;
            if count > 0 && (count == limits::VAULT_OPS_MAX || !fits) {
                break;
            }
            count += 1;
        }
        self.waiting.drain(..count).collect()
    }

    /// What was under way waits again, in front.
    fn fail(&mut self, now_ms: u64, pace: Pace) {
        if let Some(flight) = self.flight.take() {
            for op in flight.ops.into_iter().rev() {
                self.waiting.push_front(op);
            }
            self.rests_until_ms = now_ms.saturating_add(pace.retry_ms);
            self.has_failed = true;
        }
    }
}

/// The longest reply to an operation when there are `n` vaults.
fn reply_bytes_max(op: &Op, n: usize) -> usize {
    match op {
        Op::Draw { .. } => 1 + 4 + 16,
        Op::Report { .. } => 1 + 4 + 8 + 16,
        Op::Put { .. } | Op::Destroy { .. } => 1 + 1,
        Op::Get { .. } => 1 + 1 + 2 * (4 + 32 + 1 + 16 * n),
        Op::Stage(_) | Op::Commit { .. } | Op::Unstage { .. } => 1 + 1 + 4,
        Op::Copy { what: CopyOf::Sheet | CopyOf::StagedSheet, .. } => {
            1 + 1 + 4 + limits::STATE_SHEET_BYTES_MAX
        }
        Op::Copy { what: CopyOf::Page(_) | CopyOf::StagedPage(_), .. } => {
            1 + 1 + 4 + limits::STATE_PAGE_BYTES_MAX
        }
        Op::Status => 1 + 8 + 8,
    }
}
