//! The token bucket that limits of so much in so long are kept with: one for each of many subjects, in a bounded map.
//!
//! Invariant: whoever waits as long as he was told, and asks for no more than he was refused, is not refused again.
use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Budgets that refill evenly. A subject whose bucket is full is the same as one never seen, and takes no memory.
pub struct Budgets<K> {
    /// Microseconds in which one token comes back.
    interval_us: u64,
    /// Tokens of a full bucket, as the time in which they come back.
    burst_us: u64,
    subjects_max: usize,
    subjects: HashMap<K, Bucket>,
    /// When full buckets were last swept out, and with how many subjects it is done again.
    swept_us: u64,
    sweep_at: usize,
}

/// As many subjects are no burden.
const UNSWEPT_MAX: usize = 1_024;

/// What one subject owes.
#[derive(Clone, Copy)]
struct Bucket {
    /// When it will be full again. It lacks one token for each interval until then.
    full_at_us: u64,
    /// When it would be if everything that was refused had been taken: who is refused next waits behind all of them.
    promised_us: u64,
}

impl<K: Eq + Hash + Copy> Budgets<K> {
    /// `burst` tokens at once, `per_minute` in the long run, for so many subjects that owe tokens.
    #[must_use]
    pub fn new(per_minute: u32, burst: u32, subjects_max: usize) -> Self {
        let interval_us = (60_000_000 / u64::from(per_minute.max(1))).max(1);
        Self {
            interval_us,
            burst_us: interval_us * u64::from(burst.max(1)),
            subjects_max,
            subjects: HashMap::new(),
            swept_us: 0,
            sweep_at: UNSWEPT_MAX.min(subjects_max),
        }
    }

    /// Takes so many tokens if they are there; more than a full bucket are as many as that. When the map is full of
    /// subjects that all owe tokens, a new subject is let through uncounted: that many are an attack, which the limits on
    /// the sum withstand, and a stranger who has nothing to do with it shall have his chance.
    ///
    /// # Errors
    /// How long it takes until they are there, for whoever was refused before too: nothing was taken then. Who does not
    /// wait is told longer and longer, up to twice the time in which an empty bucket fills.
    pub fn take(&mut self, subject: K, tokens: u32, now: Duration) -> Result<(), Duration> {
        let now_us = micros(now);
        if self.subjects.len() >= self.sweep_at && !self.subjects.contains_key(&subject) {
            self.sweep(now_us);
            if self.subjects.len() >= self.subjects_max {
                return Ok(());
            }
        }
        let cost_us = self.cost_us(tokens);
        let bucket = self.subjects.entry(subject).or_insert(Bucket { full_at_us: 0, promised_us: 0 });
        let full_at_us = bucket.full_at_us.max(now_us) + cost_us;
        if full_at_us <= now_us + self.burst_us {
            bucket.full_at_us = full_at_us;
            return Ok(());
        }
        let promised_us = bucket.promised_us.max(bucket.full_at_us) + cost_us;
        bucket.promised_us = promised_us.min(now_us + 3 * self.burst_us);
        Err(Duration::from_micros(bucket.promised_us - self.burst_us - now_us))
    }

    /// Gives tokens back that were taken for what was not done after all.
    pub fn give_back(&mut self, subject: K, tokens: u32) {
        let cost_us = self.cost_us(tokens);
        if let Some(bucket) = self.subjects.get_mut(&subject) {
            bucket.full_at_us = bucket.full_at_us.saturating_sub(cost_us);
        }
    }

    fn cost_us(&self, tokens: u32) -> u64 {
        (self.interval_us * u64::from(tokens)).min(self.burst_us)
    }

