//! A vault with its folder, and what is in the way of it.

use crypto::Rng as _;
use custody::{
    Deployment, KeyName, VaultNo,
    wire::{Asked, Body, Op, Reply, Request, RequestId, Tag},
};
use ids::BoxId;
use vault::Vault;

use crate::{dice::Dice, vault_disk::VaultDisk};

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
}

impl Host {
    pub(crate) fn new(mut dice: Dice) -> Option<Host> {
        let disk = VaultDisk::default();
        let vault = Vault::init_on(Box::new(disk.clone()), Box::new(dice.fork())).ok()?;
        Some(Host { disk, vault: Some(vault), dice, away_until_ms: 0, slow_until_ms: 0, flaps_until_ms: 0 })
    }

    /// A vault on a copy of a folder.
    pub(crate) fn on(disk: VaultDisk, dice: Dice) -> Host {
        let mut host =
            Host { disk, vault: None, dice, away_until_ms: 0, slow_until_ms: 0, flaps_until_ms: 0 };
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
