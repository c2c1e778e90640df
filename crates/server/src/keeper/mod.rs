//! The keeper of keys: the one thread that talks to the vaults, and what others ask of it.
//!
//! It releases keys to whoever lacks them (many in one exchange), mints blank boxes, device keys and the key of each day,
//! destroys what is ordered to be destroyed, runs the shred tick, reports the durable commit number, and drops idle keys.
//! The exchanges themselves are machines of `custody`; no vault waits for another (`links`).
//! Invariant: whoever asks hears within [`KEY_WAIT_MS_MAX`](ids::limits::KEY_WAIT_MS_MAX) that his keys are there or are
//! not (P17).
mod boot;
mod children;
mod days;
mod desk;
mod dev_vaults;
mod endings;
mod errands;
mod far;
mod folder;
mod job;
mod link_key;
mod links;
mod listed;
mod own_files;
mod pool;
mod production;
mod replace;
mod standing;
#[cfg(test)]
mod tests;
mod tick;
mod tries;
mod waiting;
mod walk;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use custody::VaultNo;
use ids::limits::KEY_WAITERS_MAX;
use ids::{BoxId, SessionId};
use link::Pin;
use sealed::Need;
use tokio::sync::{oneshot, watch};

pub use self::boot::BootFailure;
pub(crate) use self::boot::{Unsealed, day, unseal};
pub(crate) use self::dev_vaults::move_out;
pub(crate) use self::endings::{Ending, Over};
pub(crate) use self::folder::Custody;
pub use self::folder::{FolderError, Kept};
pub use self::link_key::pin_of;
pub(crate) use self::links::AnyVault;
use self::links::Heard;
pub use self::listed::ListedError;
pub use self::production::ProductionError;
use self::replace::TellReplaced;
pub(crate) use self::replace::{Adopted, ReplaceError};
pub(crate) use self::standing::Standing;
pub(crate) use self::tick::Shredded;
use self::tick::Told;
pub(crate) use self::tries::{Brought, End, Pins, Tries};
use crate::handlers;
use crate::keys::KeyEntry;
use crate::node::Node;
use crate::work::Task;

/// Somebody who waits for keys.
pub(crate) enum Waiter {
    /// The lane of a session, by its serial number.
    Lane(Arc<KeyEntry>, SessionId, u64),
    /// A task, which is run again.
    Task(Task),
    /// The tick, for the rows of a box that have to move.
    Crowded(BoxId),
    /// New shares, for the devices of a box.
    Devices(BoxId),
}

/// What the keeper is told.
pub(crate) enum Message {
    /// A vault has answered, or not.
    Heard(Heard),
    /// Somebody waits for keys.
    Ask(Waiter, Vec<Need>),
    /// More is durable than before.
    Durable,
    /// Tick now; the keeper has who waits for it.
    Shred,
    /// The operator wants to know how the vaults are.
    Standing(oneshot::Sender<Standing>),
    /// The operator wants the vault with this key replaced by that of this line.
    Replace(Pin, String, TellReplaced),
    /// A vault that is to take another's place was asked.
    Adopted(Adopted),
    /// No more is to be done.
    Stop,
}

/// The keeper as everybody else sees it.
pub(crate) struct Keeper {
    messages: Sender<Message>,
    waiting: AtomicUsize,
    /// Keys of nobody that were made, and not looked at since.
    strangers: AtomicUsize,
    /// An exchange waits for a commit to be durable.
    awaits_durable: AtomicBool,
    /// Those who asked for the next tick, all together.
    asked: Mutex<Option<Told>>,
    /// The end that the thread takes.
    inbox: Mutex<Option<Receiver<Message>>>,
}

impl Keeper {
    /// A keeper whose thread does not run yet.
    pub(crate) fn new((messages, inbox): (Sender<Message>, Receiver<Message>)) -> Self {
        Self {
            messages,
            waiting: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            awaits_durable: AtomicBool::new(false),
            asked: Mutex::default(),
            inbox: Mutex::new(Some(inbox)),
        }
    }

    /// A keeper without a thread, which has no keys for anybody.
    #[cfg(test)]
    pub(crate) fn of_tests() -> Self {
        Self::new(std::sync::mpsc::channel())
    }

    /// Brings keys, then lets `waiter` go on. If too many wait already he is told at once that nothing came.
    pub(crate) fn ask(&self, node: &Node, waiter: Waiter, mut needs: Vec<Need>) {
        needs.sort_unstable();
        needs.dedup();
        let refused = if self.waiting.fetch_add(1, Ordering::Relaxed) < KEY_WAITERS_MAX {
            self.messages.send(Message::Ask(waiter, needs)).err().map(|unsent| unsent.0)
        } else {
            Some(Message::Ask(waiter, needs))
        };
        if let Some(Message::Ask(waiter, _)) = refused {
            self.end_wait(node, waiter, Brought { end: End::Late, pins: Pins::default() });
        }
    }

    /// A wait is over.
    pub(super) fn end_wait(&self, node: &Node, waiter: Waiter, brought: Brought) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        handlers::resume(node, waiter, brought);
    }

    /// How many wait for keys.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A permanent key was made with which nobody is logged in.
    pub(crate) fn note_stranger(&self) {
        self.strangers.fetch_add(1, Ordering::Relaxed);
    }

    /// Ticks now; the answer comes when the tick is over. However many ask while one runs, the next one is for all of them.
    pub(crate) fn shred(&self) -> watch::Receiver<Option<Shredded>> {
        let mut asked = self.asked();
        if let Some(told) = &*asked {
            return told.subscribe();
        }
        let (told, answer) = watch::channel(None);
        if self.messages.send(Message::Shred).is_ok() {
            // Without a thread the sender is dropped, which the receiver sees.
            *asked = Some(told);
        }
        answer
    }

    /// How the vaults are; nothing if the store fails, or the keeper has ended.
    pub(crate) async fn standing(&self) -> Option<Standing> {
        let (tell, answer) = oneshot::channel();
        self.messages.send(Message::Standing(tell)).ok()?;
        answer.await.ok()
    }

    /// Puts another vault in the place of one; nothing if the keeper has ended.
    pub(crate) async fn replace(&self, old: Pin, line: String) -> Option<Result<VaultNo, ReplaceError>> {
        let (tell, answer) = oneshot::channel();
        self.messages.send(Message::Replace(old, line, tell)).ok()?;
        answer.await.ok()
    }

    /// Those who asked for a tick that begins now.
    fn take_asked(&self) -> Option<Told> {
        self.asked().take()
    }

    fn asked(&self) -> MutexGuard<'_, Option<Told>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// More is durable than before, which an exchange may wait for.
    pub(crate) fn note_durable(&self) {
        if self.awaits_durable.load(Ordering::SeqCst) {
            let _ = self.messages.send(Message::Durable);
        }
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        // A thread that has ended already need not be told.
        let _ = self.messages.send(Message::Stop);
    }

    fn take_inbox(&self) -> Option<Receiver<Message>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The body of the keeper's thread.
pub(crate) fn work(node: &Arc<Node>, unsealed: Unsealed) {
    if let Some(inbox) = node.keeper.take_inbox() {
        desk::Desk::new(node.clone(), unsealed, inbox).work();
        // Whoever asked meanwhile hears nothing any more.
        drop(node.keeper.take_asked());
    }
}
