//! The key holder: a folder, the key it signs with, and one exchange at a time.
//!
//! Invariants: an answer leaves when what it says is durable; a request is carried out wholly or not at all; nothing is
//! answered that the folder does not hold, unaltered.

use std::path::Path;
use std::sync::Arc;

use crypto::{Rng, aead, hkdf, sign};
use custody::{
    Away,
    wire::{Answer, Body, Op, Refusal, Reply, Request},
};
use ids::limits;
use zeroize::Zeroizing;

use crate::{
    book::Book,
    disk::{ClaimError, Disk, DiskError, Folder},
    fault::{Fault, OpenError, Part},
    meter::{Budget, Meter},
    ops,
    root::{self, Operators},
    table,
    tally::Tally,
    work::Work,
};

const ROOT: &str = "root";
const SIGNER: &str = "signer";
const SIGNER_LEN: usize = aead::NONCE_BYTES + 32 + aead::TAG_BYTES;

/// A vault that is open. No two have the same folder.
pub struct Vault {
    book: Book,
    signer: Arc<sign::SigningKey>,
    fault: Option<Fault>,
    meter_key: Zeroizing<[u8; 32]>,
    tally: Tally,
}

impl Vault {
    /// Makes a vault in a folder that is empty or not there yet; its parent must be. A making that was cut short is begun
    /// anew.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn init(folder: &Path, rng: Box<dyn Rng + Send>) -> Result<Vault, OpenError> {
        Vault::init_on(Box::new(Folder::make(folder)?), rng)
    }

    /// [`Vault::init`] with the root under passphrases: a folder that is stolen opens with nothing else.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn init_sealed(
        folder: &Path,
        operators: Operators<'_>,
        rng: Box<dyn Rng + Send>,
    ) -> Result<Vault, OpenError> {
        Vault::init_with(Box::new(Folder::make(folder)?), operators, rng)
    }

    /// Opens the vault in a folder, for this process alone.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(folder: &Path, rng: Box<dyn Rng + Send>) -> Result<Vault, OpenError> {
        Vault::open_sealed(folder, &[], rng)
    }

    /// [`Vault::open`] with the passphrases of so many operators as are needed, if the root lies under any.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_sealed(
        folder: &Path,
        passphrases: &[&[u8]],
        rng: Box<dyn Rng + Send>,
    ) -> Result<Vault, OpenError> {
        match Folder::claim(folder) {
            Err(ClaimError::Disk(DiskError::Missing)) => Err(OpenError::NotAVault),
            claimed => Vault::open_with(Box::new(claimed?), passphrases, rng),
        }
    }

    /// [`Vault::init`] on any disk.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn init_on(disk: Box<dyn Disk>, rng: Box<dyn Rng + Send>) -> Result<Vault, OpenError> {
        Vault::init_with(disk, Operators::default(), rng)
    }

    /// [`Vault::init_sealed`] on any disk.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn init_with(
        mut disk: Box<dyn Disk>,
        operators: Operators<'_>,
        mut rng: Box<dyn Rng + Send>,
    ) -> Result<Vault, OpenError> {
        // Pages without a table are those of a vault that lost it. They are not for us to overwrite.
        let is_ours = |name: &str| name == table::NAME || name.starts_with('p');
        if disk.list()?.iter().any(|(name, _)| is_ours(name)) {
            return Err(OpenError::AlreadyAVault);
        }
        let mut root = Zeroizing::new([0; 32]);
        rng.fill(root.as_mut_slice());
        let file = root::file(&root, operators, &mut *rng)?;
        disk.write(ROOT, &file)?;
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(seed.as_mut_slice());
        let mut nonce = [0; aead::NONCE_BYTES];
        rng.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(SIGNER_LEN);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(seed.as_slice());
        key(&root, "heliograph vault signer").seal(&nonce, &[], &mut sealed, nonce.len());
        disk.write(SIGNER, &sealed)?;
        disk.settle()?;
        let book = Book::make(disk, rng, key(&root, "heliograph vault table"))?;
        Ok(Vault::new(book, &seed, &root))
    }

    /// [`Vault::open`] on any disk.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_on(disk: Box<dyn Disk>, rng: Box<dyn Rng + Send>) -> Result<Vault, OpenError> {
        Vault::open_with(disk, &[], rng)
    }

    /// [`Vault::open_sealed`] on any disk.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_with(
        mut disk: Box<dyn Disk>,
        passphrases: &[&[u8]],
        rng: Box<dyn Rng + Send>,
    ) -> Result<Vault, OpenError> {
        let files = disk.list()?;
        if !files.iter().any(|(name, _)| name == table::NAME) {
            return Err(OpenError::NotAVault);
        }
        let root = &read_root(&mut *disk, &files, passphrases)?;
        let mut sealed: Zeroizing<[u8; SIGNER_LEN]> = read_whole(&mut *disk, &files, SIGNER, Part::Signer)?;
        let seed = sealed.split_first_chunk_mut().and_then(|(nonce, sealed)| {
            let opened = key(root, "heliograph vault signer").open(nonce, &[], sealed).ok()?;
            sign_seed(opened)
        });
        let seed = seed.ok_or(OpenError::Damaged(Part::Signer))?;
        let book = Book::open(disk, rng, key(root, "heliograph vault table"), &files)?;
        Ok(Vault::new(book, &seed, root))
    }

    fn new(book: Book, seed: &[u8; 32], root: &[u8; 32]) -> Vault {
        let signer = Arc::new(sign::SigningKey::from_seed(seed));
        let meter_key = hkdf::derive(root, &[], &[b"heliograph vault meter"]);
        Vault { book, signer, fault: None, meter_key, tally: Tally::default() }
    }

    /// What the answers are signed with.
    #[must_use]
    pub fn verifying(&self) -> sign::VerifyingKey {
        self.signer.verifying()
    }

    /// The key itself: the link, too, proves with it that this vault is at the other end.
    #[must_use]
    pub fn signer(&self) -> Arc<sign::SigningKey> {
        self.signer.clone()
    }

    /// How many commits changed something, how many rows there are, and how many bytes they hold.
    #[must_use]
    pub fn counts(&self) -> (u64, u64, u64) {
        let head = &self.book.head;
        (head.commit, head.rows, head.bytes)
    }

    /// Whether it serves a deployment: it was given something to keep, and does nothing for another one.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.book.head.deployment.is_some()
    }

    /// From now on counts the keys that it gives, and gives no more than these (P15). It goes on where the folder says.
    ///
    /// # Errors
    ///
    /// [`DiskError`]: nothing is counted.
    pub fn limit(&mut self, keys_per_hour: u32, now_ms: u64) -> Result<(), DiskError> {
        let key = aead::Key::new(&self.meter_key);
        let meter = Meter::open(&mut *self.book.disk, key, keys_per_hour, now_ms)?;
        self.book.meter = Some(meter);
        Ok(())
    }

    /// Time has passed: whoever runs the vault says so, before requests and now and then.
    pub fn at(&mut self, now_ms: u64) {
        let Book { meter, disk, rng, .. } = &mut self.book;
        if let Some(meter) = meter {
            meter.at(now_ms, &mut **disk, &mut **rng);
        }
    }

    /// Lets it give keys again, a whole budget of them: its operator has found that what opened the breaker was right, or has
    /// ended it.
    ///
    /// # Errors
    ///
    /// [`DiskError`]: nothing has changed.
    pub fn resume(&mut self) -> Result<(), DiskError> {
        let Book { meter, disk, rng, .. } = &mut self.book;
        meter.as_mut().map_or(Ok(()), |meter| meter.resume(&mut **disk, &mut **rng))
    }

    /// How it stands with its budget, if it has one.
    #[must_use]
    pub fn budget(&self) -> Option<Budget> {
        self.book.meter.as_ref().map(Meter::budget)
    }

    /// What it has done since this was asked last.
    pub fn take_tally(&mut self) -> Tally {
        let keys = self.book.meter.as_mut().map_or(0, Meter::untold);
        Tally { keys, ..std::mem::take(&mut self.tally) }
    }

    /// Why the last request that had no answer had none, for whoever runs the vault.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// One exchange: carries out a request and answers it. A full disk refuses the request, and nothing of it is done.
    ///
    /// # Errors
    ///
    /// [`Fault`] if nothing can be said: what was asked for is damaged, or the disk failed.
    pub fn exchange(&mut self, request: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let body = match self.carry_out(request) {
            Ok(body) => body,
            Err(Fault::Disk(DiskError::Full)) => Body::Refused(Refusal::TooMuch),
            Err(fault) => {
                self.fault = Some(fault);
                self.tally.unanswered += 1;
                return Err(fault);
            }
        };
        self.tally.note(&body);
        Ok(self.sign(request, body))
    }

    /// Several exchanges at once, in their order, which share one commit: however many wait for the disk, it syncs once for
    /// all of them. Each has the answer that it would have had by itself, but for the commit number, which is that of the
    /// shared commit.
    ///
    /// # Errors
    ///
    /// [`Fault`], for each request that has no answer.
    pub fn exchange_all(&mut self, requests: &[&[u8]]) -> Vec<Result<Zeroizing<Vec<u8>>, Fault>> {
        if let [_, _, ..] = requests
            && let Ok(Some(bodies)) = self.carry_out_together(requests)
        {
            bodies.iter().for_each(|body| self.tally.note(body));
            let signed = requests.iter().zip(bodies).map(|(request, body)| Ok(self.sign(request, body)));
            return signed.collect();
        }
        // One of them cannot be carried out; nothing was, and none must suffer for it.
        requests.iter().map(|request| self.exchange(request)).collect()
    }

    /// Opens every page, in the order of their rows.
    ///
    /// # Errors
    ///
    /// [`Fault`] names the first part that is damaged.
    pub fn examine(&mut self) -> Result<(), Fault> {
        self.book.examine()
    }

    /// Signs an answer.
    pub(crate) fn sign(&self, request: &[u8], body: Body) -> Zeroizing<Vec<u8>> {
        let answer = Answer { request, commit: self.book.head.commit, body };
        answer.encode(|bytes| self.signer.sign(bytes))
    }

    /// Does what a request says, durably.
    pub(crate) fn carry_out(&mut self, request: &[u8]) -> Result<Body, Fault> {
        let Ok(request) = Request::decode(request) else {
            return Ok(Body::Refused(Refusal::NotUnderstood));
        };
        let mut work = Work::begin(&mut self.book)?;
        let body = match carry_out(&mut work, request)? {
            Carried::Answered(body) => body,
            // What it did before is taken back with the work.
            Carried::TooMuch => return Ok(Body::Refused(Refusal::TooMuch)),
        };
        work.commit()?;
        Ok(body)
    }

    /// Does what several requests say, all of it in one commit; nothing at all where one of them has to be taken back.
    fn carry_out_together(&mut self, requests: &[&[u8]]) -> Result<Option<Vec<Body>>, Fault> {
        let mut work = Work::begin(&mut self.book)?;
        let mut bodies = Vec::with_capacity(requests.len());
        for request in requests {
            bodies.push(match Request::decode(request) {
                Err(_) => Body::Refused(Refusal::NotUnderstood),
                Ok(request) => match carry_out(&mut work, request)? {
                    Carried::Answered(body) => body,
                    Carried::TooMuch => return Ok(None),
                },
            });
        }
        work.commit()?;
        Ok(Some(bodies))
    }
}

