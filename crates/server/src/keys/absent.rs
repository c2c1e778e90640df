//! Ids that the store is known not to have: whoever tries keys at random costs no read of the store twice (A7).
use std::sync::atomic::{AtomicU64, Ordering};

use ids::AuthKeyId;
use ids::limits::UNKNOWN_KEYS_MAX;

/// A direct-mapped cache: an id has one place, and a newer id in that place drives an older one out. Memory is
/// touched only as places are used.
pub(super) struct AbsentKeys(Box<[AtomicU64]>);

impl AbsentKeys {
    pub(super) fn new() -> Self {
        Self((0..UNKNOWN_KEYS_MAX).map(|_| AtomicU64::new(0)).collect())
    }

    /// Whether the store is known not to have it.
    pub(super) fn contains(&self, id: AuthKeyId) -> bool {
        self.place(id).load(Ordering::Relaxed) == id.get()
    }

    /// The store does not have it.
    pub(super) fn insert(&self, id: AuthKeyId) {
        self.place(id).store(id.get(), Ordering::Relaxed);
    }

    /// It has come into being.
    pub(super) fn remove(&self, id: AuthKeyId) {
        let place = self.place(id);
        // Another id in the same place stays.
        let _ = place.compare_exchange(id.get(), 0, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn place(&self, id: AuthKeyId) -> &AtomicU64 {
        // The length is a power of two and ids are hashes, so their low bits spread well.
        &self.0[id.get() as usize & (self.0.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_unknown_ids_are_remembered_in_bounded_memory() {
        let absent = AbsentKeys::new();
        assert!(UNKNOWN_KEYS_MAX.is_power_of_two());
        let (id, rival) = (AuthKeyId(5), AuthKeyId(5 + UNKNOWN_KEYS_MAX as u64));
        absent.insert(id);
        assert!(absent.contains(id) && !absent.contains(rival));
        absent.remove(rival);
        assert!(absent.contains(id));
        absent.insert(rival);
        assert!(absent.contains(rival) && !absent.contains(id));
        absent.remove(rival);
        assert!(!absent.contains(rival));
    }
}
