//! The key of each day, under which the rows of those lie who are not logged in (docs/keys.md 4.2).
//!
//! Invariants: before anything lies under a key, its end is ordered, in an earlier commit. The key in use follows the wall
//! clock, also backwards, and no key ends but by its order; after a jump of the clock what ends by it waits, since a clock
//! that was wrong once may be set right in a moment.
use std::collections::BTreeSet;

use custody::{Make, Mint, Pace};
use domain::orders;
use ids::limits::{CLOCK_DOUBT_MS, KEY_WITHOUT_USER_LIFE_MS, ORDERS_MAX, VAULT_RETRY_MS};
use ids::{BoxId, Now, UnixTime};
use store::outbox::{self, OutboxRow};
use store::{StoreError, Tx};

use super::boot::{DAY_S, day};
use super::desk::Desk;
use super::job::{Done, Kind};
use crate::log::Event;

/// Days for which a day key is kept, its own among them: a stranger's key lives for a day.
const DAYS_KEPT: i64 = 2;
/// A start orders the ends of so many days before it, of which a lost store may have minted the keys.
const DAYS_BEFORE: u32 = 400;

/// Which day it is, and which one was before.
pub(super) struct Days {
    /// The day whose key is in use.
    day: u32,
    /// The day that the clock said last.
    said: u32,
    minting: Option<u32>,
    /// The clock has jumped: until then nothing ends by it.
    doubted_until_ms: u64,
    /// There may be orders of a clock that was ahead.
    may_be_ahead: bool,
}

impl Days {
    /// `day` is that of the key which the start has brought.
    pub(super) fn new(day: u32) -> Self {
        Self { day, said: day, minting: None, doubted_until_ms: 0, may_be_ahead: true }
    }

    /// Whether the key of a day is in use.
    pub(super) fn is_in_use(&self, day: u32) -> bool {
        self.day == day || self.minting == Some(day)
    }

    /// The days whose keys may be in memory.
    pub(super) fn in_memory(&self) -> impl Iterator<Item = u32> + use<> {
        let (day, minting) = (self.day, self.minting);
        [day.saturating_sub(1), day].into_iter().chain(minting)
    }

    /// Whether the clock has jumped a moment ago.
    pub(super) fn is_doubted(&self, now: Now) -> bool {
        now.mono_ms < self.doubted_until_ms
    }
}

impl Desk {
    /// A new day has a key of its own.
    pub(super) fn look_at_day(&mut self, now: Now) {
        let today = day(now.unix().get());
        let days = &mut self.errands.days;
        if today != days.said {
            if today.abs_diff(days.said) > 1 {
                days.doubted_until_ms = now.mono_ms + CLOCK_DOUBT_MS;
                self.node.log.event(&Event::ClockJumped {});
            }
            days.may_be_ahead |= today < days.said;
            days.said = today;
        }
        if self.errands.days.may_be_ahead {
            let moved = self.store.write(|tx| bring_back(tx, today, now.unix())).result;
            self.errands.days.may_be_ahead = self.note(moved).is_none_or(|moved| moved == ORDERS_MAX);
        }
        if today == self.errands.days.day || self.errands.days.minting.is_some() {
            return;
        }
        let ordered = self.store.write(|tx| order_end(tx, today)).result;
        if self.note(ordered).is_none() {
            return;
        }
        if self.keyring.turn_to_day(today) {
            self.errands.days.day = today;
            return;
        }
        self.errands.days.minting = Some(today);
        let pace = Pace { whole_ms: VAULT_RETRY_MS * 10, ..Pace::default() };
        let mint = Mint::new(&self.deployment, &self.keyring, &[Make::Day(today)], pace, now.mono_ms);
        self.start(Kind::Other, mint, |(make, minted)| Done::Minted(make, minted));
    }

    /// The key of a day was minted, or not.
    pub(super) fn minted_day(&mut self, day: u32, is_minted: bool) {
        self.errands.days.minting = None;
        if is_minted && self.keyring.turn_to_day(day) {
            self.errands.days.day = day;
        }
    }
}

/// Orders the end of the key of today, and of each day since the last one whose end is ordered: there were starts of which
/// this store knows nothing if it was put back. To destroy what was never made does no harm.
pub(super) fn order_ends(tx: &mut Tx<'_>, today: u32) -> Result<(), StoreError> {
    let ordered = ordered(tx)?;
    let last = ordered.range(..today).next_back();
    let first = last.map_or(today, |last| last + 1).max(today.saturating_sub(DAYS_BEFORE));
    (first..=today).filter(|day| !ordered.contains(day)).try_for_each(|day| enqueue(tx, day))
}

/// Orders the end of a day's key, once.
fn order_end(tx: &mut Tx<'_>, day: u32) -> Result<(), StoreError> {
    if ordered(tx)?.contains(&day) { Ok(()) } else { enqueue(tx, day) }
}

fn enqueue(tx: &mut Tx<'_>, day: u32) -> Result<(), StoreError> {
    let order = OutboxRow { kind: orders::DESTROY_DAY_KEY, of: BoxId(0), reference: day.into() };
    tx.enqueue(end_of(day), &order).map(drop)
}

fn end_of(day: u32) -> UnixTime {
    UnixTime((i64::from(day) + DAYS_KEPT) * DAY_S)
}

/// The days whose ends are ordered.
fn ordered(tx: &Tx<'_>) -> Result<BTreeSet<u32>, StoreError> {
    let orders = outbox::due_of(tx, orders::DESTROY_DAY_KEY, UnixTime(i64::MAX), usize::MAX)?;
    Ok(orders.into_iter().filter_map(|(_, row)| u32::try_from(row.reference).ok()).collect())
}

/// Orders that are due later than any can be, but for the ends of messages and polls, which stay with their dates, were written by a clock that was ahead. Some of them come to be due when they
/// would be if they were written now; answers how many.
fn bring_back(tx: &mut Tx<'_>, today: u32, now: UnixTime) -> Result<usize, StoreError> {
    let latest = UnixTime(end_of(today).0 + DAY_S);
    let ahead = outbox::later(tx, &[orders::END_MESSAGE, orders::CLOSE_POLL], latest, ORDERS_MAX)?;
    for (id, row) in &ahead {
        let due = match row.kind {
            orders::DESTROY_DEVICE_KEY => now,
            orders::EXPIRE_KEY => UnixTime(now.0 + KEY_WITHOUT_USER_LIFE_MS.cast_signed() / 1000),
            orders::DESTROY_DAY_KEY => end_of(today),
            _ => latest,
        };
        outbox::postpone(tx, &[*id], due)?;
    }
    Ok(ahead.len())
}
