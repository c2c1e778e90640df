//! The one thread that has the folder. Requests that wait together are carried out together and share one commit, so many
//! cost the disk as much as one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ids::limits::{LINKS_MAX, VAULT_REQUESTS_TOGETHER_MAX};
use link::Frame;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use vault::{Fault, Vault};

use crate::Opener;

/// A request, and where its answer goes: nothing, if there is none.
pub(crate) struct Order {
    pub(crate) request: Frame,
    pub(crate) answer: oneshot::Sender<Option<Frame>>,
    /// Its part of the room for requests, given back when it is answered.
    pub(crate) room: OwnedSemaphorePermit,
}

/// What has happened since the start: numbers only, of nobody.
#[derive(Default)]
pub(crate) struct Counts {
    /// Requests that were answered.
    pub(crate) answered: AtomicU64,
    /// Times that requests were carried out, one or many together.
    pub(crate) rounds: AtomicU64,
    /// Requests that have no answer.
    pub(crate) unanswered: AtomicU64,
    /// Commits, rows and their bytes, as they are now.
    pub(crate) commit: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

/// Orders on their way to the desk.
pub(crate) type Orders = mpsc::Sender<Order>;

/// A queue for the desk.
pub(crate) fn queue() -> (Orders, mpsc::Receiver<Order>) {
    mpsc::channel(LINKS_MAX)
}

/// The body of the thread: works until nobody can order any more. `fault` hears why a request has no answer.
pub(crate) fn work(
    vault: Vault,
    opener: Opener,
    counts: Arc<Counts>,
    mut orders: mpsc::Receiver<Order>,
    fault: impl Fn(Fault),
) {
    let mut desk = Desk { opener, vault: Some(vault), counts };
    desk.count();
    let mut batch = Vec::new();
    while let Some(first) = orders.blocking_recv() {
        batch.push(first);
        while batch.len() < VAULT_REQUESTS_TOGETHER_MAX
            && let Ok(next) = orders.try_recv()
        {
            batch.push(next);
        }
        desk.carry_out(&mut batch, &fault);
    }
}

struct Desk {
    opener: Opener,
    /// Nothing after a commit of which nobody knows whether it is durable: the folder is opened anew for the next request.
    /// After any other fault nothing has changed, and to open it would cost a passphrase's work for each request of a page
    /// that is damaged.
    vault: Option<Vault>,
    counts: Arc<Counts>,
}

impl Desk {
    fn carry_out(&mut self, batch: &mut Vec<Order>, fault: &impl Fn(Fault)) {
        self.counts.rounds.fetch_add(1, Ordering::Relaxed);
        let requests: Vec<&[u8]> = batch.iter().map(|order| order.request.as_slice()).collect();
        let answers = match self.vault() {
            Some(vault) => vault.exchange_all(&requests),
            None => requests.iter().map(|_| Err(Fault::Unsure)).collect(),
        };
        let (mut failed, mut is_unsure) = (None, false);
        for (order, answer) in batch.drain(..).zip(answers) {
            let count = if answer.is_ok() { &self.counts.answered } else { &self.counts.unanswered };
            count.fetch_add(1, Ordering::Relaxed);
            is_unsure |= matches!(answer, Err(Fault::Unsure));
            failed = failed.or(answer.as_ref().err().copied());
            // Who has gone meanwhile asks again.
            let _ = order.answer.send(answer.ok());
            drop(order.room);
        }
        if let Some(failed) = failed {
            fault(failed);
        }
        if is_unsure {
            self.vault = None;
        }
        self.count();
    }

    fn vault(&mut self) -> Option<&mut Vault> {
        if self.vault.is_none() {
            self.vault = self.opener.open().ok();
        }
        self.vault.as_mut()
    }

    fn count(&self) {
        if let Some(vault) = &self.vault {
            let (commit, rows, bytes) = vault.counts();
            self.counts.commit.store(commit, Ordering::Relaxed);
            self.counts.rows.store(rows, Ordering::Relaxed);
            self.counts.bytes.store(bytes, Ordering::Relaxed);
        }
    }
}
