//! F8: what a vault is asked and what it answers, its folder in any state, and its life against a plain map (R6).
//!
//! Source: docs/keys.md 6. A vault on a disk in memory, which the fuzzer may fill, stop and cut.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crypto::sign::VerifyingKey;
use custody::wire::{
    Asked, Body, Commitment, CopyOf, Ended, Entry, Handle, Mark, Op, Piece, Receipt, Refusal, Reply, Request,
    RequestId, Stage, Tag, Token,
};
use vault::testing::Ram;
use vault::{DiskError, Fault, Vault};
use zeroize::Zeroizing;

use crate::{Input, Seeded};

const DEPLOYMENT: Handle = Handle([0xdd; 16]);
const REQUESTS_MAX: usize = 24;

type Files = BTreeMap<String, Vec<u8>>;

/// A folder with a few rows of each kind, so that most inputs find something.
static FOLDER: LazyLock<Files> = LazyLock::new(|| {
    let disk = Ram::default();
    let mut vault = Vault::init_on(Box::new(disk.clone()), Box::new(Seeded::new(1))).expect("an empty disk");
    let ops = b"\x02\x00\x00\x02\x01\x00\x02\x02\x00\x04\x00\x00\x00\x01\x20\x04\x01\x00\x00\x01\x20\x05\x00\x00\x01";
    let mut input = Input::new(ops);
    let ops = (0..6).map(|_| op(&mut input)).collect();
    let request = Request { deployment: DEPLOYMENT, id: RequestId([1; 16]), order: 1, ops };
    vault.exchange(&request.encode()).expect("an answer");
    disk.files()
});

/// Keeps what all runs share from being made in the first one.
pub fn prepare() {
    LazyLock::force(&FOLDER);
}

fn open(files: Files) -> (Ram, Vault) {
    let disk = Ram::holding(files);
    let vault = Vault::open_on(Box::new(disk.clone()), Box::new(Seeded::new(2)));
    (disk, vault.expect("what a vault leaves it opens"))
}

fn opened(asked: &Asked, answer: &[u8], key: &VerifyingKey) -> Receipt {
    let receipt = asked.open(answer, |bytes, signature| key.verify(bytes, signature).is_ok());
    receipt.expect("an honest vault's answer counts")
}

/// Anything as a request, whole or behind a header that is right.
pub fn request(input: &mut Input<'_>) {
    let mut bytes = Vec::new();
    if input.byte() & 1 == 0 {
        bytes.extend_from_slice(b"HGV2");
        bytes.extend_from_slice(&DEPLOYMENT.0);
        bytes.extend_from_slice(&[9; 16]);
        bytes.extend_from_slice(&2u64.to_be_bytes());
    }
    bytes.extend_from_slice(input.rest());
    let (disk, mut vault) = open(FOLDER.clone());
    let before = disk.files();
    let answer = vault.exchange(&bytes).expect("a vault on a good disk answers everything");
    let (signed, signature) = answer.split_last_chunk().expect("a signature");
    assert!(vault.verifying().verify(signed, signature).is_ok());
    match Request::decode(&bytes) {
        Ok(request) => {
            assert!(*request.encode() == bytes, "two requests have the same meaning");
            let receipt = opened(&Asked::new(&request, &bytes), &answer, &vault.verifying());
            let refused = matches!(receipt.body, Body::Refused(_));
            assert!(!refused || disk.files() == before, "a request was refused and carried out");
            // The same again changes nothing more.
            let after = disk.files();
            vault.exchange(&bytes).expect("an answer");
            assert!(disk.files() == after, "the same request did more");
        }
        Err(_) => {
            assert!(signed.ends_with(&[0xff, 0xff, 1]));
            assert!(disk.files() == before);
        }
    }
    let (_, mut vault) = open(disk.files());
    vault.examine().expect("every page opens");
}

/// Anything as an answer.
pub fn answer(input: &mut Input<'_>) {
    let ops = (0..input.below(8)).map(|_| op(input)).collect();
    let request = Request { deployment: DEPLOYMENT, id: RequestId(input.array()), order: 1, ops };
    let bytes = request.encode();
    let asked = Asked::new(&request, &bytes);
    let mut answer = Vec::new();
    if input.byte() & 1 == 0 {
        answer.extend_from_slice(b"HGA1");
        answer.extend_from_slice(&request.id.0);
        answer.extend_from_slice(&crypto::sha256(&[&bytes]));
    }
    answer.extend_from_slice(input.rest());
    if let Ok(receipt) = asked.open(&answer, |_, _| true) {
        let again = custody::wire::Answer { request: &bytes, commit: receipt.commit, body: receipt.body };
        let again = again.encode(|_| [0; 64]);
        let unsigned = answer.len() - 64;
        assert!(again[..unsigned] == answer[..unsigned], "two answers have the same meaning");
    }
}

