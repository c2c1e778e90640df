//! A vault with its folder, and what is in the way of it.

use crypto::{Rng as _, sign::SigningKey};
use custody::{
    Deployment, KeyName, VaultNo,
    wire::{Answer, Asked, Body, Commitment, Entry, Op, Reply, Request, RequestId, Tag},
};
use ids::BoxId;
use vault::Vault;

use crate::{dice::Dice, vault_disk::VaultDisk};

/// What a vault lies about, to whoever asks what it has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lie {
    /// Its share.
    Share,
    /// What the others' shares are.
    Commitments,
    /// The epoch of it.
    Epoch,
    /// How much there is.
    Short,
    /// Who it is.
    Name,
}

impl Lie {
    /// How many kinds there are.
    pub(crate) const KINDS: usize = 5;

    /// A lie by its kind.
    pub(crate) fn of(kind: usize) -> Lie {
        let all: [Lie; Lie::KINDS] = [Lie::Share, Lie::Commitments, Lie::Epoch, Lie::Short, Lie::Name];
        all.get(kind).copied().unwrap_or(Lie::Share)
    }

    fn distort(self, entry: &mut Entry) {
        match self {
            Lie::Share => {
                if let Some(byte) = entry.piece.share.first_mut() {
                    *byte ^= 1;
                }
            }
            Lie::Commitments => entry.piece.commitments.fill(Commitment([3; 16])),
            Lie::Epoch => entry.epoch += 7,
            Lie::Short | Lie::Name => {}
        }
    }
}

/// One vault.
pub(crate) struct Host {
    pub(crate) disk: VaultDisk,
    vault: Option<Vault>,
    dice: Dice,
    /// Until when nobody reaches it.
    pub(crate) away_until_ms: u64,
    /// Until when its answers take seconds.
    pub(crate) slow_until_ms: u64,
    /// Until when it can be reached every other moment only.
    pub(crate) flaps_until_ms: u64,
    /// What it lies about, and until when.
    pub(crate) lies: Option<(Lie, u64)>,
}

impl Host {
    pub(crate) fn new(mut dice: Dice) -> Option<Host> {
        let disk = VaultDisk::default();
        let vault = Vault::init_on(Box::new(disk.clone()), Box::new(dice.fork())).ok()?;
        let vault = Some(vault);
        Some(Host { disk, vault, dice, away_until_ms: 0, slow_until_ms: 0, flaps_until_ms: 0, lies: None })
    }

    /// A vault on a copy of a folder.
    pub(crate) fn on(disk: VaultDisk, dice: Dice) -> Host {
        let mut host = Host {
            disk,
            vault: None,
            dice,
            away_until_ms: 0,
            slow_until_ms: 0,
            flaps_until_ms: 0,
            lies: None,
        };
        host.open();
        host
    }

    pub(crate) fn verifying(&self) -> Option<crypto::sign::VerifyingKey> {
        self.vault.as_ref().map(Vault::verifying)
    }

    /// The power goes; the folder is opened again later.
    pub(crate) fn crash(&mut self) {
        self.vault = None;
        self.disk.crash(&mut self.dice);
    }

    /// Opens the folder; whether it can be opened.
    pub(crate) fn open(&mut self) -> bool {
        self.vault = Vault::open_on(Box::new(self.disk.clone()), Box::new(self.dice.fork())).ok();
        self.vault.is_some()
    }

    /// Opens the folder unless it is open; whether it is now.
    pub(crate) fn open_if_closed(&mut self) -> bool {
        self.vault.is_some() || self.open()
    }

    pub(crate) fn is_reachable(&self, now_ms: u64) -> bool {
        let flaps = now_ms < self.flaps_until_ms && (now_ms / 300).is_multiple_of(2);
        self.vault.is_some() && now_ms >= self.away_until_ms && !flaps
    }

    /// One exchange as the vault has it now: truly, or with what it lies about just now, and whether it lied.
    pub(crate) fn answer(&mut self, request: &[u8], now_ms: u64) -> Option<(Vec<u8>, bool)> {
        let truth = self.exchange(request)?;
        let lie = self.lies.filter(|(_, until_ms)| now_ms < *until_ms).map(|(lie, _)| lie);
        Some(match lie.and_then(|lie| self.distorted(lie, request, &truth)) {
            Some(lie) => (lie, true),
            None => (truth, false),
        })
    }

    /// An answer with a lie in it, signed; nothing if the request gives no occasion for this one.
    fn distorted(&self, lie: Lie, request: &[u8], answer: &[u8]) -> Option<Vec<u8>> {
        let asked = Request::decode(request).ok()?;
        let receipt = Asked::new(&asked, request).open(answer, |_, _| true).ok()?;
        let Body::Done(mut replies) = receipt.body else { return None };
        let mut has_lied = matches!(lie, Lie::Name);
        for reply in &mut replies {
            let Reply::Get { current, staged } = reply else { continue };
            for entry in [current, staged].into_iter().flatten() {
                lie.distort(entry);
                has_lied = true;
            }
        }
        if matches!(lie, Lie::Short) {
            has_lied = replies.pop().is_some();
        }
        let own = self.vault.as_ref()?.signer();
        let somebody = SigningKey::from_seed(&[9; 32]);
        let key = if matches!(lie, Lie::Name) { &somebody } else { &*own };
        let answer = Answer { request, commit: receipt.commit, body: Body::Done(replies) };
        has_lied.then(|| answer.encode(|bytes| key.sign(bytes)).to_vec())
    }

    /// One exchange; nothing if it does not answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        let answer = self.vault.as_mut()?.exchange(request).ok()?;
        Some(answer.to_vec())
    }

    /// What is current there under the X of those of these boxes that a request commits.
    pub(crate) fn committed(
        &mut self,
        deployment: &Deployment,
        boxes: &[BoxId],
        at: VaultNo,
        request: &[u8],
    ) -> Vec<(BoxId, u32, Tag)> {
        let Ok(request) = Request::decode(request) else { return Vec::new() };
        let handles = request.ops.iter().filter_map(|op| match op {
            Op::Commit { handle, .. } => Some(handle.0),
            Op::Draw { .. }
            | Op::Report { .. }
            | Op::Put { .. }
            | Op::Get { .. }
            | Op::Stage(_)
            | Op::Unstage { .. }
            | Op::Destroy { .. }
            | Op::Copy { .. }
            | Op::Status => None,
        });
        let handles: Vec<[u8; 16]> = handles.collect();
        let mut found = Vec::new();
        for &of in boxes.iter().filter(|_| !handles.is_empty()) {
            if handles.contains(&deployment.handle(KeyName::X(of), at).0)
                && let Some((epoch, tag)) = self.current(deployment, KeyName::X(of), at)
            {
                found.push((of, epoch, tag));
            }
        }
        found
    }

    /// What it has of a key.
    pub(crate) fn current(
        &mut self,
        deployment: &Deployment,
        name: KeyName,
        at: VaultNo,
    ) -> Option<(u32, Tag)> {
        let mut id = [0; 16];
        self.dice.fill(&mut id);
        let request = Request {
            deployment: deployment.handle(KeyName::Deployment, at),
            id: RequestId(id),
            order: 0,
            ops: vec![Op::Get { handle: deployment.handle(name, at) }],
        };
        let bytes = request.encode();
        let answer = self.exchange(&bytes)?;
        let receipt = Asked::new(&request, &bytes).open(&answer, |_, _| true).ok()?;
        let Body::Done(replies) = receipt.body else { return None };
        let Some(Reply::Get { current, .. }) = replies.into_iter().next() else { return None };
        current.map(|entry| (entry.epoch, entry.piece.tag()))
    }
}