    /// Forgets subjects with a full bucket; once per interval at most and when they have doubled, since it looks at all of
    /// them.
    fn sweep(&mut self, now_us: u64) {
        if now_us.saturating_sub(self.swept_us) >= self.interval_us || self.swept_us == 0 {
            self.subjects.retain(|_, bucket| bucket.full_at_us > now_us);
            self.subjects.shrink_to_fit();
            self.swept_us = now_us.max(1);
            self.sweep_at = (2 * self.subjects.len()).max(UNSWEPT_MAX).min(self.subjects_max);
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// How many of so many calls of one token each are let through.
    fn through(budgets: &mut Budgets<char>, subject: char, calls: usize, now: Duration) -> usize {
        (0..calls).filter(|_| budgets.take(subject, 1, now).is_ok()).count()
    }

    #[test]
    fn tokens_come_back_evenly() {
        let mut budgets = Budgets::new(60, 3, 10);
        assert_eq!(through(&mut budgets, 'a', 5, ms(0)), 3);
        assert!(budgets.take('b', 1, ms(0)).is_ok());
        assert!(budgets.take('a', 1, ms(999)).is_err());
        assert!(budgets.take('a', 1, ms(1000)).is_ok());
        assert_eq!(through(&mut budgets, 'a', 5, ms(60_000)), 3);
    }

    #[test]
    fn a_full_map_does_not_grow_and_counts_strangers_once_someone_is_square() {
        let mut budgets = Budgets::new(60, 3, 2);
        assert!(budgets.take('a', 1, ms(0)).is_ok() && budgets.take('b', 1, ms(0)).is_ok());
        assert_eq!(through(&mut budgets, 'c', 9, ms(10)), 9);
        assert_eq!(budgets.subjects.len(), 2);
        assert!(budgets.take('b', 1, ms(500)).is_ok());
        assert_eq!(through(&mut budgets, 'c', 9, ms(1500)), 3);
        assert_eq!(budgets.subjects.len(), 2);
    }

    #[test]
    fn who_owes_nothing_is_forgotten_long_before_the_map_is_full() {
        let mut budgets = Budgets::new(600, 3, 1_000_000);
        for n in 0..50_000_u64 {
            assert!(budgets.take(n, 1, ms(n)).is_ok());
        }
        // A bucket is full again after 100 ms.
        assert!(budgets.subjects.len() <= 2 * UNSWEPT_MAX, "{}", budgets.subjects.len());
    }

    #[test]
    fn a4_whoever_waits_as_he_was_told_is_not_refused_again_however_many_he_had_under_way() {
        let mut budgets = Budgets::new(600, 20, 10);
        let now = ms(5);
        let mut due: Vec<_> = (0..70).filter_map(|_| budgets.take('a', 2, now).err()).collect();
        assert_eq!(due.len(), 60);
        assert_eq!(due.first(), Some(&ms(200)), "two tokens of ten a second");
        // What is told on the wire are whole seconds, upwards.
        due.iter_mut().for_each(|wait| *wait = SECOND * u32::try_from(wait.as_secs() + 1).unwrap_or(0));
        for wait in due.into_iter().filter(|wait| *wait <= 4 * SECOND) {
            assert!(budgets.take('a', 2, now + wait).is_ok(), "after {wait:?}");
        }
    }

    #[test]
    fn whoever_does_not_wait_is_told_longer_up_to_a_limit_and_is_taken_when_tokens_are_there() {
        let mut budgets = Budgets::new(60, 3, 10);
        assert_eq!(through(&mut budgets, 'a', 3, ms(0)), 3);
        assert_eq!(budgets.take('a', 1, ms(0)), Err(SECOND));
        let longest = (0..1000).filter_map(|_| budgets.take('a', 1, ms(0)).err()).max();
        assert_eq!(longest, Some(6 * SECOND));
        assert!(budgets.take('a', 1, SECOND).is_ok());
    }

    #[test]
    fn what_is_given_back_is_there_again_and_more_than_a_bucket_costs_a_bucket() {
        let mut budgets = Budgets::new(60, 3, 10);
        assert!(budgets.take('a', 1_000, ms(0)).is_ok());
        assert!(budgets.take('a', 1, ms(0)).is_err());
        budgets.give_back('a', 1_000);
        assert_eq!(through(&mut budgets, 'a', 5, ms(0)), 3);
        budgets.give_back('b', 1);
        assert_eq!(through(&mut budgets, 'b', 5, ms(0)), 3);
    }
}
