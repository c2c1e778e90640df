//! Memory of fjall that is freed here, on a thread that holds no lock.
//!
//! A memtable that has become a table is let go of by whoever changes fjall's list of tables, under the lock that every read
//! and write takes. Freeing the hundred thousand rows of one takes tens of milliseconds, for which nobody would be served
//! (ARCHITECTURE.md, decision 30). So one more reference to each memtable is kept from while it is written to: the last one
//! is then ours. A memtable that is missed, or held a little longer, costs time or memory and nothing else. There are as many as
//! fjall itself keeps, five at most (`limits::STORE_MEMTABLE_BYTES`), and whatever was let go of since the last look.

use std::any::Any;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

type Held = Arc<dyn Any + Send + Sync>;

/// What is held, oldest first; the last one is in use.
#[derive(Default)]
pub(super) struct Retired(Mutex<VecDeque<Held>>);

impl Retired {
    /// Holds what is in use, and frees on this thread what nobody else holds any more.
    pub(super) fn turn(&self, in_use: Held) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.back().is_none_or(|last| !Arc::ptr_eq(last, &in_use)) {
            held.push_back(in_use);
        } else {
            drop(in_use);
        }
        let last = held.len().saturating_sub(1);
        let done = held.iter().take(last).position(|one| Arc::strong_count(one) > 1).unwrap_or(last);
        let free: Vec<_> = held.drain(..done).collect();
        drop(held);
        drop(free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_let_go_of_first_is_freed_here_and_what_is_in_use_is_not() {
        let retired = Retired::default();
        let (first, second) = (Arc::new(1), Arc::new(2));
        let freed = [Arc::downgrade(&first), Arc::downgrade(&second)];
        let are_freed = || freed.each_ref().map(|one| one.strong_count() == 0);
        retired.turn(first.clone());
        retired.turn(second.clone());
        drop(first);
        assert_eq!(are_freed(), [false, false], "whoever lets go of it does not free it");
        retired.turn(second.clone());
        assert_eq!(are_freed(), [true, false]);
        drop(second);
        assert_eq!(are_freed(), [true, false], "it is in use");
    }

    #[test]
    fn what_others_still_hold_is_kept_however_long_that_takes() {
        let retired = Retired::default();
        let held: Vec<_> = (0..9).map(Arc::new).collect();
        held.iter().for_each(|one| retired.turn(Arc::clone(one) as Held));
        let kept = Arc::strong_count(&held[0]);
        assert_eq!(kept, 2);
    }
}
