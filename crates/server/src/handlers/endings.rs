//! Takes messages away whose time is over, and tells their owner's sessions.
use ids::limits::ORDER_AGAIN_MS;

use super::tell;
use crate::keeper::{Ending, Tries, Waiter};
use crate::log::Event;
use crate::node::Node;
use crate::work::Task;

/// Carries out the orders of one box.
pub(super) fn end(node: &Node, ending: Ending, tries: Tries) {
    let now = node.clock.now();
    let ran = node.backend.end(&ending, now);
    if ran.result.is_ok() {
        return tell(node, &ran.touched);
    }
    if tries.may_ask() && !ran.needs.is_empty() {
        return node.keeper.ask(node, Waiter::Task(Task::End(ending, tries)), ran.needs);
    }
    // What lay under keys that were destroyed has ended with them.
    let until = (!tries.is_gone()).then(|| now.plus_ms(ORDER_AGAIN_MS).unix());
    let left = node.backend.leave(&ending, until);
    // Keys that the vaults did not give are no failure of the store, and the keeper has said so.
    if ran.needs.is_empty() || left.result.is_err() {
        node.log.event(&Event::StoreFailed {});
    }
}
