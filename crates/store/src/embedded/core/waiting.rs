//! Waiting for commits that are to be synced.
//!
//! Whoever syncs waits for some of them at a time, and is not woken by each: that would cost a writer, who has the turn, more
//! than the rest of his commit does outside of fjall.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Core, State, lock};
use crate::engine::Commit;

impl Core {
    pub(in super::super) fn wait_unsynced(&self) -> bool {
        let mut state = lock(&self.state);
        state.awaited = Commit(self.durable().0 + 1);
        let state = self.changed.wait_while(state, |state| state.is_awaiting());
        let state = state.unwrap_or_else(PoisonError::into_inner);
        !state.poisoned && state.applied > self.durable()
    }

    pub(in super::super) fn wait_more(&self, commits: u64, at_most: Duration) {
        let mut state = lock(&self.state);
        state.awaited = Commit(self.durable().0.saturating_add(commits));
        let waited = self.changed.wait_timeout_while(state, at_most, |state| state.is_awaiting());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes a commit, and wakes whoever waited for it.
    pub(super) fn note_applied(&self, commit: Commit) {
        let mut state = lock(&self.state);
        state.applied = commit;
        if !state.is_awaiting() {
            self.changed.notify_all();
        }
    }
}

impl State {
    fn is_awaiting(&self) -> bool {
        !self.poisoned && !self.closed && self.applied < self.awaited
    }
}
