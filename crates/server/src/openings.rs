//! How obfuscated streams began lately: whoever replays one to learn what listens here is answered like noise (T13).
//!
//! Of each header a random part is remembered without which nobody can make its keystreams. The memory is bounded and
//! in this process alone; what is older than the last [`OPENINGS_MIN`] connections is forgotten.
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use ids::limits::OPENINGS_MIN;

/// The beginnings, in two generations: when the younger is full the elder goes.
#[derive(Default)]
pub(crate) struct Openings(Mutex<[HashSet<u64>; 2]>);

impl Openings {
    /// Whether a stream that begins like this has not been here; from now on it has.
    pub(crate) fn is_new(&self, fingerprint: u64) -> bool {
        // Both sets are whole after every statement, so a panic elsewhere under the lock left them usable.
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *sets;
        if old.contains(&fingerprint) || !young.insert(fingerprint) {
            return false;
        }
        if young.len() >= OPENINGS_MIN {
            *old = std::mem::take(young);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t13_a_beginning_is_new_once_and_memory_is_bounded() {
        let openings = Openings::default();
        let count = 3 * OPENINGS_MIN as u64;
        assert!((0..count).all(|fingerprint| openings.is_new(fingerprint)));
        let remembered = (0..count).rev().take_while(|fingerprint| !openings.is_new(*fingerprint)).count();
        assert!((OPENINGS_MIN..=2 * OPENINGS_MIN).contains(&remembered), "{remembered}");
        let sets = openings.0.lock().unwrap();
        assert!(sets.iter().all(|set| set.len() <= OPENINGS_MIN));
    }
}