/// A life of requests, deaths and bad disks. A map says what must be told.
pub fn life(input: &mut Input<'_>) {
    let (mut disk, mut vault) = open(FOLDER.clone());
    let (mut model, mut commit) = Model::read(&mut vault);
    for number in 0..REQUESTS_MAX {
        if input.is_over() {
            break;
        }
        let harm = input.byte();
        let ops = (0..1 + input.below(6)).map(|_| op(input)).collect();
        let id = RequestId([u8::try_from(number).expect("few"); 16]);
        let order = u64::try_from(number).expect("few") + 2;
        let request = Request { deployment: DEPLOYMENT, id, order, ops };
        let bytes = request.encode();
        let asked = Asked::new(&request, &bytes);
        let mut next = model.clone();
        let expected =
            Request::decode(&bytes).expect("it was just written").ops.into_iter().map(|op| next.run(op));
        let expected: Vec<Option<Reply>> = expected.collect();
        trace!("request {number}: {} operations, harm {harm}", expected.len());
        match harm {
            0..160 => {}
            160..200 => disk.fail_after(u64::from(harm - 160) / 4, DiskError::Full),
            200..255 => disk.stop_after(u64::from(harm - 200) / 4),
            255 => disk.limit(Some(0)),
        }
        let done = vault.exchange(&bytes).map(|answer| opened(&asked, &answer, &vault.verifying()));
        disk.limit(None);
        let mut answered = commit;
        let is_done = match done.map(|receipt| (receipt.commit, receipt.body)) {
            Ok((number, Body::Done(replies))) => {
                answered = number;
                assert_eq!(replies.len(), expected.len());
                let same = |(told, expected): (Reply, Option<Reply>)| expected.is_none_or(|it| told == it);
                assert!(replies.into_iter().zip(expected).all(same), "the vault said something else");
                true
            }
            Ok((_, Body::Refused(refusal))) => {
                assert!(refusal == Refusal::TooMuch && harm >= 160, "refused for no reason");
                false
            }
            Err(fault) => {
                assert!(harm >= 160 && !matches!(fault, Fault::Damaged(_)), "silent for no reason");
                false
            }
        };
        if is_done && harm < 150 {
            (model, commit) = (next, answered);
            continue;
        }
        // It died: what is found is the state before or after, and after if it was answered.
        let cut = disk.after_power_cut();
        let found = if harm & 1 == 0 { disk.files() } else { cut[usize::from(harm) % cut.len()].clone() };
        (disk, vault) = open(found);
        let (told, number) = Model::read(&mut vault);
        if number > commit {
            model = next;
        } else {
            assert!(answered == number, "it was answered and is gone");
        }
        assert!(told.says_the_same(&model), "neither the old state nor the new");
        commit = number;
    }
    vault.examine().expect("every page opens");
}

fn handle(n: u8) -> Handle {
    Handle([n; 16])
}

fn handle_of(op: &Op) -> Option<Handle> {
    match op {
        Op::Draw { .. } | Op::Report { .. } | Op::Status => None,
        Op::Put { handle, .. }
        | Op::Get { handle }
        | Op::Commit { handle, .. }
        | Op::Unstage { handle, .. }
        | Op::Destroy { handle }
        | Op::Copy { handle, .. } => Some(*handle),
        Op::Stage(stage) => Some(stage.handle),
    }
}

/// One of two shares of an epoch: an attempt that was given up, and the next.
fn piece(epoch: u32, attempt: u8) -> Piece {
    let [.., low] = epoch.to_be_bytes();
    Piece {
        share: Zeroizing::new([low ^ attempt << 7; 32]),
        commitments: vec![Commitment([low ^ attempt << 7; 16])],
    }
}

const HANDLES: u8 = 4;
const PAGES: u8 = 4;

