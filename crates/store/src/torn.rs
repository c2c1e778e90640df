//! What a power cut tore off the end of a journal: no row names its numbers any more, so they are left behind to be cut out
//! as those of a row that was deleted. Whoever can write to the disk can make up a torn end, so no number dies by one that
//! a row of the box still names. Source: docs/keys.md 5.4.

use std::collections::{BTreeMap, BTreeSet};

use ids::BoxId;
use ids::limits::SWEEP_ROWS_MAX;
use sealed::{AtRest, Header, Incarnation, Number, NumberRange, OwnerNames, OwnerTag, RowKey};

use crate::engine::past;
use crate::{Order, Scan, Store, StoreError};

/// A version in a batch that a start has cut off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Torn {
    /// What the row keys of its owner begin with.
    pub owner: [u8; 12],
    /// Its number.
    pub number: Number,
    /// Whether it is a number of the short-lived tree.
    pub is_short: bool,
}

impl Torn {
    /// The version of a row, of which the end may be missing; nothing if it has no number.
    pub(crate) fn of(row: &RowKey, value: &AtRest) -> Option<Self> {
        let owner = *row.as_bytes().first_chunk()?;
        match Header::of(value)? {
            Header::Record(version) => Some(Self { owner, number: version.number, is_short: false }),
            Header::Short(number) => Some(Self { owner, number, is_short: true }),
            Header::Device | Header::Day(_) | Header::System | Header::State => None,
        }
    }
}

/// What the rows of a box say of numbers.
struct Named {
    /// Those of the numbers in question that a row has.
    kept: BTreeSet<Number>,
    /// The highest that a row has, up to a given one.
    highest: Option<Number>,
}

impl Store {
    /// Leaves numbers that were torn off behind, for the next tick to cut out: of those of `boxes`, and of the short-lived
    /// tree. Numbers of this start's `incarnation` and later ones are not torn. Within a box numbers only grow, so all
    /// that the incarnation of a torn row may have issued after what is there goes too: parts of rows may lie on the disk
    /// of which the key is missing.
    ///
    /// # Errors
    /// When the engine fails or a pending row is corrupt.
    pub fn cut_torn(&self, torn: &[Torn], boxes: &[BoxId], incarnation: u32) -> Result<(), StoreError> {
        let below = Incarnation::new(incarnation).map_or(Number(0), Number::first_of);
        let mut by_owner: BTreeMap<[u8; 12], BTreeSet<Number>> = BTreeMap::new();
        let mut short = Vec::new();
        for torn in torn.iter().filter(|torn| torn.number < below) {
            if torn.is_short {
                short.push(NumberRange::one(torn.number));
            } else {
                by_owner.entry(torn.owner).or_default().insert(torn.number);
            }
        }
        self.leave_behind(OwnerTag::SHORT_LIVED, short)?;
        for &of in boxes {
            let names = self.door().names().owner(OwnerTag::of_box(of));
            let Some(mut numbers) = by_owner.remove(&names.prefix()) else { continue };
            // Several starts may have met a torn end before one has seen to it.
            while let Some(last) = numbers.first().map(|first| first.last_of_incarnation()) {
                let later = numbers.split_off(&Number(last.0.saturating_add(1)));
                let named = self.named(&names, &numbers, last)?;
                let first = named.highest.or(numbers.first().copied()).map_or(0, |Number(first)| first + 1);
                let after = NumberRange { first: Number(first), last };
                let torn = numbers.difference(&named.kept).copied().map(NumberRange::one);
                self.leave_behind(of, torn.chain([after]).collect())?;
                numbers = later;
            }
        }
        Ok(())
    }

    /// Goes over the rows of an owner. They are not opened: their keys are at the vaults.
    fn named(
        &self,
        names: &OwnerNames,
        numbers: &BTreeSet<Number>,
        until: Number,
    ) -> Result<Named, StoreError> {
        let mut named = Named { kept: BTreeSet::new(), highest: None };
        let view = self.engine().view()?;
        let (mut from, to) = (names.prefix().to_vec(), past(names.prefix().to_vec()));
        loop {
            let scan = Scan { from: &from, to: &to, skip: 0, limit: SWEEP_ROWS_MAX, order: Order::Ascending };
            let rows = view.range(&scan)?;
            let Some((last, _)) = rows.last() else { return Ok(named) };
            from = [last.as_bytes(), &[0]].concat();
            for (_, at_rest) in rows {
                let Some(Header::Record(version)) = Header::of(&at_rest) else { continue };
                if numbers.contains(&version.number) {
                    named.kept.insert(version.number);
                }
                if version.number <= until {
                    named.highest = named.highest.max(Some(version.number));
                }
            }
        }
    }

    /// Makes numbers of a box pending, beside those that are.
    fn leave_behind(&self, of: BoxId, ranges: Vec<NumberRange>) -> Result<(), StoreError> {
        if ranges.is_empty() {
            return Ok(());
        }
        let there = self.pending(of, usize::MAX)?;
        // A row that begins where another one does takes its place, so it must not be shorter.
        let all: Vec<NumberRange> = there.iter().copied().chain(ranges).collect();
        let fresh = NumberRange::joined(&all).into_iter().filter(|range| !there.contains(range));
        let fresh: Vec<NumberRange> = fresh.collect();
        let ran = self.write(|tx| {
            fresh.iter().for_each(|range| tx.write_pending(of, *range));
            Ok::<_, StoreError>(())
        });
        ran.result
    }
}
