//! The server's only reader of time; everything below this crate is told what time it is (ARCHITECTURE.md,
//! Invariants).
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ids::Now;

/// Both clocks of the machine, the monotonic one counted from the start of the process.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    #[cfg(test)]
    moved: &'static tests::Moved,
}

impl Clock {
    /// A clock whose monotonic reading is 0 now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
            #[cfg(test)]
            moved: Box::leak(Box::default()),
        }
    }

    /// Reads both clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub(crate) fn now(&self) -> Now {
        // A wall clock before 1970 reads as 1970: ids and dates are then wrong, which is what `doctor` reports.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let now = Now { wall_ns: wall.as_nanos() as u64, mono_ms: self.start.elapsed().as_millis() as u64 };
        #[cfg(test)]
        let now = self.moved.apply(now);
        now
    }

    /// The instant of a monotonic reading, for tokio's timers.
    #[must_use]
    pub(crate) fn instant(&self, mono_ms: u64) -> tokio::time::Instant {
        (self.start + Duration::from_millis(mono_ms)).into()
    }

    /// Time since the start, finer than milliseconds: what measurements subtract.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub(crate) fn elapsed(&self) -> Duration {
        Instant::now() - self.start
    }
}

/// Processor time this thread has used.
pub(crate) fn thread_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// `2026-03-01T12:00:00.123Z`: the form of dates in log lines, no digit run longer than a year (P31).
pub(crate) fn rfc3339(wall_ns: u64) -> String {
    let millis = wall_ns / 1_000_000;
    let (days, in_day) = (millis / 86_400_000, millis % 86_400_000);
    let (year, month, day) = civil(days);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Days since 1970 as a date of the Gregorian calendar, counted in eras of 400 years that begin on 1 March.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

    use super::*;

    /// By how much a test has moved the clocks.
    #[derive(Default)]
    pub(super) struct Moved {
        wall_s: AtomicI64,
        mono_ms: AtomicU64,
    }

    impl Moved {
        pub(super) fn apply(&self, now: Now) -> Now {
            let wall_s = (now.wall_ns / 1_000_000_000).cast_signed() + self.wall_s.load(Ordering::Relaxed);
            let in_second = now.wall_ns % 1_000_000_000;
            Now {
                wall_ns: wall_s.max(0).cast_unsigned() * 1_000_000_000 + in_second,
                mono_ms: now.mono_ms + self.mono_ms.load(Ordering::Relaxed),
            }
        }
    }

    impl Clock {
        /// The wall clock jumps.
        pub(crate) fn jump(&self, seconds: i64) {
            self.moved.wall_s.fetch_add(seconds, Ordering::Relaxed);
        }

        /// Time passes.
        pub(crate) fn pass(&self, ms: u64) {
            self.moved.mono_ms.fetch_add(ms, Ordering::Relaxed);
            self.jump((ms / 1000).cast_signed());
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_700_000_000, "2023-11-14T22:13:20.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(unix * 1_000_000_000), text);
        }
    }

    #[test]
    fn both_clocks_go_on() {
        let clock = Clock::start();
        let (first, second) = (clock.now(), clock.now());
        assert!(first.mono_ms <= second.mono_ms && first.wall_ns > 1_600_000_000_000_000_000);
    }
}
