//! A vault in memory, written from docs/keys.md 6 alone, with the faults that a vault can have.

use std::collections::BTreeMap;

use crypto::sign::SigningKey;
use ids::limits;

use crate::{
    Away, Vault,
    wire::{
        Answer, Body, Commitment, CopyOf, Ended, Entry, Handle, Mark, Op, Refusal, Reply, Request, Stage,
        Token,
    },
};

/// Incarnations have 24 bits.
const VALUES_END: u32 = 1 << 24;

/// What is wrong with a vault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Vice {
    /// Nothing.
    None,
    /// It does not answer.
    Away,
    /// Its shares are not what it was given.
    WrongShare,
    /// It states other commitments.
    WrongCommitments,
    /// It says that it is at a later epoch.
    LaterEpoch,
    /// It says that every draw is somebody else's.
    Disputes,
    /// It tells every start that the value is its own.
    TwoFaced,
    /// It says that its counter stands at the end.
    HighCounter,
    /// It says that an incarnation that nobody has had yet has reported nothing.
    HidesReports,
    /// It says that one has reported a commit far ahead.
    MakesReportsUp,
    /// Somebody else signs its answers.
    Forged,
    /// Its copies are other bytes.
    WrongCopies,
    /// It answers with fewer replies than there were operations.
    Short,
    /// It says that it has staged what it has not.
    NeverStages,
}

#[derive(Clone, Default)]
pub(super) struct Row {
    pub(super) current: Option<Entry>,
    pub(super) staged: Option<Entry>,
    sheet: Option<Vec<u8>>,
    pages: BTreeMap<u64, Vec<u8>>,
    next: Option<Next>,
}

/// What a stage brought: the sheet, new pages, and which end.
type Next = (Vec<u8>, Vec<(u64, Vec<u8>)>, Ended);

/// What lies on a vault's disk.
#[derive(Clone)]
pub(super) struct Disk {
    pub(super) rows: BTreeMap<Handle, Row>,
    counter: (u32, Token),
    report: (u32, u64, Mark),
    order: u64,
    pub(super) commit: u64,
}

pub(super) struct Model {
    pub(super) deployment: Handle,
    key: SigningKey,
    pub(super) disk: Disk,
    pub(super) vice: Vice,
    /// Requests and answers, in bytes.
    pub(super) requests: usize,
    pub(super) bytes_in: usize,
    pub(super) bytes_out: usize,
}

impl Model {
    pub(super) fn new(deployment: Handle, seed: u8) -> Model {
        let disk = Disk {
            rows: BTreeMap::new(),
            counter: (0, Token([0; 16])),
            report: (0, 0, Mark([0; 16])),
            order: 0,
            commit: 0,
        };
        let key = SigningKey::from_seed(&[seed; 32]);
        Model { deployment, key, disk, vice: Vice::None, requests: 0, bytes_in: 0, bytes_out: 0 }
    }

