//! Server salts of one auth key: a keyed hash of the key id and the half hour, under a seed that lives in memory.
//!
//! Invariants: nothing is stored, so every salt dies with the process and with it every captured packet (T6, T10);
//! a salt is current for [`SALT_LIFE_S`], unless its seed says otherwise, and accepted for as long again; the salt that
//! the key exchange made is accepted for the same time from then on; none outlives a wall clock that is set back too
//! far, whichever key notices. Source: docs, mtproto/description, "Server salt".

use std::sync::Arc;

use crypto::Rng;
use ids::limits::{FUTURE_SALTS_MAX, SALT_LIFE_S};
use ids::{AuthKeyId, Now, UnixTime};
use zeroize::Zeroizing;

use crate::set_back::Watch;

/// The secret all salts of one process derive from. Drawn at start, kept in memory only, shared by all keys.
#[derive(Clone)]
pub struct SaltSeed {
    secret: Arc<Zeroizing<[u8; 32]>>,
    watch: Arc<Watch>,
    /// Seconds for which a salt is current; it is accepted for as long again.
    life_s: i64,
}

impl SaltSeed {
    /// Draws a new seed, for salts that live as long as is usual: [`SALT_LIFE_S`].
    pub fn generate(rng: &mut dyn Rng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(seed.as_mut_slice());
        Self { secret: Arc::new(seed), watch: Arc::new(Watch::new()), life_s: SALT_LIFE_S }
    }

    /// The same seed for salts that are current for so many seconds, at least one.
    #[must_use]
    pub fn with_life_s(self, life_s: i64) -> Self {
        Self { life_s: life_s.max(1), ..self }
    }
}

/// One salt and when it may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Salt {
    /// First second.
    pub valid_since: UnixTime,
    /// First second in which it is refused.
    pub valid_until: UnixTime,
    /// The salt.
    pub salt: u64,
}

/// The salts of one auth key.
pub struct Salts {
    seed: SaltSeed,
    key: AuthKeyId,
    first: Option<Salt>,
    /// The era and the half hour the two salts below belong to, so that a message costs no hash.
    era: u32,
    period: i64,
    current: u64,
    previous: u64,
}

impl Salts {
    /// `first` is the salt that the key exchange ended with, if it ended in this process just now.
    pub fn new(seed: &SaltSeed, key: AuthKeyId, first: Option<u64>, now: UnixTime) -> Self {
        let first =
            first.map(|salt| Salt { valid_since: now, valid_until: UnixTime(now.0 + 2 * seed.life_s), salt });
        let era = seed.watch.era();
        let mut salts =
            Self { seed: seed.clone(), key, first, era, period: i64::MIN, current: 0, previous: 0 };
        salts.turn(now);
        salts
    }

    /// The salt that messages carry now.
    pub fn current(&mut self, now: UnixTime) -> u64 {
        self.turn(now);
        self.current
    }

    /// Whether a message with this salt may be looked at.
    pub fn accepts(&mut self, salt: u64, now: UnixTime) -> bool {
        self.turn(now);
        let first = self.first.is_some_and(|first| first.salt == salt && now < first.valid_until);
        first || salt == self.current || salt == self.previous
    }

    /// The current salt and those that follow, oldest first, `count` of them but at least one and at most
    /// [`FUTURE_SALTS_MAX`]. Neighbours overlap by half their life.
    pub fn upcoming(&self, count: i32, now: UnixTime) -> Vec<Salt> {
        let count = usize::try_from(count).unwrap_or(1).clamp(1, FUTURE_SALTS_MAX);
        let first = self.period_of(now);
        (first..).take(count).map(|period| self.of_period(period)).collect()
    }

    /// Looks whether the wall clock was set back. If it was by more than is borne, all salts of all keys are retired:
    /// packets of the time that comes again must not. Else: by how many milliseconds.
    pub fn heed(&self, now: Now) -> u64 {
        self.seed.watch.heed(now)
    }

    fn turn(&mut self, now: UnixTime) {
        let (period, era) = (self.period_of(now), self.seed.watch.era());
        if era != self.era {
            self.first = None;
        }
        if (period, era) != (self.period, self.era) {
            (self.period, self.era) = (period, era);
            self.current = self.of_period(period).salt;
            self.previous = self.of_period(period - 1).salt;
        }
    }

