//! How much processor time key exchanges may take (A5): a share of one core, with a little saved up while idle.
use std::time::Duration;

/// Processor time that idleness saves up: some thirty exchanges go through without a pause.
const SAVED_MAX: Duration = Duration::from_millis(100);

/// Processor time that may be spent. Negative after a job that took more than there was.
pub(super) struct Credit {
    percent: u32,
    nanos: i64,
    counted_at: Duration,
}

impl Credit {
    /// Full credit at `now`, which like every `now` here is the time since the start of the process.
    pub(super) fn new(percent: u32, now: Duration) -> Self {
        Self { percent, nanos: nanos(SAVED_MAX), counted_at: now }
    }

    /// How long to wait before the next job, if at all.
    pub(super) fn wait(&mut self, now: Duration) -> Option<Duration> {
        let earned = nanos(now.saturating_sub(self.counted_at)).saturating_mul(self.percent.into()) / 100;
        self.nanos = self.nanos.saturating_add(earned).min(nanos(SAVED_MAX));
        self.counted_at = now;
        let debt = u64::try_from(-self.nanos).ok().filter(|debt| *debt > 0)?;
        Some(Duration::from_nanos(debt * 100 / u64::from(self.percent.max(1)) + 1))
    }

    /// A job took this much processor time.
    pub(super) fn spend(&mut self, took: Duration) {
        self.nanos = self.nanos.saturating_sub(nanos(took));
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a5_half_a_core_is_half_a_core() {
        let (job, mut now) = (Duration::from_millis(3), Duration::ZERO);
        let (mut credit, mut worked) = (Credit::new(50, now), Duration::ZERO);
        while now < Duration::from_secs(10) {
            match credit.wait(now) {
                Some(pause) => now += pause,
                None => {
                    credit.spend(job);
                    now += job;
                    worked += job;
                }
            }
        }
        let share = worked.as_secs_f64() / now.as_secs_f64();
        assert!((0.49..0.52).contains(&share), "{share}");
    }

    #[test]
    fn a_few_jobs_after_a_rest_do_not_wait() {
        let mut credit = Credit::new(50, Duration::ZERO);
        for job in 0..30 {
            assert_eq!(credit.wait(Duration::from_millis(job * 3)), None);
            credit.spend(Duration::from_millis(3));
        }
    }
}
