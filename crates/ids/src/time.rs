//! Time as an argument: floors 0 to 6 never ask what time it is, they are told.

/// Seconds since 1970-01-01 UTC. Wide enough for ever; the wire's 32 bits are cut in `views`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// The bare number of seconds.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// As the API's `int` date; saturates in 2038, when clients stop as well.
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked just above the cast")]
    pub const fn as_int(self) -> i32 {
        if self.0 > i32::MAX as i64 {
            i32::MAX
        } else if self.0 < 0 {
            0
        } else {
            self.0 as i32
        }
    }
}

/// One reading of both clocks, taken by the driver and handed down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Now {
    /// Wall clock, nanoseconds since 1970. May jump; message ids and dates come from it.
    pub wall_ns: u64,
    /// Monotonic clock, milliseconds since the process started. Timeouts come from it.
    pub mono_ms: u64,
}

impl Now {
    /// The wall clock in whole seconds.
    pub const fn unix(self) -> UnixTime {
        UnixTime((self.wall_ns / 1_000_000_000) as i64)
    }

    /// The wall clock, in whole seconds, when the monotonic one says `mono_ms`: as if neither were ever set.
    pub const fn unix_at(self, mono_ms: u64) -> UnixTime {
        let ahead_ms = mono_ms.cast_signed().saturating_sub(self.mono_ms.cast_signed());
        let wall_ms = (self.wall_ns / 1_000_000).cast_signed();
        UnixTime(wall_ms.saturating_add(ahead_ms).div_euclid(1000))
    }

    /// The same reading, `ms` milliseconds later on both clocks: tests and the simulator move time with it.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> Self {
        Self { wall_ns: self.wall_ns + ms * 1_000_000, mono_ms: self.mono_ms + ms }
    }
}