fn op(input: &mut Input<'_>) -> Op {
    let kind = input.below(11);
    let handle = handle(input.below(HANDLES));
    let choice = input.byte();
    let (epoch, attempt) = (u32::from(choice & 7), choice >> 7);
    let tag = piece(epoch, attempt).tag();
    match kind {
        0 => Op::Draw { value: epoch, token: Token([choice; 16]) },
        1 => Op::Report { incarnation: epoch, commit: u64::from(choice), mark: Mark([choice; 16]) },
        2 => Op::Put { handle, epoch: epoch & 1, piece: piece(epoch & 1, attempt) },
        3 => Op::Get { handle },
        4 => {
            let to = epoch + 1 + u32::from(choice >> 6 & 1);
            let shape = input.byte();
            let from = Some(epoch).filter(|_| choice & 0x20 == 0);
            let page = |n: u8| (u64::from(n), vec![n; usize::from(shape) << 6]);
            let pages = (0..PAGES).filter(|n| shape >> n & 1 != 0).map(page).collect();
            let is_whole = shape & 0x10 != 0 || from.is_none_or(|from| from + 1 != to);
            let ended = (0..PAGES).filter(|n| shape >> 5 & 1 << n != 0).map(u64::from).collect();
            let ended = if is_whole { Ended::AllOthers } else { Ended::Pages(ended) };
            let sheet = vec![shape; usize::from(shape)];
            Op::Stage(Box::new(Stage { handle, from, to, piece: piece(to, attempt), sheet, pages, ended }))
        }
        5 | 6 => Op::Commit { handle, to: epoch, tag },
        7 => Op::Unstage { handle, to: epoch, tag },
        8 => Op::Destroy { handle },
        9 => {
            let page = u64::from(choice >> 2 & 3);
            let kinds = [CopyOf::Sheet, CopyOf::Page(page), CopyOf::StagedSheet, CopyOf::StagedPage(page)];
            Op::Copy { handle, what: kinds[usize::from(choice & 3)] }
        }
        _ => Op::Status,
    }
}

/// All that a vault is to remember.
#[derive(Clone, Default)]
struct Model {
    drawn: (u32, [u8; 16]),
    reported: (u32, u64, [u8; 16]),
    held: BTreeMap<Handle, Held>,
}

#[derive(Clone, Default)]
struct Held {
    current: Option<Entry>,
    sheet: Option<Vec<u8>>,
    pages: BTreeMap<u64, Vec<u8>>,
    staged: Option<Entry>,
    staged_sheet: Option<Vec<u8>>,
    staged_pages: BTreeMap<u64, Vec<u8>>,
    /// Kept, and not told.
    ended: Option<Ended>,
}

impl Model {
    /// What a vault tells of itself, and its commit number.
    fn read(vault: &mut Vault) -> (Model, u64) {
        let mut ops = vec![
            Op::Draw { value: 0, token: Token([0; 16]) },
            Op::Report { incarnation: 0, commit: 0, mark: Mark([0; 16]) },
        ];
        for handle in (0..HANDLES).map(handle) {
            ops.push(Op::Get { handle });
            for what in copies() {
                ops.push(Op::Copy { handle, what });
            }
        }
        let request = Request { deployment: DEPLOYMENT, id: RequestId([0; 16]), order: 0, ops };
        let bytes = request.encode();
        let answer = vault.exchange(&bytes).expect("an answer");
        let receipt = opened(&Asked::new(&request, &bytes), &answer, &vault.verifying());
        let Body::Done(replies) = receipt.body else { panic!("refused") };
        let mut model = Model::default();
        for (op, reply) in request.ops.iter().zip(replies) {
            model.note(op, reply);
        }
        (model, receipt.commit)
    }

    fn note(&mut self, op: &Op, reply: Reply) {
        let held = handle_of(op).map(|handle| self.held.entry(handle).or_default());
        match (op, reply, held) {
            (_, Reply::Draw { value, token }, _) => self.drawn = (value, token.0),
            (_, Reply::Report { incarnation, commit, mark }, _) => {
                self.reported = (incarnation, commit, mark.0)
            }
            (_, Reply::Get { current, staged }, Some(held)) => {
                (held.current, held.staged) = (current, staged)
            }
            (Op::Copy { what, .. }, Reply::Copy(Some(bytes)), Some(held)) => held.set(*what, bytes),
            (_, Reply::Copy(None), _) => {}
            _ => panic!("a reply to something else"),
        }
    }

    fn says_the_same(&self, other: &Model) -> bool {
        let held = |model: &Model, n| model.held.get(&handle(n)).cloned().unwrap_or_default();
        let same = |n| {
            let (a, b) = (held(self, n), held(other, n));
            let entries = a.current == b.current && a.staged == b.staged;
            entries && copies().all(|what| a.copy(what) == b.copy(what))
        };
        self.drawn == other.drawn && self.reported == other.reported && (0..HANDLES).all(same)
    }

