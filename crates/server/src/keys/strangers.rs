//! Permanent keys with which nobody has logged in yet. Whoever can connect can make one, so they are few and short
//! lived: the store must not grow by what strangers do.
//!
//! Counted in memory, which is right for as long as the store forgets at a restart too.
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use ids::limits::{KEY_WITHOUT_USER_LIFE_MS, KEYS_WITHOUT_USER_MAX};
use ids::{AuthKeyId, Now};

/// The keys in the order they were made. One that was logged in with meanwhile is still here, and is found to be no
/// stranger when its time comes.
#[derive(Default)]
pub(crate) struct Strangers(Mutex<VecDeque<(AuthKeyId, u64)>>);

impl Strangers {
    /// Adds a key that was just made, and takes out those whose time is over.
    pub(crate) fn add(&self, id: AuthKeyId, now: Now) -> Vec<AuthKeyId> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.push_back((id, now.mono_ms));
        let mut over = Vec::new();
        while let Some((oldest, made_ms)) = keys.front().copied()
            && (keys.len() > KEYS_WITHOUT_USER_MAX || made_ms + KEY_WITHOUT_USER_LIFE_MS <= now.mono_ms)
        {
            keys.pop_front();
            over.push(oldest);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_or_too_old_are_over() {
        let (strangers, now) = (Strangers::default(), Now::default());
        for id in 0..KEYS_WITHOUT_USER_MAX as u64 {
            assert!(strangers.add(AuthKeyId(id), now).is_empty());
        }
        assert_eq!(strangers.add(AuthKeyId(u64::MAX), now), [AuthKeyId(0)]);
        let tomorrow = now.plus_ms(KEY_WITHOUT_USER_LIFE_MS);
        assert_eq!(strangers.add(AuthKeyId(7), tomorrow).len(), KEYS_WITHOUT_USER_MAX);
    }
}
