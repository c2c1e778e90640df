//! What every run begins with.

use ids::Now;

/// When every run begins: 2023-11-14 22:13:20 UTC.
pub(crate) const START: Now = Now { wall_ns: 1_700_000_000_000_000_000, mono_ms: 1_000_000 };