    fn carry_out(&mut self, op: Op) -> Reply {
        let disk = &mut self.disk;
        match op {
            Op::Draw { value, token } => {
                if self.vice == Vice::TwoFaced && value > 0 {
                    return Reply::Draw { value, token };
                }
                if value > disk.counter.0 {
                    disk.counter = (value, token);
                }
                let (value, token) = disk.counter;
                if self.vice == Vice::Disputes {
                    return Reply::Draw { value, token: Token([9; 16]) };
                }
                Reply::Draw { value: if self.vice == Vice::HighCounter { u32::MAX } else { value }, token }
            }
            Op::Report { incarnation, commit, mark } => {
                let (was, at, old) = disk.report;
                disk.report = disk.report.max((incarnation, commit, mark));
                let made_up = match self.vice == Vice::HidesReports {
                    true => 0,
                    false => u64::MAX,
                };
                match matches!(self.vice, Vice::HidesReports | Vice::MakesReportsUp) {
                    true => Reply::Report { incarnation: VALUES_END - 1, commit: made_up, mark: old },
                    false => Reply::Report { incarnation: was, commit: at, mark: old },
                }
            }
            Op::Put { handle, epoch, piece } => {
                let row = disk.rows.entry(handle).or_default();
                let entry = Entry { epoch, piece };
                let is_free = row.current.is_none() && row.staged.is_none();
                if is_free {
                    row.current = Some(entry.clone());
                }
                Reply::Put { kept: row.current == Some(entry) }
            }
            Op::Get { handle } => {
                let row = disk.rows.get(&handle).cloned().unwrap_or_default();
                let lie = |entry: Option<Entry>| entry.map(|entry| self.distort(entry));
                Reply::Get { current: lie(row.current), staged: lie(row.staged) }
            }
            Op::Stage(stage) => stage_op(disk, *stage, self.vice),
            Op::Commit { handle, to, tag } => {
                let row = disk.rows.entry(handle).or_default();
                let is = |entry: &Entry| entry.epoch == to && entry.piece.tag() == tag;
                if row.staged.as_ref().is_some_and(is)
                    && let (Some(staged), Some((sheet, pages, ended))) = (row.staged.take(), row.next.take())
                {
                    row.current = Some(staged);
                    row.sheet = Some(sheet);
                    match ended {
                        Ended::AllOthers => row.pages.clear(),
                        Ended::Pages(ids) => row.pages.retain(|id, _| !ids.contains(id)),
                    }
                    row.pages.extend(pages);
                }
                let committed = row.current.as_ref().is_some_and(is);
                Reply::Commit { committed, current: epoch(row) }
            }
            Op::Unstage { handle, to, tag } => {
                let row = disk.rows.entry(handle).or_default();
                let is = |entry: &Entry| entry.epoch == to && entry.piece.tag() == tag;
                if row.staged.as_ref().is_some_and(is) {
                    row.staged = None;
                    row.next = None;
                }
                Reply::Unstage { gone: !row.current.as_ref().is_some_and(is), current: epoch(row) }
            }
            Op::Destroy { handle } => {
                disk.rows.remove(&handle);
                Reply::Destroy
            }
            Op::Copy { handle, what } => {
                let row = disk.rows.get(&handle);
                let next = row.and_then(|row| row.next.as_ref());
                let copy = match what {
                    CopyOf::Sheet => row.and_then(|row| row.sheet.clone()),
                    CopyOf::Page(id) => row.and_then(|row| row.pages.get(&id).cloned()),
                    CopyOf::StagedSheet => next.map(|next| next.0.clone()),
                    CopyOf::StagedPage(id) => next
                        .and_then(|next| next.1.iter().find(|(other, _)| *other == id))
                        .map(|(_, page)| page.clone()),
                };
                Reply::Copy(copy.map(|mut bytes| {
                    if self.vice == Vice::WrongCopies {
                        bytes.reverse();
                    }
                    bytes
                }))
            }
            Op::Status => Reply::Status { rows: disk.rows.len() as u64, bytes: 0 },
        }
    }

    fn distort(&self, mut entry: Entry) -> Entry {
        entry.piece.share[7] ^= u8::from(self.vice == Vice::WrongShare);
        entry.epoch += if self.vice == Vice::LaterEpoch { 7 } else { 0 };
        if self.vice == Vice::WrongCommitments {
            entry.piece.commitments.fill(Commitment([3; 16]));
        }
        entry
    }
}

fn epoch(row: &Row) -> Option<u32> {
    row.current.as_ref().map(|entry| entry.epoch)
}

fn stage_op(disk: &mut Disk, stage: Stage, vice: Vice) -> Reply {
    let row = disk.rows.entry(stage.handle).or_default();
    let entry = Entry { epoch: stage.to, piece: stage.piece };
    if vice == Vice::NeverStages {
        return Reply::Stage { staged: true, current: epoch(row) };
    }
    if epoch(row) == stage.from && row.staged.is_none() {
        row.staged = Some(entry.clone());
        row.next = Some((stage.sheet, stage.pages, stage.ended));
    }
    Reply::Stage { staged: row.staged.as_ref() == Some(&entry), current: epoch(row) }
}

impl Vault for Model {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        if self.vice == Vice::Away {
            return Err(Away);
        }
        self.requests += 1;
        self.bytes_in += request.len();
        assert!(request.len() <= limits::VAULT_REQUEST_BYTES_MAX);
        let body = match Request::decode(request) {
            Err(_) => Body::Refused(Refusal::NotUnderstood),
            Ok(decoded) if decoded.deployment != self.deployment => Body::Refused(Refusal::UnknownDeployment),
            Ok(decoded) if decoded.changes() && decoded.order <= self.disk.order => {
                Body::Refused(Refusal::Overtaken)
            }
            Ok(decoded) => {
                if decoded.changes() {
                    self.disk.order = decoded.order;
                }
                let changes = decoded.ops.iter().any(|op| {
                    !matches!(
                        op,
                        Op::Get { .. }
                            | Op::Copy { .. }
                            | Op::Status
                            | Op::Draw { value: 0, .. }
                            | Op::Report { incarnation: 0, commit: 0, .. }
                    )
                });
                let mut replies: Vec<Reply> = decoded.ops.into_iter().map(|op| self.carry_out(op)).collect();
                self.disk.commit += u64::from(changes);
                if self.vice == Vice::Short {
                    replies.pop();
                }
                Body::Done(replies)
            }
        };
        let forger = SigningKey::from_seed(&[99; 32]);
        let key = if self.vice == Vice::Forged { &forger } else { &self.key };
        let answer = Answer { request, commit: self.disk.commit, body }.encode(|bytes| key.sign(bytes));
        assert!(answer.len() <= limits::VAULT_ANSWER_BYTES_MAX);
        self.bytes_out += answer.len();
        Ok(answer.to_vec())
    }
}
