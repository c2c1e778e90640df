//! Calls on their way: those that wait for others (`invokeAfterMsg`), and those that are being answered.
//!
//! Invariants: a call is handed out once, after all calls it names succeeded, lowest msg_id first among those that
//! come free together; a call that names a failed or unknown one fails. Outcomes are remembered for the whole window
//! of ids. Source: docs, method/invokeAfterMsg, api/invoking.

use ids::limits::{AFTER_BYTES_MAX, AFTER_NAMED_MAX, AFTER_RUNNING_MS_MAX, AFTER_UNKNOWN_MS_MAX};
use ids::{ConnId, WireMsgId};

use super::seen::{Fate, Outcome, Place, Seen};
use crate::server::{RpcFailure, failure};
use crate::wrapper::Wrapped;

/// A call without its wrappers.
pub(crate) struct Peeled {
    pub(crate) msg_id: WireMsgId,
    pub(crate) conn: ConnId,
    pub(crate) wrapped: Wrapped,
    pub(crate) query: Vec<u8>,
}

/// A call whose answer is due.
struct Running {
    msg_id: WireMsgId,
    conn: ConnId,
    /// The client wants no answer any more; it was told so already.
    dropped: bool,
}

struct Waiting {
    call: Peeled,
    since_ms: u64,
    /// One of the calls it names has not come yet.
    names_unknown: bool,
}

/// What becomes of a waiting call now.
enum Verdict {
    Run,
    Wait { names_unknown: bool },
    Fail(RpcFailure),
}

/// Calls that came free together.
#[derive(Default)]
pub(crate) struct Settled {
    /// To be run, in this order.
    pub(crate) run: Vec<Peeled>,
    /// To be answered with a failure.
    pub(crate) failed: Vec<(WireMsgId, RpcFailure)>,
}

/// The calls of one session.
#[derive(Default)]
pub(crate) struct Calls {
    running: Vec<Running>,
    waiting: Vec<Waiting>,
}

impl Calls {
    /// Calls that are not answered.
    pub(crate) fn count(&self) -> usize {
        self.running.len()
    }

    /// Bytes of the calls that wait for others.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting.iter().map(|waiting| waiting.call.query.len()).sum()
    }

    /// Whether one more call may wait: bytes and named calls are bounded. So many bytes wait in other sessions of the
    /// key.
    pub(crate) fn may_wait(&self, call: &Peeled, elsewhere_bytes: usize) -> bool {
        let waiting = self.waiting.iter().map(|waiting| &waiting.call).chain([call]);
        let (bytes, named) = waiting.fold((elsewhere_bytes, 0), |(bytes, named), call| {
            (bytes + call.query.len(), named + call.wrapped.after.len())
        });
        bytes <= AFTER_BYTES_MAX && named <= AFTER_NAMED_MAX
    }

    /// Bytes on the heap, those of waiting calls included.
    pub(crate) fn heap_bytes(&self) -> usize {
        let queries: usize = self.waiting.iter().map(|waiting| waiting.call.query.capacity()).sum();
        self.running.capacity() * size_of::<Running>()
            + self.waiting.capacity() * size_of::<Waiting>()
            + queries
    }

    /// A call came; it is owed an answer from now on.
    pub(crate) fn begin(&mut self, msg_id: WireMsgId, conn: ConnId) {
        self.running.push(Running { msg_id, conn, dropped: false });
    }

    /// Its turn has come, but for the calls it names.
    pub(crate) fn wait(&mut self, call: Peeled, now_ms: u64) {
        self.waiting.push(Waiting { call, since_ms: now_ms, names_unknown: false });
    }

    /// Its answer is here: where it came from, unless nobody wants it. `None` if no answer is due.
    pub(crate) fn end(&mut self, msg_id: WireMsgId) -> Option<Option<ConnId>> {
        let at = self.running.iter().position(|running| running.msg_id == msg_id)?;
        let running = self.running.swap_remove(at);
        Some((!running.dropped).then_some(running.conn))
    }

    /// The client wants no answer. False if none is due, or it said so before.
    pub(crate) fn drop_answer(&mut self, msg_id: WireMsgId) -> bool {
        let running = self.running.iter_mut().find(|running| running.msg_id == msg_id && !running.dropped);
        running.map(|running| running.dropped = true).is_some()
    }

    /// Takes out all that need not wait any longer. Failures may free others: call again after answering them.
    pub(crate) fn settle(&mut self, seen: &Seen, now_ms: u64) -> Settled {
        let mut settled = Settled::default();
        for mut waiting in std::mem::take(&mut self.waiting) {
            match judge(&mut waiting, seen, now_ms) {
                Verdict::Run => settled.run.push(waiting.call),
                Verdict::Fail(failure) => settled.failed.push((waiting.call.msg_id, failure)),
                Verdict::Wait { names_unknown } => {
                    waiting.names_unknown = names_unknown;
                    self.waiting.push(waiting);
                }
            }
        }
        settled.run.sort_by_key(|call| call.msg_id);
        settled
    }

    /// When [`Calls::settle`] has something to do even if nothing happens.
    pub(crate) fn due_ms(&self) -> Option<u64> {
        self.waiting.iter().map(Waiting::due_ms).min()
    }

    /// Gives back memory.
    pub(crate) fn rest(&mut self) {
        self.running.shrink_to_fit();
        self.waiting.shrink_to_fit();
    }
}

impl Waiting {
    const fn due_ms(&self) -> u64 {
        self.since_ms + if self.names_unknown { AFTER_UNKNOWN_MS_MAX } else { AFTER_RUNNING_MS_MAX }
    }
}

fn judge(waiting: &mut Waiting, seen: &Seen, now_ms: u64) -> Verdict {
    let own = waiting.call.msg_id;
    let age_ms = now_ms.saturating_sub(waiting.since_ms);
    let mut failed = false;
    let mut names_unknown = false;
    waiting.call.wrapped.after.retain(|named| match seen.place(*named) {
        Place::Known(Fate::Running) => {
            failed |= *named == own;
            true
        }
        Place::Known(
            Fate::Answered(Outcome::Succeeded)
            | Fate::Settled(Outcome::Succeeded)
            | Fate::Lost(Outcome::Succeeded)
            | Fate::Service
            | Fate::Content,
        ) => false,
        Place::Known(
            Fate::Answered(Outcome::Failed) | Fate::Settled(Outcome::Failed) | Fate::Lost(Outcome::Failed),
        )
        | Place::Below => {
            failed = true;
            false
        }
        Place::New => {
            names_unknown = true;
            true
        }
    });
    if failed || (names_unknown && age_ms >= AFTER_UNKNOWN_MS_MAX) {
        Verdict::Fail(failure::WAIT_FAILED)
    } else if waiting.call.wrapped.after.is_empty() {
        Verdict::Run
    } else if age_ms >= AFTER_RUNNING_MS_MAX {
        Verdict::Fail(failure::WAIT_TIMEOUT)
    } else {
        Verdict::Wait { names_unknown }
    }
}
