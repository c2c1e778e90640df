//! What handler threads do: calls, pushes, keys. Off the reactor, so that a slow disk never stops a socket.
mod effects;
mod endings;
mod keys;
mod tidings;
mod turn;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use ids::{AuthKeyId, SessionId, UserId};
use store::{Commit, Touched};

use crate::held::Delivery;
use crate::keeper::{Brought, Waiter};
use crate::node::Node;
use crate::work::Task;

/// Runs tasks until the queue is closed; the body of each handler thread.
pub(crate) fn work(node: &Node) {
    node.work.work(&|task| {
        // What a panic leaves half-done is one session's turn or one key's answer, never a commit. The hook has
        // logged it.
        let _ = catch_unwind(AssertUnwindSafe(|| run(node, task)));
    });
}

/// Hears of a commit that became durable, on a thread that must not be kept: what waited for it is let go by a
/// handler.
pub(crate) fn on_durable(node: &Node) {
    node.keeper.note_durable();
    if node.held.len() > 0 {
        node.work.submit(Task::Release);
    }
}

/// Somebody's wait for keys is over.
pub(crate) fn resume(node: &Node, waiter: Waiter, brought: Brought) {
    match waiter {
        Waiter::Lane(entry, session, serial) => entry.resume(node, (session, serial), brought),
        Waiter::Task(mut task) => {
            match &mut task {
                Task::LoadKey(_, _, tries)
                | Task::KeepKey(_, _, tries)
                | Task::DestroyKey(_, _, _, tries)
                | Task::End(_, tries)
                | Task::Tell(_, tries) => {
                    tries.note(brought);
                }
                Task::Turn(..) | Task::Release => {}
            }
            node.work.submit(task);
        }
        // The keeper's own.
        Waiter::Crowded(_) | Waiter::Devices(_) => {}
    }
}

fn run(node: &Node, task: Task) {
    match task {
        Task::Turn(entry, session, _) => turn::run(node, &entry, session),
        Task::LoadKey(id, slot, tries) => keys::load(node, id, slot, tries),
        Task::KeepKey(key, slot, tries) => keys::keep(node, key, slot, tries),
        Task::DestroyKey(entry, of, request, tries) => keys::destroy(node, (entry, of), request, tries),
        Task::End(ending, tries) => endings::end(node, ending, tries),
        Task::Tell(telling, tries) => tidings::tell(node, telling, tries),
        Task::Release => node.held.release(&|| node.backend.durable(), &|delivery| deliver(node, delivery)),
    }
}

/// The disk has failed: nothing that waits will ever be durable.
pub(crate) fn on_failure(node: &Node) {
    node.held.give_up(&|delivery| deliver(node, delivery));
}

/// Lets a delivery go once `seen` is durable.
fn hold(node: &Node, seen: Commit, delivery: Delivery) {
    // Sabotage of R2 says that everything is durable at once.
    let seen = if ids::sabotage::is(ids::sabotage::Fault::EarlyAnswer) { Commit(0) } else { seen };
    node.held.submit(seen, delivery, &|| node.backend.durable(), &|delivery| deliver(node, delivery));
    // It may have failed before this was queued.
    if node.failed.load(Ordering::SeqCst) {
        on_failure(node);
    }
}

fn deliver(node: &Node, delivery: Delivery) {
    let now = node.clock.now();
    match delivery {
        Delivery::Say(entry, session, things) => entry.say(node, session, things, now),
        Delivery::Stored(slot, id, stored) => slot.post(crate::slot::Mail::Stored(id, stored)),
        Delivery::Destroyed(entry, request, end) => keys::tell_destroyed(node, &entry, request, end, now),
    }
}

/// Wakes the sessions of everybody whose box moved.
fn tell(node: &Node, touched: &[Touched]) {
    for touched in touched {
        for (entry, session) in node.subscribers.of(UserId(touched.of.get())) {
            entry.wake(node, session, touched.head);
        }
    }
}

/// Wakes the sessions of everybody whose box moved, but for the one that moved it and is told in its answer.
fn spread(node: &Node, touched: &[Touched], by: (AuthKeyId, SessionId)) {
    for touched in touched {
        // A box has its owner's number.
        for (entry, session) in node.subscribers.of(UserId(touched.of.get())) {
            if (entry.id(), session) != by {
                entry.wake(node, session, touched.head);
            }
        }
    }
}