    /// What an operation does, and what must be said to it; nothing is known of a status.
    fn run(&mut self, op: Op) -> Option<Reply> {
        let held = handle_of(&op).map(|handle| self.held.entry(handle).or_default());
        Some(match (op, held) {
            (Op::Draw { value, token }, _) => {
                if value > self.drawn.0 {
                    self.drawn = (value, token.0);
                }
                Reply::Draw { value: self.drawn.0, token: Token(self.drawn.1) }
            }
            (Op::Report { incarnation, commit, mark }, _) => {
                let before = self.reported;
                if (incarnation, commit) > (before.0, before.1) {
                    self.reported = (incarnation, commit, mark.0);
                }
                Reply::Report { incarnation: before.0, commit: before.1, mark: Mark(before.2) }
            }
            (Op::Put { epoch, piece, .. }, Some(held)) => {
                let entry = Entry { epoch, piece };
                if held.current.is_none() && held.staged.is_none() {
                    held.current = Some(entry.clone());
                }
                Reply::Put { kept: held.current == Some(entry) }
            }
            (Op::Get { .. }, Some(held)) => {
                Reply::Get { current: held.current.clone(), staged: held.staged.clone() }
            }
            (Op::Stage(stage), Some(held)) => held.stage(*stage),
            (Op::Commit { to, tag, .. }, Some(held)) => held.commit(to, tag),
            (Op::Unstage { to, tag, .. }, Some(held)) => {
                if is(held.staged.as_ref(), to, tag) {
                    (held.staged, held.staged_sheet, held.ended) = (None, None, None);
                    held.staged_pages.clear();
                }
                Reply::Unstage { gone: !is(held.current.as_ref(), to, tag), current: held.epoch() }
            }
            (Op::Destroy { .. }, Some(held)) => {
                *held = Held::default();
                Reply::Destroy
            }
            (Op::Copy { what, .. }, Some(held)) => Reply::Copy(held.copy(what)),
            _ => return None,
        })
    }
}

impl Held {
    fn epoch(&self) -> Option<u32> {
        self.current.as_ref().map(|entry| entry.epoch)
    }

    fn copy(&self, what: CopyOf) -> Option<Vec<u8>> {
        match what {
            CopyOf::Sheet => self.sheet.clone(),
            CopyOf::Page(id) => self.pages.get(&id).cloned(),
            CopyOf::StagedSheet => self.staged_sheet.clone(),
            CopyOf::StagedPage(id) => self.staged_pages.get(&id).cloned(),
        }
    }

    fn set(&mut self, what: CopyOf, bytes: Vec<u8>) {
        match what {
            CopyOf::Sheet => self.sheet = Some(bytes),
            CopyOf::Page(id) => drop(self.pages.insert(id, bytes)),
            CopyOf::StagedSheet => self.staged_sheet = Some(bytes),
            CopyOf::StagedPage(id) => drop(self.staged_pages.insert(id, bytes)),
        }
    }

    fn stage(&mut self, stage: Stage) -> Reply {
        let current = self.epoch();
        let tag = stage.piece.tag();
        if current != stage.from || self.staged.is_some() {
            let is_there = current == stage.from && is(self.staged.as_ref(), stage.to, tag);
            return Reply::Stage { staged: is_there, current };
        }
        self.staged = Some(Entry { epoch: stage.to, piece: stage.piece });
        self.staged_sheet = Some(stage.sheet);
        self.staged_pages = stage.pages.into_iter().collect();
        self.ended = Some(stage.ended);
        Reply::Stage { staged: true, current }
    }

    fn commit(&mut self, to: u32, tag: Tag) -> Reply {
        if is(self.staged.as_ref(), to, tag) {
            self.current = self.staged.take();
            self.sheet = self.staged_sheet.take();
            match self.ended.take() {
                Some(Ended::Pages(pages)) => self.pages.retain(|id, _| !pages.contains(id)),
                Some(Ended::AllOthers) | None => self.pages.clear(),
            }
            self.pages.append(&mut self.staged_pages);
        }
        Reply::Commit { committed: is(self.current.as_ref(), to, tag), current: self.epoch() }
    }
}

fn is(entry: Option<&Entry>, epoch: u32, tag: Tag) -> bool {
    entry.is_some_and(|entry| entry.epoch == epoch && entry.piece.tag() == tag)
}

fn copies() -> impl Iterator<Item = CopyOf> {
    let pages = (0..u64::from(PAGES)).flat_map(|id| [CopyOf::Page(id), CopyOf::StagedPage(id)]);
    pages.chain([CopyOf::Sheet, CopyOf::StagedSheet])
}
