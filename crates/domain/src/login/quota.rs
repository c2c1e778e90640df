//! How many codes a number has had in the last 24 hours (A1). Counted in memory under keyed hashes, gone at a restart.

use std::collections::BTreeMap;

use ids::UnixTime;
use ids::limits::{CODE_NUMBERS_MAX, CODES_PER_DAY_MAX};

use super::codes::Subject;

const DAY_S: i64 = 86_400;
/// At least so long between two sweeps of a full table.
const SWEEP_S: i64 = 60;

/// The codes issued to each number in the last 24 hours.
#[derive(Default)]
pub(super) struct DayQuota {
    issued: BTreeMap<Subject, [Option<UnixTime>; CODES_PER_DAY_MAX as usize]>,
    swept: UnixTime,
}

/// Whether a number may have another code.
pub(super) enum Spent {
    /// It may, and it is counted.
    Yes,
    /// It has had its five; the oldest of them is a day old in so many seconds.
    Wait {
        /// Seconds.
        s: i64,
    },
    /// Too many numbers are being counted.
    Full,
}

impl DayQuota {
    pub(super) fn spend(&mut self, number: Subject, now: UnixTime) -> Spent {
        if self.issued.len() >= CODE_NUMBERS_MAX && !self.issued.contains_key(&number) {
            self.sweep(now);
            if self.issued.len() >= CODE_NUMBERS_MAX {
                return Spent::Full;
            }
        }
        // Oldest first; the first one makes room when it is a day old.
        let issued = self.issued.entry(number).or_default();
        if let Some(oldest) = issued[0]
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
    use super::*;

    fn number(n: usize) -> Subject {
        (n as u128).to_be_bytes()
    }

    /// Beyond the limit a new number is refused, one that is counted already is not, and a day later there is room.
    #[test]
    fn a1_a_full_table_refuses_new_numbers_only() {
        let mut quota = DayQuota::default();
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