/// What became of a request, as long as its work is not committed.
enum Carried {
    Answered(Body),
    /// The answer would be too long; a part of the request may be in the work.
    TooMuch,
}

fn carry_out(work: &mut Work<'_>, request: Request) -> Result<Carried, Fault> {
    if work.head.deployment.is_some_and(|served| served != request.deployment) {
        return Ok(Carried::Answered(Body::Refused(Refusal::UnknownDeployment)));
    }
    if request.changes() {
        if request.order <= work.head.order {
            // It was sent before what has been done since, and must not undo it.
            return Ok(Carried::Answered(Body::Refused(Refusal::Overtaken)));
        }
        work.head.order = request.order;
    }
    let Some(replies) = run_all(work, request.ops)? else { return Ok(Carried::TooMuch) };
    if work.is_changed() {
        work.head.deployment = Some(request.deployment);
    }
    Ok(Carried::Answered(Body::Done(replies)))
}

impl custody::Vault for Vault {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        let mut answer = Vault::exchange(self, request).map_err(|_| Away)?;
        Ok(std::mem::take(&mut *answer))
    }
}

/// Carries out operations on one handle in their order, and those on different handles in that of the handles, which is
/// that of the pages. The counters come before, the status after all others. Nothing if the answer would be too long.
fn run_all(work: &mut Work<'_>, ops: Vec<Op>) -> Result<Option<Vec<Reply>>, Fault> {
    let mut order: Vec<(usize, Op)> = ops.into_iter().enumerate().collect();
    order.sort_by_key(|(_, op)| (matches!(op, Op::Status), ops::handle(op)));
    let mut room = limits::VAULT_ANSWER_BYTES_MAX - Answer::EMPTY_BYTES;
    let mut replies = Vec::with_capacity(order.len());
    for (at, op) in order {
        let reply = ops::run(work, op)?;
        let Some(rest) = room.checked_sub(reply.encoded_len()) else { return Ok(None) };
        room = rest;
        replies.push((at, reply));
    }
    replies.sort_by_key(|(at, _)| *at);
    Ok(Some(replies.into_iter().map(|(_, reply)| reply).collect()))
}

