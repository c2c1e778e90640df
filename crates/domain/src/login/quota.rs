//! How many codes a number has had, and how many a key has asked for, in the last 24 hours (A1). Counted in memory under
//! keyed hashes, gone at a restart.

use std::collections::BTreeMap;

use ids::UnixTime;

use super::codes::Subject;

const DAY_S: i64 = 86_400;
/// At least so long between two sweeps of a full table.
const SWEEP_S: i64 = 60;

/// The codes of each subject in the last 24 hours, `EACH` at most.
pub(super) struct DayQuota<const EACH: usize> {
    issued: BTreeMap<Subject, [Option<UnixTime>; EACH]>,
    subjects_max: usize,
    swept: UnixTime,
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
        // Oldest first; the first one makes room when it is a day old.
        let issued = self.issued.entry(subject).or_insert([None; EACH]);
        if let Some(oldest) = issued.first().copied().flatten()
            && oldest.0 + DAY_S > now.0
        {
            return Spent::Wait { s: oldest.0 + DAY_S - now.0 };
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
        self.issued.retain(|_, issued| issued.iter().flatten().any(|time| time.0 + DAY_S > now.0));
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
}
