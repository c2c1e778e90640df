//! What the tests stand on: a vault on a disk in memory, and requests whose answers are verified as a server does.

use std::{cell::Cell, collections::BTreeMap};

use crypto::testing::Seeded;
use custody::wire::{
    Asked, Body, Commitment, CopyOf, Ended, Entry, Handle, Op, Piece, Receipt, Refusal, Reply, Request,
    RequestId, Stage,
};
use vault::{Fault, OpenError, Vault, testing::Ram};
use zeroize::Zeroizing;

pub(crate) const DEPLOYMENT: Handle = Handle([0xdd; 16]);

/// A vault on a disk.
pub(crate) struct Ground {
    pub(crate) disk: Ram,
    pub(crate) vault: Vault,
}

impl Ground {
    pub(crate) fn new() -> Ground {
        let disk = Ram::default();
        let vault = Vault::init_on(Box::new(disk.clone()), rng()).expect("an empty disk");
        Ground { disk, vault }
    }

    /// The vault that such files are.
    pub(crate) fn on(files: BTreeMap<String, Vec<u8>>) -> Result<Ground, OpenError> {
        let disk = Ram::holding(files);
        let vault = Vault::open_on(Box::new(disk.clone()), rng())?;
        Ok(Ground { disk, vault })
    }

    /// The same vault after the process was killed.
    pub(crate) fn again(&self) -> Ground {
        Ground::on(self.disk.files()).expect("what a killed process leaves opens")
    }

    /// Carries operations out; they must be.
    pub(crate) fn ask(&mut self, ops: Vec<Op>) -> Vec<Reply> {
        match try_ask(&mut self.vault, ops).expect("an answer").body {
            Body::Done(replies) => replies,
            Body::Refused(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    pub(crate) fn ask_one(&mut self, op: Op) -> Reply {
        self.ask(vec![op]).remove(0)
    }

    pub(crate) fn current(&mut self, n: u64) -> Option<Entry> {
        let Reply::Get { current, .. } = self.ask_one(get(n)) else { panic!("no reply to a get") };
        current
    }

    pub(crate) fn staged(&mut self, n: u64) -> Option<Entry> {
        let Reply::Get { staged, .. } = self.ask_one(get(n)) else { panic!("no reply to a get") };
        staged
    }

    pub(crate) fn copy(&mut self, n: u64, what: CopyOf) -> Option<Vec<u8>> {
        let copy = self.ask_one(Op::Copy { handle: handle(n), what });
        let Reply::Copy(bytes) = copy else { panic!("no reply to a copy") };
        bytes
    }
}

/// Randomness that no two vaults of one test process share.
pub(crate) fn rng() -> Box<Seeded> {
    thread_local! { static SEED: Cell<u64> = const { Cell::new(0) } }
    Box::new(Seeded::new(SEED.replace(SEED.get() + 1)))
}

thread_local! { static NUMBER: Cell<u64> = const { Cell::new(1) } }

/// One exchange, with the answer verified.
pub(crate) fn try_ask(vault: &mut Vault, ops: Vec<Op>) -> Result<Receipt, Fault> {
    let (asked, bytes) = request(ops);
    let answer = vault.exchange(&bytes)?;
    Ok(open(vault, &asked, &answer))
}

pub(crate) fn refusal(receipt: Receipt) -> Option<Refusal> {
    match receipt.body {
        Body::Refused(refusal) => Some(refusal),
        Body::Done(_) => None,
    }
}

pub(crate) fn open(vault: &Vault, asked: &Asked, answer: &[u8]) -> Receipt {
    let verifying = vault.verifying();
    let opened = asked.open(answer, |bytes, signature| verifying.verify(bytes, signature).is_ok());
    opened.unwrap_or_else(|fault| panic!("the answer does not count: {fault}"))
}

pub(crate) fn request(ops: Vec<Op>) -> (Asked, Zeroizing<Vec<u8>>) {
    let order = NUMBER.replace(NUMBER.get() + 1);
    let mut id = [7; 16];
    id[..8].copy_from_slice(&order.to_be_bytes());
    let request = Request { deployment: DEPLOYMENT, id: RequestId(id), order, ops };
    let bytes = request.encode();
    (Asked::new(&request, &bytes), bytes)
}

/// The n-th handle; they are spread as a PRF spreads them.
pub(crate) fn handle(n: u64) -> Handle {
    let hash = crypto::sha256(&[b"handle", &n.to_be_bytes()]);
    Handle(hash[..16].try_into().expect("16 bytes"))
}

/// The share of the n-th key in an epoch, with which nothing else begins.
pub(crate) fn piece(n: u64, epoch: u32) -> Piece {
    let hash = |kind: u8| crypto::sha256(&[b"share", &[kind], &n.to_be_bytes(), &epoch.to_be_bytes()]);
    let commitment = |kind| Commitment(hash(kind)[..16].try_into().expect("16 bytes"));
    Piece { share: Zeroizing::new(hash(0)), commitments: (1..=3).map(commitment).collect() }
}

pub(crate) fn entry(n: u64, epoch: u32) -> Entry {
    Entry { epoch, piece: piece(n, epoch) }
}

/// Bytes of a sheet or page: sealed by the server, so they look random.
pub(crate) fn blob(n: u64, epoch: u32, page: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    crypto::Rng::fill(&mut Seeded::new(n << 32 ^ u64::from(epoch) << 16 ^ page), &mut bytes);
    bytes
}

pub(crate) fn page_id(epoch: u32, index: u32) -> u64 {
    u64::from(epoch) << 32 | u64::from(index)
}

pub(crate) fn put(n: u64) -> Op {
    Op::Put { handle: handle(n), epoch: 0, piece: piece(n, 0) }
}

pub(crate) fn get(n: u64) -> Op {
    Op::Get { handle: handle(n) }
}

/// The tick from one epoch to the next, with one new page in place of the one of the epoch before.
pub(crate) fn stage(n: u64, from: u32) -> Op {
    let to = from + 1;
    let ended = if from == 0 { vec![] } else { vec![page_id(from, 0)] };
    stage_of(n, from, vec![(page_id(to, 0), blob(n, to, 0, 2700))], ended)
}

pub(crate) fn stage_of(n: u64, from: u32, pages: Vec<(u64, Vec<u8>)>, ended: Vec<u64>) -> Op {
    let to = from + 1;
    Op::Stage(Box::new(Stage {
        handle: handle(n),
        from: Some(from),
        to,
        piece: piece(n, to),
        sheet: blob(n, to, u64::MAX, 90),
        pages,
        ended: Ended::Pages(ended),
    }))
}

pub(crate) fn commit(n: u64, to: u32) -> Op {
    Op::Commit { handle: handle(n), to, tag: piece(n, to).tag() }
}

pub(crate) fn unstage(n: u64, to: u32) -> Op {
    Op::Unstage { handle: handle(n), to, tag: piece(n, to).tag() }
}

pub(crate) fn destroy(n: u64) -> Op {
    Op::Destroy { handle: handle(n) }
}
