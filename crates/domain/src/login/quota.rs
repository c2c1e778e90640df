//! How many codes a number has had, and how many a key has asked for, in the last 24 hours (A1). Counted in memory under
//! keyed hashes, gone at a restart.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use ids::UnixTime;

use super::codes::Subject;

const DAY_S: i64 = 86_400;
/// At least so long between two sweeps of a full table.
const SWEEP_S: i64 = 60;

/// The codes of each subject in the last 24 hours, `EACH` at most.
pub(super) struct DayQuota<const EACH: usize> {
    /// When, oldest first. An entry is kept for each number and each key that ever asked, so it is short.
    issued: BTreeMap<Subject, [Option<Moment>; EACH]>,
    subjects_max: usize,
    swept: UnixTime,
}

/// A time in four bytes: its seconds but for the multiples of 2^32, and so of no use beyond 68 years.
#[derive(Clone, Copy)]
struct Moment(NonZeroU32);

impl Moment {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is cut off is no difference of times"
    )]
    fn of(time: UnixTime) -> Self {
        // The one second that has no number of its own is told as the next.
        Self(NonZeroU32::new(time.0 as u32).unwrap_or(NonZeroU32::MIN))
    }

    /// Seconds from this moment to another one; negative if the clock was set back.
    fn seconds_to(self, later: Self) -> i64 {
        i64::from(later.0.get().wrapping_sub(self.0.get()).cast_signed())
    }
}

/// Whether a subject may have another code.
pub(super) enum Spent {
    /// It may, and it is counted.
    Yes,
    /// It has had all of its codes; the oldest of them is a day old in so many seconds.
    Wait {
        /// Seconds.
        s: i64,
    },
    /// Too many subjects are being counted.
    Full,
}

impl<const EACH: usize> DayQuota<EACH> {
    /// Counts that many subjects at a time.
    pub(super) const fn new(subjects_max: usize) -> Self {
        Self { issued: BTreeMap::new(), subjects_max, swept: UnixTime(0) }
    }

    pub(super) fn spend(&mut self, subject: Subject, now: UnixTime) -> Spent {
        if self.issued.len() >= self.subjects_max && !self.issued.contains_key(&subject) {
            self.sweep(now);
            if self.issued.len() >= self.subjects_max {
                return Spent::Full;
            }
        }
        // The first one makes room when it is a day old.
        let (issued, now) = (self.issued.entry(subject).or_insert([None; EACH]), Moment::of(now));
        let left_s = issued.first().copied().flatten().map_or(0, |oldest| DAY_S - oldest.seconds_to(now));
        if left_s > 0 {
            return Spent::Wait { s: left_s };
        }
        issued.rotate_left(1);
        if let Some(last) = issued.last_mut() {
            *last = Some(now);
        }
        Spent::Yes
    }

    fn sweep(&mut self, now: UnixTime) {
        if now.0 - self.swept.0 < SWEEP_S {
            return;
        }
        self.swept = now;
        let now = Moment::of(now);
        self.issued.retain(|_, issued| issued.iter().flatten().any(|time| time.seconds_to(now) < DAY_S));
    }
}

#[cfg(test)]
mod tests {
    use ids::limits::{CODE_NUMBERS_MAX, CODES_PER_DAY_MAX};

    use super::*;

    fn number(n: usize) -> Subject {
        (n as u128).to_be_bytes()
    }

    /// Beyond the limit a new number is refused, one that is counted already is not, and a day later there is room.
    #[test]
    fn a1_a_full_table_refuses_new_numbers_only() {
        let mut quota = DayQuota::<{ CODES_PER_DAY_MAX as usize }>::new(CODE_NUMBERS_MAX);
        let start = UnixTime(1_767_225_600);
        for n in 0..CODE_NUMBERS_MAX {
            assert!(matches!(quota.spend(number(n), start), Spent::Yes));
        }
        let new = number(CODE_NUMBERS_MAX);
        assert!(matches!(quota.spend(new, start), Spent::Full));
        assert!(matches!(quota.spend(number(0), start), Spent::Yes));
        assert!(matches!(quota.spend(new, UnixTime(start.0 + DAY_S - 1)), Spent::Full));
        assert!(matches!(quota.spend(new, UnixTime(start.0 + DAY_S + SWEEP_S)), Spent::Yes));
        assert_eq!(quota.issued.len(), 1, "old numbers are forgotten");
    }

    /// Four bytes hold a time; whoever has had all of his codes waits to the second, also over the end of 32 bits and with a
    /// clock that was set back.
    #[test]
    fn a1_a_day_is_a_day_whatever_the_clock_says() {
        let turn = i64::from(u32::MAX) + 1;
        for start in [1_767_225_600, turn - DAY_S / 2, turn - 1, turn, turn + 1].map(UnixTime) {
            let mut quota = DayQuota::<2>::new(10);
            assert!(matches!(quota.spend(number(1), start), Spent::Yes));
            assert!(matches!(quota.spend(number(1), start), Spent::Yes));
            let wait = |quota: &mut DayQuota<2>, after_s| match quota
                .spend(number(1), UnixTime(start.0 + after_s))
            {
                Spent::Wait { s } => s,
                Spent::Yes | Spent::Full => 0,
            };
            // The second that has no number of its own is told as the next.
            let late = i64::from(start.0 == turn);
            assert_eq!(wait(&mut quota, -3_600), DAY_S + 3_600 + late);
            assert_eq!(wait(&mut quota, DAY_S - 1), 1 + late);
            assert_eq!(wait(&mut quota, DAY_S + 1), 0);
        }
        assert_eq!(size_of::<[Option<Moment>; 10]>(), 40);
    }
}
