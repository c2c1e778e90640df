//! The one thread that has the folder. Requests that wait together are carried out together and share one commit, so many
//! cost the disk as much as one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ids::limits::{LINKS_MAX, VAULT_REQUESTS_TOGETHER_MAX};
use link::Frame;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use vault::{Budget, DiskError, Fault, Tally, Vault};

use crate::Opener;
use crate::audit::{Audit, Head, Occasion};
use crate::clock::Clock;

/// What the desk is told.
pub(crate) enum Task {
    /// A request of a server.
    Order(Order),
    /// The operator lets the vault give keys again; whether that is written down.
    Resume(oneshot::Sender<bool>),
    /// A minute has passed.
    Minute,
}

/// A request, and where its answer goes: nothing, if there is none.
pub(crate) struct Order {
    pub(crate) request: Frame,
    pub(crate) answer: oneshot::Sender<Option<Frame>>,
    /// Its part of the room for requests, given back when it is answered.
    pub(crate) room: OwnedSemaphorePermit,
}

/// Something that whoever runs the vault is told.
pub(crate) enum News {
    /// A request had no answer.
    Fault(Fault),
    /// The breaker has opened.
    Opened,
    /// What was done could not be written to the audit; it is with the next line.
    Unwritten(std::io::ErrorKind),
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
    budget: Mutex<Option<Budget>>,
    audited: Mutex<Option<Head>>,
}

impl Counts {
    /// How the vault stands with its budget, if it has one.
    pub(crate) fn budget(&self) -> Option<Budget> {
        *self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the vault is now. Once before anybody can ask.
    pub(crate) fn note(&self, vault: &Vault) {
        let (commit, rows, bytes) = vault.counts();
        self.commit.store(commit, Ordering::Relaxed);
        self.rows.store(rows, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        *self.budget.lock().unwrap_or_else(PoisonError::into_inner) = vault.budget();
    }

    /// How far its audit goes, if it has one.
    pub(crate) fn audited(&self) -> Option<Head> {
        *self.audited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tasks on their way to the desk.
pub(crate) type Tasks = mpsc::Sender<Task>;

/// A queue for the desk.
pub(crate) fn queue() -> (Tasks, mpsc::Receiver<Task>) {
    mpsc::channel(LINKS_MAX)
}

/// What the desk begins with.
pub(crate) struct Setup {
    pub(crate) vault: Vault,
    pub(crate) opener: Opener,
    pub(crate) audit: Option<Audit>,
    pub(crate) counts: Arc<Counts>,
}

/// The body of the thread: works until nobody can ask for anything any more.
pub(crate) fn work(setup: Setup, mut tasks: mpsc::Receiver<Task>, tell: impl Fn(News)) {
    let Setup { vault, opener, audit, counts } = setup;
    let was_open = vault.budget().is_some_and(|budget| budget.is_open);
    let (clock, commit, tally) = (opener.clock, vault.counts().0, Tally::default());
    let mut desk = Desk { opener, vault: Some(vault), audit, tally, commit, counts, clock, was_open };
    desk.count(&tell);
    desk.record(Occasion::Started, &tell);
    let mut batch = Vec::new();
    let mut next = None;
    while let Some(task) = next.take().or_else(|| tasks.blocking_recv()) {
        match task {
            Task::Resume(done) => {
                let is_done = desk.resume().is_ok();
                desk.count(&tell);
                if is_done {
                    desk.record(Occasion::Resumed, &tell);
                }
                // Who has gone meanwhile asks how the vault is.
                let _ = done.send(is_done);
            }
            Task::Minute => desk.minute(&tell),
            Task::Order(first) => {
                batch.push(first);
                while batch.len() < VAULT_REQUESTS_TOGETHER_MAX && next.is_none() {
                    match tasks.try_recv() {
                        Ok(Task::Order(order)) => batch.push(order),
                        Ok(other @ (Task::Resume(_) | Task::Minute)) => next = Some(other),
                        Err(_) => break,
                    }
                }
                desk.carry_out(&mut batch, &tell);
            }
        }
    }
    desk.record(Occasion::Stopped, &tell);
}

struct Desk {
    opener: Opener,
    /// Nothing after a commit of which nobody knows whether it is durable: the folder is opened anew for the next request.
    /// After any other fault nothing has changed, and to open it would cost a passphrase's work for each request of a page
    /// that is damaged.
    vault: Option<Vault>,
    audit: Option<Audit>,
    /// What was done and is not in the audit yet.
    tally: Tally,
    /// The vault's last commit that is known of.
    commit: u64,
    counts: Arc<Counts>,
    clock: Clock,
    /// Whether the breaker was open when that was looked at last.
    was_open: bool,
}

impl Desk {
    fn carry_out(&mut self, batch: &mut Vec<Order>, tell: &impl Fn(News)) {
        self.counts.rounds.fetch_add(1, Ordering::Relaxed);
        let requests: Vec<&[u8]> = batch.iter().map(|order| order.request.as_slice()).collect();
        let now_ms = self.clock.ms();
        let answers = match self.vault() {
            Some(vault) => {
                vault.at(now_ms);
                vault.exchange_all(&requests)
            }
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
            tell(News::Fault(failed));
        }
        self.count(tell);
        if is_unsure {
            self.vault = None;
        }
    }

    fn resume(&mut self) -> Result<(), DiskError> {
        self.vault().ok_or(DiskError::Missing)?.resume()
    }

    fn vault(&mut self) -> Option<&mut Vault> {
        if self.vault.is_none() {
            self.vault = self.opener.open().ok();
        }
        self.vault.as_mut()
    }

    fn minute(&mut self, tell: &impl Fn(News)) {
        let now_ms = self.clock.ms();
        if let Some(vault) = &mut self.vault {
            vault.at(now_ms);
        }
        self.count(tell);
        if self.tally != Tally::default() {
            self.record(Occasion::Minute, tell);
        }
    }

    /// Writes a line of the audit.
    fn record(&mut self, occasion: Occasion, tell: &impl Fn(News)) {
        let Some(audit) = &mut self.audit else { return };
        match audit.write(occasion, Clock::unix_s(), self.commit, &self.tally) {
            Ok(()) => self.tally = Tally::default(),
            Err(error) => tell(News::Unwritten(error.kind())),
        }
        *self.counts.audited.lock().unwrap_or_else(PoisonError::into_inner) = Some(audit.head());
    }

    fn count(&mut self, tell: &impl Fn(News)) {
        let Some(vault) = &mut self.vault else { return };
        self.tally = self.tally.and(vault.take_tally());
        self.commit = vault.counts().0;
        self.counts.note(vault);
        let is_open = vault.budget().is_some_and(|budget| budget.is_open);
        if is_open && !std::mem::replace(&mut self.was_open, is_open) {
            tell(News::Opened);
            self.record(Occasion::Opened, tell);
        }
        self.was_open = is_open;
    }
}
