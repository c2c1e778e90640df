//! The ways to the vaults, so that no vault waits for another: one over a network has a task, on a thread that all of them
//! share; one on a folder has a thread of its own, since an exchange blocks.
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};

use custody::{Away, Transmit, Vault, VaultNo};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::Message;
use super::far::{Far, Network};
use crate::log::Log;

/// Requests that may wait for one vault; a vault that takes none is away.
pub(super) const REQUESTS_WAITING_MAX: usize = 32;

/// A vault as the server holds it.
pub(crate) enum AnyVault {
    /// On this machine.
    Here(Box<dyn Vault + Send>),
    /// Over a network.
    Far(Far),
}

impl Vault for AnyVault {
    fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>, Away> {
        match self {
            Self::Here(vault) => vault.exchange(request),
            Self::Far(vault) => vault.exchange(request),
        }
    }
}

/// The ways to the vaults. They close when this is dropped.
pub(super) struct Links {
    ways: Vec<Way>,
    /// Runs the tasks.
    network: Option<Network>,
}

enum Way {
    Thread(SyncSender<Request>),
    Task(mpsc::Sender<Request>),
}

/// A request on its way.
pub(super) struct Request {
    pub(super) job: u64,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// What a vault has said to a job, or that it has said nothing.
pub(crate) struct Heard {
    pub(super) job: u64,
    pub(super) from: VaultNo,
    /// It may hold shares.
    pub(super) answer: Result<Zeroizing<Vec<u8>>, Away>,
}

impl Links {
    /// Opens a way to each vault; answers go to `heard`, and to the log who goes and comes. In the order of the vaults.
    pub(super) fn start(vaults: Vec<AnyVault>, heard: &Sender<Message>, log: &Log) -> std::io::Result<Self> {
        let mut links = Self { ways: Vec::new(), network: None };
        for (index, vault) in vaults.into_iter().enumerate() {
            let way = links.way(VaultNo::at(index), vault, (heard, log))?;
            links.ways.push(way);
        }
        Ok(links)
    }

    /// From now on requests to this vault go another way.
    pub(super) fn replace(
        &mut self,
        at: VaultNo,
        vault: AnyVault,
        told: (&Sender<Message>, &Log),
    ) -> std::io::Result<()> {
        let way = self.way(at, vault, told)?;
        if let Some(there) = self.ways.get_mut(at.index()) {
            *there = way;
        }
        Ok(())
    }

    fn way(
        &mut self,
        from: VaultNo,
        vault: AnyVault,
        (heard, log): (&Sender<Message>, &Log),
    ) -> std::io::Result<Way> {
        let heard = heard.clone();
        Ok(match vault {
            AnyVault::Here(vault) => {
                let (send, requests) = sync_channel(REQUESTS_WAITING_MAX);
                let body = move || carry(vault, from, &requests, &heard);
                std::thread::Builder::new().name(format!("vault {}", from.0)).spawn(body)?;
                Way::Thread(send)
            }
            AnyVault::Far(vault) => {
                let (send, requests) = mpsc::channel(REQUESTS_WAITING_MAX);
                let network = match &mut self.network {
                    Some(network) => network,
                    none => none.insert(Network::start()?),
                };
                network.carry(vault, from, requests, heard, log.clone());
                Way::Task(send)
            }
        })
    }

    /// Sends a job's request on its way. False if the vault takes none.
    pub(super) fn send(&self, job: u64, transmit: Transmit) -> bool {
        let Transmit { to, request } = transmit;
        let request = Request { job, bytes: request };
        match self.ways.get(to.index()) {
            Some(Way::Thread(way)) => way.try_send(request).is_ok(),
            Some(Way::Task(way)) => way.try_send(request).is_ok(),
            None => false,
        }
    }
}

/// The body of a vault's thread.
fn carry(
    mut vault: Box<dyn Vault + Send>,
    from: VaultNo,
    requests: &Receiver<Request>,
    heard: &Sender<Message>,
) {
    while let Ok(Request { job, bytes }) = requests.recv() {
        let answer = vault.exchange(&bytes).map(Zeroizing::new);
        if heard.send(Message::Heard(Heard { job, from, answer })).is_err() {
            return;
        }
    }
}
