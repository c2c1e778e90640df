//! Record numbers: which leaf of a box's tree a version lies under. Never issued twice. Source: docs/keys.md 4.3.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bits of the counter below the incarnation.
const COUNTER_BITS: u32 = 40;
/// The greatest counter.
const COUNTER_MAX: u64 = (1 << COUNTER_BITS) - 1;

/// A record number: incarnation (24 bits) and counter (40 bits).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Number(pub u64);

impl Number {
    /// The incarnation of the process that issued it.
    #[must_use]
    pub const fn incarnation(self) -> u64 {
        self.0 >> COUNTER_BITS
    }

    /// How many were issued before it, at least none.
    #[must_use]
    pub const fn counter(self) -> u64 {
        self.0 & COUNTER_MAX
    }

    /// The first number that a start of this incarnation issues, where it begins at none.
    #[must_use]
    pub const fn first_of(incarnation: Incarnation) -> Self {
        // Of 24 bits, so nothing is shifted out.
        Self((incarnation.0 as u64) << COUNTER_BITS)
    }

    /// The last number that the process which issued this one can have issued.
    #[must_use]
    pub const fn last_of_incarnation(self) -> Self {
        Self(self.0 | COUNTER_MAX)
    }
}

/// Numbers from the first to the last, both inside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NumberRange {
    /// The first one.
    pub first: Number,
    /// The last one; not below the first.
    pub last: Number,
}

impl NumberRange {
    /// A single number.
    #[must_use]
    pub const fn one(number: Number) -> Self {
        Self { first: number, last: number }
    }

    /// All numbers below this one; nothing if it is the first of all.
    #[must_use]
    pub fn below(number: Number) -> Option<Self> {
        Some(Self { first: Number(0), last: Number(number.0.checked_sub(1)?) })
    }

    /// The same numbers as ranges in ascending order that neither meet nor touch. A range whose last number is below
    /// its first holds nothing.
    #[must_use]
    pub fn joined(ranges: &[Self]) -> Vec<Self> {
        let mut sorted: Vec<Self> =
            ranges.iter().copied().filter(|range| range.first <= range.last).collect();
        sorted.sort_unstable();
        let mut joined: Vec<Self> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match joined.last_mut() {
                Some(before) if range.first.0 <= before.last.0.saturating_add(1) => {
                    before.last = before.last.max(range.last);
                }
                Some(_) | None => joined.push(range),
            }
        }
        joined
    }
}

/// The number of one start of the server, drawn from the vaults: no two starts have the same (docs/keys.md 6.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Incarnation(u32);

impl Incarnation {
    /// Incarnations have 24 bits; nothing if there is no such one.
    #[must_use]
    pub const fn new(drawn: u32) -> Option<Self> {
        if drawn < 1 << 24 { Some(Self(drawn)) } else { None }
    }

    /// The bare number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Where the counters of boxes begin in this process: at 0, or at the highest counter of any box dropped so far.
pub struct Numbering {
    incarnation: Incarnation,
    floor: AtomicU64,
}

impl Numbering {
    /// The numbering of one start.
    #[must_use]
    pub const fn new(incarnation: Incarnation) -> Self {
        Self { incarnation, floor: AtomicU64::new(0) }
    }

    /// The numbers of a box that comes to memory now.
    pub(crate) fn enter(&self) -> Counter {
        let base = u64::from(self.incarnation.0) << COUNTER_BITS;
        Counter { base, next: self.floor.load(Ordering::SeqCst) }
    }

    /// A box goes; whichever comes next counts on from where it stood.
    pub(crate) fn leave(&self, counter: &Counter) {
        self.floor.fetch_max(counter.next, Ordering::SeqCst);
    }
}

/// The numbers that one box issues while it is in memory.
pub(crate) struct Counter {
    base: u64,
    /// 2^40 when none is left.
    next: u64,
}

impl Counter {
    /// The next number, which is not issued by this.
    pub(crate) fn peek(&self) -> Option<Number> {
        (self.next <= COUNTER_MAX).then_some(Number(self.base | self.next))
    }

    /// The number that was issued last, if one was.
    pub(crate) fn newest(&self) -> Number {
        Number(self.base | self.next.saturating_sub(1))
    }

    /// The number is issued.
    pub(crate) fn pass(&mut self, number: Number) {
        self.next = self.next.max(number.counter() + 1);
    }

    /// All numbers up to this one are passed over; nothing is left when it is of a later incarnation.
    pub(crate) fn skip_to(&mut self, number: Number) {
        if number.0 & !COUNTER_MAX == self.base {
            self.next = self.next.max(number.counter());
        } else {
            self.next = COUNTER_MAX + 1;
        }
    }
}
