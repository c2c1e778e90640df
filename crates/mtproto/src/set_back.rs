//! How far the wall clock was set back: what makes the ids of captured packets timely again (T6).
//!
//! Ids are judged by the wall clock, what came is remembered by the monotonic one. Invariants: a little is borne, and
//! for as long no id is timely that would not be had the clock not been set; after more a new era begins, in which
//! salts are others. One watch serves all keys of a process, since the state of an idle key is forgotten.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use ids::Now;
use ids::limits::SET_BACK_MS_MAX;

pub(crate) struct Watch {
    /// The most that the wall clock was ahead of the monotonic one in this era, in milliseconds.
    most_ms: AtomicI64,
    era: AtomicU32,
}

impl Watch {
    pub(crate) const fn new() -> Self {
        Self { most_ms: AtomicI64::new(i64::MIN), era: AtomicU32::new(0) }
    }

    /// How many milliseconds the wall clock is behind what it would show had it never been set back in this era.
    pub(crate) fn heed(&self, now: Now) -> u64 {
        let wall_ms = (now.wall_ns / 1_000_000).cast_signed();
        let ahead_ms = wall_ms.saturating_sub_unsigned(now.mono_ms);
        let most_ms = self.most_ms.load(Ordering::Acquire);
        if most_ms < ahead_ms {
            self.most_ms.fetch_max(ahead_ms, Ordering::AcqRel);
            return 0;
        }
        let behind_ms = most_ms.abs_diff(ahead_ms);
        if behind_ms <= SET_BACK_MS_MAX {
            return behind_ms;
        }
        // The era first: whoever sees the new measure finds the new salts. Two at once begin two eras, which is one
        // more salt to tell clients.
        self.era.fetch_add(1, Ordering::AcqRel);
        let _ = self.most_ms.compare_exchange(most_ms, ahead_ms, Ordering::AcqRel, Ordering::Acquire);
        0
    }

    /// Counts how often the clock was set back too far.
    pub(crate) fn era(&self) -> u32 {
        self.era.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use ids::Now;
    use ids::limits::SET_BACK_MS_MAX;

    use super::Watch;

    const NOW: Now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 5000 };

    fn set_back(now: Now, ms: u64) -> Now {
        Now { wall_ns: now.wall_ns - ms * 1_000_000, ..now }
    }

    #[test]
    fn t6_a_little_is_counted_and_more_begins_an_era() {
        let watch = Watch::new();
        assert_eq!((watch.heed(NOW), watch.heed(NOW.plus_ms(400_000)), watch.era()), (0, 0, 0));
        let later = set_back(NOW.plus_ms(400_000), SET_BACK_MS_MAX);
        assert_eq!((watch.heed(later), watch.heed(later.plus_ms(1000)), watch.era()), (29_000, 29_000, 0));
        assert_eq!((watch.heed(NOW.plus_ms(500_000)), watch.era()), (0, 0), "set right again");
        let too_far = set_back(later, 1);
        assert_eq!((watch.heed(too_far), watch.era()), (0, 1));
        assert_eq!((watch.heed(too_far.plus_ms(1000)), watch.era()), (0, 1));
        assert_eq!((watch.heed(NOW.plus_ms(500_000)), watch.era()), (0, 1), "set forth");
        assert_eq!((watch.heed(set_back(NOW.plus_ms(500_000), 1)), watch.era()), (1, 1));
    }

    #[test]
    fn t6_a_little_again_and_again_is_much() {
        let watch = Watch::new();
        watch.heed(NOW);
        for n in 1..=3 {
            assert_eq!(watch.heed(set_back(NOW.plus_ms(n * 20_000), n * 9000)), n * 9000);
        }
        assert_eq!((watch.heed(set_back(NOW.plus_ms(80_000), 36_000)), watch.era()), (0, 1));
    }
}
