//! A token bucket for each of many subjects, in a bounded map.
use std::collections::HashMap;
use std::hash::Hash;

/// Budgets that refill evenly. A subject whose bucket is full is the same as one never seen, and takes no memory.
pub(super) struct Budgets<K> {
    /// Milliseconds in which one token comes back.
    interval_ms: u64,
    burst: u64,
    subjects_max: usize,
    /// When each subject's bucket will be full again. The bucket lacks one token for each interval until then.
    full_at_ms: HashMap<K, u64>,
    /// When full buckets were last swept out.
    swept_ms: u64,
}

impl<K: Eq + Hash + Copy> Budgets<K> {
    /// `burst` tokens at once, `per_minute` in the long run.
    pub(super) fn new(per_minute: u32, burst: u32, subjects_max: usize) -> Self {
        let interval_ms = 60_000 / u64::from(per_minute.max(1));
        Self {
            interval_ms: interval_ms.max(1),
            burst: burst.into(),
            subjects_max,
            full_at_ms: HashMap::new(),
            swept_ms: 0,
        }
    }

    /// Takes a token if there is one. When the map is full of subjects that all owe tokens, a new subject is let
    /// through uncounted: that many addresses are an attack, which the limits on the sum withstand, and a stranger
    /// who has nothing to do with it shall have his chance.
    pub(super) fn take(&mut self, subject: K, now_ms: u64) -> bool {
        if self.full_at_ms.len() >= self.subjects_max && !self.full_at_ms.contains_key(&subject) {
            self.sweep(now_ms);
            if self.full_at_ms.len() >= self.subjects_max {
                return true;
            }
        }
        let full_at = self.full_at_ms.get(&subject).copied().unwrap_or(0).max(now_ms);
        let after = full_at + self.interval_ms;
        if after - now_ms > self.burst * self.interval_ms {
            return false;
        }
        self.full_at_ms.insert(subject, after);
        true
    }

    /// Forgets subjects with a full bucket; once per interval at most, since it looks at all of them.
    fn sweep(&mut self, now_ms: u64) {
        if now_ms.saturating_sub(self.swept_ms) >= self.interval_ms || self.swept_ms == 0 {
            self.full_at_ms.retain(|_, full_at| *full_at > now_ms);
            self.swept_ms = now_ms.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_evenly() {
        let mut budgets = Budgets::new(60, 3, 10);
        assert_eq!((0..5).filter(|_| budgets.take('a', 0)).count(), 3);
        assert!(budgets.take('b', 0));
        assert!(!budgets.take('a', 999));
        assert!(budgets.take('a', 1000));
        assert_eq!((0..5).filter(|_| budgets.take('a', 60_000)).count(), 3);
    }

    #[test]
    fn a_full_map_does_not_grow_and_counts_strangers_once_someone_is_square() {
        let mut budgets = Budgets::new(60, 3, 2);
        assert!(budgets.take('a', 0) && budgets.take('b', 0));
        assert_eq!((0..9).filter(|_| budgets.take('c', 10)).count(), 9);
        assert_eq!(budgets.full_at_ms.len(), 2);
        assert!(budgets.take('b', 500));
        assert_eq!((0..9).filter(|_| budgets.take('c', 1500)).count(), 3);
        assert_eq!(budgets.full_at_ms.len(), 2);
    }
}
