//! The clocks of a client: the only place in this crate that reads them.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ids::Now;

/// Both clocks; copies of one agree.
#[derive(Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// The monotonic clock starts at 0.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Reads both clocks.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clocks")]
    pub fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Now { wall_ns: wall.as_nanos() as u64, mono_ms: self.start.elapsed().as_millis() as u64 }
    }

    /// The instant of a monotonic reading, for tokio's timers.
    #[must_use]
    pub fn instant(&self, mono_ms: u64) -> tokio::time::Instant {
        (self.start + Duration::from_millis(mono_ms)).into()
    }

    /// Time since the start, finer than milliseconds: what measurements subtract.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
