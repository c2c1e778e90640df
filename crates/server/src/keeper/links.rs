//! One thread for each vault: an exchange blocks, and no vault waits for another.
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};

use custody::{Away, Transmit, Vault, VaultNo};
use zeroize::Zeroizing;

use super::Message;

/// Requests that may wait for one vault; a vault that takes none is away.
const REQUESTS_WAITING_MAX: usize = 32;

/// A vault as the server holds it.
pub(crate) type AnyVault = Box<dyn Vault + Send>;

/// The ways to the vaults. They close when this is dropped.
pub(super) struct Links(Vec<SyncSender<Request>>);

/// A request on its way.
struct Request {
    job: u64,
    bytes: Zeroizing<Vec<u8>>,
}

/// What a vault has said to a job, or that it has said nothing.
pub(crate) struct Heard {
    pub(super) job: u64,
    pub(super) from: VaultNo,
    /// It may hold shares.
    pub(super) answer: Result<Zeroizing<Vec<u8>>, Away>,
}

impl Links {
    /// Starts a thread for each vault; answers go to `heard`. In the order of the vaults.
    pub(super) fn start(vaults: Vec<AnyVault>, heard: &Sender<Message>) -> std::io::Result<Self> {
        let link = |(index, vault)| {
            let (send, requests) = sync_channel(REQUESTS_WAITING_MAX);
            let (from, heard) = (VaultNo::at(index), heard.clone());
            let name = format!("vault {}", from.0);
            std::thread::Builder::new().name(name).spawn(move || carry(vault, from, &requests, &heard))?;
            Ok(send)
        };
        vaults.into_iter().enumerate().map(link).collect::<Result<_, _>>().map(Self)
    }

    /// Sends a job's request on its way. False if the vault takes none.
    pub(super) fn send(&self, job: u64, transmit: Transmit) -> bool {
        let Transmit { to, request } = transmit;
        self.0.get(to.index()).is_some_and(|link| link.try_send(Request { job, bytes: request }).is_ok())
    }
}

/// The body of a vault's thread.
fn carry(mut vault: AnyVault, from: VaultNo, requests: &Receiver<Request>, heard: &Sender<Message>) {
    while let Ok(Request { job, bytes }) = requests.recv() {
        let answer = vault.exchange(&bytes).map(Zeroizing::new);
        if heard.send(Message::Heard(Heard { job, from, answer })).is_err() {
            return;
        }
    }
}
