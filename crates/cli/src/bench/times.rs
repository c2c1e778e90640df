//! How long things took, in order: medians, and what one in a hundred exceeds.
use std::time::Duration;

use super::BenchError;

/// Times of many runs of one thing.
pub(super) struct Times(Vec<Duration>);

impl Times {
    /// In any order.
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// What such a part of them stays below, in milliseconds.
    pub(super) fn ms(&self, part: f64) -> Result<f64, BenchError> {
        let at = (self.0.len() as f64 * part) as usize;
        self.0.get(at).map(|time| time.as_secs_f64() * 1000.0).ok_or(BenchError::Nothing)
    }
}
