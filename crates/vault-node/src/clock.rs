//! How long the vault runs, and what time it is, which it needs for its audit only.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Counts from its start.
#[derive(Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Milliseconds since then.
    pub(crate) fn ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Unix time.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub(crate) fn unix_s() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
    }
}
