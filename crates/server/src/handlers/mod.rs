//! What handler threads do: calls, pushes, keys. Off the reactor, so that a slow disk never stops a socket.
mod effects;
mod keys;
mod turn;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ids::{AuthKeyId, SessionId, UserId};
use store::{Commit, Touched};

use crate::held::Delivery;
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
    if node.held.len() > 0 {
        node.work.submit(Task::Release);
    }
}

fn run(node: &Node, task: Task) {
    match task {
        Task::Turn(entry, session) => turn::run(node, &entry, session),
        Task::LoadKey(id, slot) => keys::load(node, id, &slot),
        Task::KeepKey(key, slot) => keys::keep(node, key, &slot),
        Task::DestroyKey(entry, request) => keys::destroy(node, &entry, request),
        Task::Release => node.held.release(&|| node.backend.durable(), &|delivery| deliver(node, delivery)),
    }
}

/// Lets a delivery go once `seen` is durable.
fn hold(node: &Node, seen: Commit, delivery: Delivery) {
    node.held.submit(seen, delivery, &|| node.backend.durable(), &|delivery| deliver(node, delivery));
}

fn deliver(node: &Node, delivery: Delivery) {
    let now = node.clock.now();
    match delivery {
        Delivery::Say(entry, session, things) => entry.say(node, session, things, now),
        Delivery::Stored(slot, id, stored) => slot.post(crate::slot::Mail::Stored(id, stored)),
        Delivery::Destroyed(entry, request, end) => keys::tell_destroyed(node, &entry, request, end, now),
    }
}

/// Wakes the sessions of everybody whose box moved, but for the one that moved it and is told in its answer.
fn spread(node: &Node, touched: &[Touched], by: (AuthKeyId, SessionId)) {
    for touched in touched {
        // A box has its owner's number.
        for (entry, session) in node.subscribers.of(UserId(touched.of.get())) {
            if (entry.id(), session) != by {
                entry.wake(node, session);
            }
        }
    }
}
