//! R12: vaults are away for long, in place of a storm. Who is warm notices nothing, what is deleted waits, and soon after they
//! are back it is final, and who was cold is served.
//!
//! While it lasts people do less and the node looks less often, so that a day takes no longer to simulate than two minutes of a
//! storm. The last half minute is as it is otherwise: the server tries again that soon what too few vaults answered.

use crate::{
    Outage,
    world::{Event, World},
};

/// When it begins, if everybody has signed up.
pub(crate) const BEGIN_MS: u64 = 20_000;
/// How long it feels.
const FELT_MS: u64 = 120_000;
/// How soon the server tries again.
const AGAIN_MS: u64 = 30_000;
/// So long after it everything has come to its end.
pub(crate) const REST_MS: u64 = 60_000;
/// Things that each will do meanwhile.
const ACTS: u32 = 40;

impl Outage {
    const fn lasts_ms(self) -> u64 {
        match self {
            Outage::AsManyAsMay => 24 * 3_600_000,
            Outage::TooMany | Outage::Flapping => 3_600_000,
        }
    }
}

impl World {
    /// Vaults are away from now on.
    pub(crate) fn outage(&mut self, outage: Outage) {
        if self.users.iter().any(|user| user.id.is_none() || user.is_asking) {
            return self.after(1_000, Event::Outage(outage));
        }
        let until_ms = self.now_ms + outage.lasts_ms();
        let (n, k) = (self.hosts.len(), self.hosts.len().div_ceil(2));
        let count = match outage {
            Outage::AsManyAsMay => n - k,
            Outage::TooMany => n - k + 1,
            Outage::Flapping => n,
        };
        let first = self.dice.index(n);
        self.tell(&format!("{count} vaults from {} on are away until {until_ms}: {outage:?}", first + 1));
        self.hosts.rotate_left(first);
        for host in self.hosts.iter_mut().take(count) {
            match outage {
                Outage::AsManyAsMay | Outage::TooMany => host.away_until_ms = until_ms,
                Outage::Flapping => host.flaps_until_ms = until_ms,
            }
        }
        self.hosts.rotate_right(first);
        for index in 0..self.users.len() {
            if let Some(user) = self.users.get_mut(index) {
                user.left = ACTS;
            }
            self.after(1, Event::User { index });
        }
        self.outage_ms = Some((self.now_ms, until_ms));
        self.after(until_ms - self.now_ms, Event::OutageEnds);
    }

    /// They are back.
    pub(crate) fn outage_ends(&mut self) {
        self.counts.waited = self.model.waiting() as u64;
        self.calm_down();
    }

    /// Whether it lasts.
    pub(crate) fn is_out(&self) -> bool {
        self.outage_ms.is_some_and(|(_, until_ms)| self.now_ms < until_ms)
    }

    /// How long something waits that comes again and again.
    pub(crate) fn pause(&mut self, least_ms: u64, most_ms: u64) -> u64 {
        let ms = self.dice.between(least_ms, most_ms);
        let Some((began_ms, until_ms)) = self.outage_ms else { return ms };
        let left_ms = until_ms.saturating_sub(self.now_ms);
        if left_ms <= AGAIN_MS {
            return ms;
        }
        (ms * (until_ms - began_ms) / FELT_MS).min(left_ms - AGAIN_MS + ms)
    }
}
