//! What a repair can do without the keys that open a box (docs/keys.md 6.3): rows go whose leaves are cut out, which X alone
//! says, and the numbers of a lost time are left behind, which nothing but the rows say. Counts stay for the owner's unlock.
//!
//! Here a number counts though its row was not opened: a row that names a number which it does not have spares more than it
//! should, never less, and the repair that opens rows comes later.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ids::BoxId;
use sealed::{
    AtRest, Header, LeafError, Life, Missing, Need, Number, NumberRange, OpenError, OwnerTag, PageId, RowKey,
    State,
};

use super::Tx;
use super::row::Before;
use crate::repair::REPAIRED;
use crate::{Corrupt, Fault, StoreError, state};

/// One step over the rows of a box that is not opened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pruned {
    /// Rows that were dropped.
    pub dropped: usize,
    /// The highest number below the frontier that a row names.
    pub highest: Option<Number>,
    /// Where the next step begins; nothing when the box is through.
    pub next: Option<RowKey>,
}

/// Pages that were read, as the leaves that are alive on them.
type Living = BTreeMap<PageId, Vec<NumberRange>>;

impl Tx<'_> {
    /// Drops, among the next `limit` rows of a box, those whose leaves are cut out, and after the last step leaves all numbers
    /// between the highest one that a row names and `below` behind. If a row goes, the box is to be repaired again
    /// before anybody reads it: counts were made with it.
    ///
    /// # Errors
    /// When the engine fails, a page is not what was sealed, or the state is of an epoch that is over
    /// ([`StoreError::NeedKeys`]).
    pub(crate) fn prune(
        &mut self,
        of: BoxId,
        state: &State,
        below: Number,
        before: &Pruned,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        let names = self.door.names().owner(OwnerTag::of_box(of));
        let from = before.next.as_ref().map(RowKey::as_bytes);
        let mut rows = self.all_rows(&names, from, limit.saturating_add(1))?;
        let next = if rows.len() > limit { rows.pop().map(|(key, _)| key) } else { None };
        let mut pruned = Pruned { dropped: 0, highest: before.highest, next };
        let mut living = Living::new();
        for (key, at_rest) in rows {
            if self.is_cut_out(of, state, &mut living, &at_rest)? {
                pruned.dropped += 1;
                self.known.borrow_mut().insert(&key, Before::Nothing);
                self.writes.insert(key, None);
            } else if let Some(Header::Record(version)) = Header::of(&at_rest)
                && version.number < below
            {
                pruned.highest = pruned.highest.max(Some(version.number));
            }
        }
        if pruned.dropped > 0 {
            self.unrepair(of, names.row(REPAIRED.info.id, &[]))?;
        }
        if pruned.next.is_none() {
            self.cut_between(of, pruned.highest, below, Vec::new());
        }
        Ok(pruned)
    }

    /// The row that says that a box is repaired goes, and its number with it.
    fn unrepair(&mut self, of: BoxId, row: RowKey) -> Result<(), StoreError> {
        self.door.repairs().reopen(of);
        let at_rest = match self.writes.get(&row) {
            Some(_) => return Ok(()),
            None => self.view().get(&row)?,
        };
        if let Some(Header::Record(version)) = at_rest.as_ref().and_then(Header::of) {
            self.write_pending(of, NumberRange::one(version.number));
        }
        self.known.borrow_mut().insert(&row, Before::Nothing);
        self.writes.insert(row, None);
        Ok(())
    }

    fn is_cut_out(
        &self,
        of: BoxId,
        state: &State,
        living: &mut Living,
        at_rest: &AtRest,
    ) -> Result<bool, StoreError> {
        let number = match Header::of(at_rest) {
            Some(Header::Record(version)) => version.number,
            Some(Header::Short(number)) => return self.is_short_cut_out(number),
            Some(Header::Device | Header::Day(_) | Header::System | Header::State) | None => {
                return Ok(false);
            }
        };
        let page = match state.life(number) {
            Life::Alive => return Ok(false),
            Life::Dead => return Ok(true),
            Life::OnPage(page) => page,
        };
        let ranges = match living.entry(page) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                // A tick may have gone on since the state was brought.
                let moved_on = || self.lacks(Missing::Key(Need::Box(of)));
                let at_rest = self.view().get(&state.page_row(page))?.ok_or_else(moved_on)?;
                let corrupt = |_| Corrupt { table: state::PAGES.name, fault: Fault::Forged };
                place.insert(state.living(page, &at_rest).map_err(corrupt)?)
            }
        };
        let after = ranges.partition_point(|range| range.first <= number);
        let range = after.checked_sub(1).and_then(|at| ranges.get(at));
        Ok(range.is_none_or(|range| range.last < number))
    }

    fn is_short_cut_out(&self, number: Number) -> Result<bool, StoreError> {
        let tree = self.box_keys(OwnerTag::SHORT_LIVED)?;
        self.with_pages(state::PAGES.name, &tree, || match tree.reach(number) {
            Ok(()) => Ok(false),
            Err(LeafError::Dead) => Ok(true),
            Err(error) => Err(OpenError::Leaf(error)),
        })
    }
}