    fn of_period(&self, period: i64) -> Salt {
        let mac = crypto::hmac_sha256(
            self.seed.secret.as_slice(),
            &[b"server salt", &self.key.0.to_le_bytes(), &period.to_le_bytes(), &self.era.to_le_bytes()],
        );
        let [a, b, c, d, e, f, g, h, ..] = mac;
        Salt {
            valid_since: UnixTime(period * self.seed.life_s),
            valid_until: UnixTime((period + 2) * self.seed.life_s),
            salt: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }

    fn period_of(&self, now: UnixTime) -> i64 {
        now.0.div_euclid(self.seed.life_s)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ids::{AuthKeyId, Now, UnixTime};

    use super::{SaltSeed, Salts};

    /// A seed that is its own first number.
    struct Counter(u8);

    impl crypto::Rng for Counter {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(self.0);
            self.0 += 1;
        }
    }

    const START: UnixTime = UnixTime(1_700_000_000 / 1800 * 1800);

    fn salts(seed: u8, key: u64, first: Option<u64>, now: UnixTime) -> Salts {
        Salts::new(&SaltSeed::generate(&mut Counter(seed)), AuthKeyId(key), first, now)
    }

    fn at(seconds: i64) -> UnixTime {
        UnixTime(START.0 + seconds)
    }

    #[test]
    fn t10_a_salt_is_accepted_for_an_hour_and_not_a_second_longer() {
        let mut salts = salts(1, 7, None, START);
        let salt = salts.current(START);
        assert!(!salts.accepts(salt, at(-1)));
        for seconds in [0, 1799, 1800, 3599] {
            assert!(salts.accepts(salt, at(seconds)), "at {seconds}");
        }
        for seconds in [3600, 3601, 1 << 40] {
            assert!(!salts.accepts(salt, at(seconds)), "at {seconds}");
        }
        assert!(!salts.accepts(salt ^ 1, START));
    }

    #[test]
    fn t10_the_first_salt_lives_an_hour_from_the_exchange() {
        let now = at(1000);
        let mut salts = salts(1, 7, Some(99), now);
        assert!(salts.accepts(99, now));
        assert!(salts.accepts(99, at(1000 + 3599)));
        assert!(!salts.accepts(99, at(1000 + 3601)));
    }

    #[test]
    fn t10_salts_die_with_the_process_and_differ_between_keys() {
        let salt = salts(1, 7, None, START).current(START);
        assert!(!salts(2, 7, None, START).accepts(salt, START));
        assert!(!salts(1, 8, None, START).accepts(salt, START));
        assert!(salts(1, 7, None, START).accepts(salt, START));
        let all: BTreeSet<u64> = (0..20_000).map(|key| salts(1, key, None, START).current(START)).collect();
        assert_eq!(all.len(), 20_000);
    }

    #[test]
    fn t6_no_salt_of_any_key_outlives_a_clock_that_is_set_back() {
        let seed = SaltSeed::generate(&mut Counter(1));
        let of = |key, first| Salts::new(&seed, AuthKeyId(key), first, START);
        let (mut salts, other) = (of(7, Some(99)), of(8, None));
        let old = salts.current(START);
        let now = |mono_ms| Now { wall_ns: START.0.cast_unsigned() * 1_000_000_000, mono_ms };
        assert_eq!((other.heed(now(0)), other.heed(now(10_000))), (0, 10_000));
        assert!(salts.accepts(old, START) && salts.accepts(99, START), "a little is borne");
        assert_eq!(other.heed(now(60_000)), 0);
        for mut salts in [salts, of(7, None)] {
            for seconds in [0, 1800, 3600] {
                assert!(!salts.accepts(old, at(seconds)) && !salts.accepts(99, at(seconds)));
            }
        }
        let mut salts = of(7, Some(99));
        assert!(salts.accepts(99, START), "a new first one lives");
        assert_eq!(salts.upcoming(1, START)[0].salt, salts.current(START));
    }

    #[test]
    fn upcoming_salts_ascend_overlap_and_become_current() {
        let mut salts = salts(1, 7, None, START);
        for (asked, given) in [(-1, 1), (0, 1), (1, 1), (2, 2), (64, 64), (65, 64), (i32::MAX, 64)] {
            assert_eq!(salts.upcoming(asked, START).len(), given);
        }
        let upcoming = salts.upcoming(64, at(5));
        assert_eq!(upcoming[0].salt, salts.current(at(5)));
        for pair in upcoming.windows(2) {
            assert_eq!(pair[1].valid_since.0 - pair[0].valid_since.0, 1800);
            assert!(pair[1].valid_since < pair[0].valid_until);
        }
        for salt in upcoming {
            assert_eq!(salts.current(salt.valid_since), salt.salt);
            assert!(salts.accepts(salt.salt, UnixTime(salt.valid_until.0 - 1)));
            assert!(!salts.accepts(salt.salt, salt.valid_until));
        }
    }
}
