//! How long the vault runs: what time it is it need not know for anything but its audit.

use std::time::Instant;

/// Counts from its start.
#[derive(Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub(crate) fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Milliseconds since then.
    pub(crate) fn ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