/// A key for one purpose.
fn key(root: &[u8; 32], purpose: &str) -> aead::Key {
    aead::Key::new(&hkdf::derive(root, &[], &[purpose.as_bytes()]))
}

fn read_root(
    disk: &mut dyn Disk,
    files: &[(String, u64)],
    passphrases: &[&[u8]],
) -> Result<Zeroizing<[u8; 32]>, OpenError> {
    let bytes = files.iter().find(|(file, _)| file == ROOT).and_then(|(_, len)| usize::try_from(*len).ok());
    let bytes = bytes.filter(|bytes| *bytes <= root::FILE_BYTES_MAX).ok_or(OpenError::Damaged(Part::Root))?;
    let mut file = Zeroizing::new(vec![0; bytes]);
    disk.read(ROOT, 0, &mut file)?;
    root::read(&file, passphrases)
}

fn sign_seed(opened: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    (opened.len() == seed.len()).then(|| seed.copy_from_slice(opened))?;
    Some(seed)
}

/// Reads a file that must have exactly this length.
fn read_whole<const N: usize>(
    disk: &mut dyn Disk,
    files: &[(String, u64)],
    name: &str,
    part: Part,
) -> Result<Zeroizing<[u8; N]>, OpenError> {
    if !files.iter().any(|(file, len)| file == name && *len == N as u64) {
        return Err(OpenError::Damaged(part));
    }
    let mut bytes = Zeroizing::new([0; N]);
    disk.read(name, 0, bytes.as_mut_slice())?;
    Ok(bytes)
}

impl From<ClaimError> for OpenError {
    fn from(error: ClaimError) -> OpenError {
        match error {
            ClaimError::Taken => OpenError::Taken,
            ClaimError::Disk(error) => OpenError::Disk(error),
        }
    }
}
