//! What several of these tests need: a clock that stands still.

use ids::Now;

/// 2023-11-14 22:13:20 UTC, the time of the vectors.
pub(crate) const NOON: Now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 1_000_000 };
