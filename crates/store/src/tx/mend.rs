//! Work on all rows of a box, whatever their tables: dropping those whose numbers are dead, cutting out what a lost timeline
//! issued, and moving survivors to fresh numbers. It goes in steps, so that a box of any size needs no transaction of that size.

use ids::BoxId;
use sealed::{
    AtRest, BoxKeys, Header, LeafError, Number, NumberRange, OpenError, OwnerTag, PageId, RowKey, Version,
    table,
};

use super::Tx;
use super::row::Before;
use crate::engine::Row;
use crate::repair::{REPAIRED, RepairRow};
use crate::{StoreError, state};

/// What errors call the rows of a box, whatever their tables.
const ROWS: &str = "a box's rows";

/// One step over the rows of a box.
pub struct Swept {
    /// Rows that were dropped by a sweep, or moved by a move.
    pub rows: usize,
    /// The highest number of a row that opens; only a sweep looks for it.
    pub highest: Option<Number>,
    /// Rows that a sweep left as they are, since they do not open.
    pub stuck: usize,
    /// The numbers that such rows name, which are not to be cut out: the bytes may come back from somewhere else.
    pub spared: Vec<Number>,
    /// Where the next step begins; nothing when the box is through.
    pub next: Option<RowKey>,
}

impl Tx<'_> {
    /// Enters a box to repair it: here it is read though its repair is not done.
    ///
    /// # Errors
    /// [`StoreError::NeedKeys`] unless its keys are in memory.
    pub fn enter_for_repair(&mut self, of: BoxId) -> Result<(), StoreError> {
        self.mending.push(of);
        self.enter(&[of])
    }

    /// Whether a box, which was entered for it, needs repair.
    ///
    /// # Errors
    /// When the engine fails or the row that says so is corrupt.
    pub fn needs_repair(&self, of: BoxId) -> Result<bool, StoreError> {
        let repairs = self.door.repairs();
        let generation = repairs.generation();
        if repairs.is_reopened(of) {
            return Ok(true);
        }
        if generation == 0 || repairs.is_done(of) {
            return Ok(false);
        }
        Ok(self.get(&REPAIRED, of, &())?.is_none_or(|row| row.generation < generation))
    }

    /// Notes that a box is repaired. The next tick looks after it: vaults that lacked its last commit may stand in no list
    /// any more.
    ///
    /// # Errors
    /// When the engine fails or the row that says so is corrupt.
    pub fn repaired(&mut self, of: BoxId) -> Result<(), StoreError> {
        self.note_repaired(of)?;
        if self.door.repairs().generation() != 0 {
            self.write_dirty(of);
        }
        self.door.repairs().close(of);
        Ok(())
    }

    fn note_repaired(&mut self, of: BoxId) -> Result<(), StoreError> {
        match self.door.repairs().generation() {
            0 => Ok(()),
            generation => self.put(&REPAIRED, of, &(), &RepairRow { generation }),
        }
    }

    /// The number that a box issues next: all that it issued until now, in this timeline or one that is lost, lie below.
    ///
    /// # Errors
    /// When keys are needed or no number is left.
    pub fn frontier(&self, of: BoxId) -> Result<Number, StoreError> {
        // Within a transaction that executes alone, so that no number is issued and its row not yet there.
        let keys = self.box_keys(of)?;
        keys.next_up().map_err(|error| self.refused(ROWS, of, error.into()))
    }

    /// Drops, among the next `limit` rows of a box, those whose numbers are dead, and what is left of earlier epochs. A row
    /// that does not open stays as it is and is counted. `highest` is what the step before answered.
    ///
    /// # Errors
    /// When the engine fails or keys are needed.
    pub fn sweep(
        &mut self,
        of: BoxId,
        highest: Option<Number>,
        from: Option<RowKey>,
        limit: usize,
    ) -> Result<Swept, StoreError> {
        let keys = self.box_keys(of)?;
        let state = keys.state().map_err(|error| self.refused(state::PAGES.name, of, error.into()))?;
        let (epoch, pages) = (state.epoch(), state.pages());
        let (rows, next) = self.stretch(&keys, from, limit)?;
        let mut swept = Swept { rows: 0, highest, stuck: 0, spared: Vec::new(), next };
        for (key, at_rest) in rows {
            match self.sweep_row(&keys, &key, &at_rest, swept.highest, is_left_over(epoch, &pages, &key)) {
                Ok(Kept::Dropped) => {
                    swept.rows += 1;
                    self.known.borrow_mut().insert(&key, Before::Nothing);
                    self.writes.insert(key, None);
                }
                Ok(Kept::Highest(number)) => swept.highest = Some(number),
                Ok(Kept::Below) => {}
                Err(StoreError::Corrupt(_)) => {
                    swept.stuck += 1;
                    if let Some(Header::Record(version)) = Header::of(&at_rest) {
                        swept.spared.push(version.number);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(swept)
    }

    /// What becomes of a row in a sweep. A number counts only if the row opens: whoever can write to the disk may have put
    /// any other one into its place.
    fn sweep_row(
        &self,
        keys: &BoxKeys,
        key: &RowKey,
        at_rest: &AtRest,
        highest: Option<Number>,
        is_left_over: bool,
    ) -> Result<Kept, StoreError> {
        if is_left_over || self.is_dead(keys, key, at_rest)? {
            return Ok(Kept::Dropped);
        }
        let Some(Header::Record(version)) = Header::of(at_rest) else { return Ok(Kept::Below) };
        self.with_pages(ROWS, keys, || keys.open(key, at_rest))?;
        let is_higher = highest.is_none_or(|highest| version.number > highest);
        Ok(if is_higher { Kept::Highest(version.number) } else { Kept::Below })
    }

    /// Leaves the numbers of a box after `highest` and below `below` behind but those `spared`, though no row names them:
    /// the next tick cuts them out. Of the short-lived tree everything below `below`: its rows are in other boxes and were not
    /// looked at, and what does not last need not come back.
    pub fn cut_between(
        &mut self,
        of: BoxId,
        highest: Option<Number>,
        below: Number,
        mut spared: Vec<Number>,
    ) {
        if of == OwnerTag::SHORT_LIVED {
            return NumberRange::below(below).into_iter().for_each(|all| self.write_pending(of, all));
        }
        let mut first = highest.map_or(0, |Number(highest)| highest.saturating_add(1));
        spared.retain(|number| first <= number.0 && *number < below);
        spared.sort_unstable();
        spared.dedup();
        for Number(next) in spared.into_iter().chain([below]) {
            if let Some(last) = next.checked_sub(1).filter(|last| first <= *last) {
                self.write_pending(of, NumberRange { first: Number(first), last: Number(last) });
            }
            first = next.saturating_add(1);
        }
    }

    /// Moves, among the next `limit` rows of a box, those numbered below `below` to fresh numbers. After the last step
    /// everything below is pending at once.
    ///
    /// # Errors
    /// When the engine fails, keys are needed or a row does not open.
    pub(crate) fn move_survivors(
        &mut self,
        of: BoxId,
        below: Number,
        from: Option<RowKey>,
        limit: usize,
    ) -> Result<Swept, StoreError> {
        let keys = self.box_keys(of)?;
        let (rows, next) = self.stretch(&keys, from, limit)?;
        let mut moved = 0;
        for (key, at_rest) in rows {
            moved += usize::from(self.renumber(&keys, below, key, &at_rest)?);
        }
        if let (None, Some(all)) = (&next, NumberRange::below(below)) {
            self.write_pending(of, all);
        }
        Ok(Swept { rows: moved, highest: None, stuck: 0, spared: Vec::new(), next })
    }

    /// Moves a row to a fresh number if it has one below `below`; whether it had. Its mark stays as it is, since its nonce
    /// does.
    fn renumber(
        &mut self,
        keys: &BoxKeys,
        below: Number,
        key: RowKey,
        at_rest: &AtRest,
    ) -> Result<bool, StoreError> {
        let (Some(Header::Record(version)), Some(nonce)) = (Header::of(at_rest), at_rest.nonce()) else {
            return Ok(false);
        };
        if version.number >= below {
            return Ok(false);
        }
        let plain = self.with_pages(ROWS, keys, || keys.open(&key, at_rest))?;
        let number = self.with_pages(ROWS, keys, || keys.next_number().map_err(OpenError::Leaf))?;
        let fresh = Version::first(number);
        let sealed = keys.seal(&key, fresh, plain.expose(), &mut SameNonce(nonce));
        let sealed = sealed.map_err(|error| self.refused(ROWS, keys.id(), error.into()))?;
        let now = Before::Numbered { version: fresh, short: false, own: true };
        self.known.borrow_mut().insert(&key, now);
        self.writes.insert(key, Some(sealed));
        Ok(true)
    }

    /// Enters a box that has no rows yet.
    pub(super) fn enter_new(&mut self, of: BoxId) -> Result<(), StoreError> {
        self.enter_for_repair(of)?;
        self.note_repaired(of)
    }

    /// Whether a box is repaired as far as it must be, so that it can be read.
    pub(super) fn in_repair(&self, of: BoxId) -> Result<bool, StoreError> {
        if self.needs_repair(of)? {
            return Ok(false);
        }
        if self.door.repairs().generation() != 0 {
            self.door.repairs().note_done(of);
        }
        Ok(true)
    }

    /// The next `limit` rows of a box, and the key after them if there may be more.
    fn stretch(
        &self,
        keys: &BoxKeys,
        from: Option<RowKey>,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<RowKey>), StoreError> {
        let names = keys.names();
        let mut rows = self.all_rows(names, from.as_ref().map(RowKey::as_bytes), limit.saturating_add(1))?;
        let next = if rows.len() > limit { rows.pop().map(|(key, _)| key) } else { None };
        Ok((rows, next))
    }

    fn is_dead(&self, keys: &BoxKeys, key: &RowKey, at_rest: &AtRest) -> Result<bool, StoreError> {
        let (tree, number) = match Header::of(at_rest) {
            Some(Header::Record(version)) => (keys.clone(), version.number),
            Some(Header::Short(number)) => (self.box_keys(OwnerTag::SHORT_LIVED)?, number),
            Some(Header::Device | Header::Day(_) | Header::System | Header::State) | None => {
                return Ok(false);
            }
        };
        self.with_pages(ROWS, &tree, || match tree.record_key(number, key) {
            Ok(_) => Ok(false),
            Err(LeafError::Dead) => Ok(true),
            Err(error) => Err(error.into()),
        })
    }
}

/// What becomes of a row in a sweep.
enum Kept {
    /// It goes.
    Dropped,
    /// It opens, and no row before has as high a number.
    Highest(Number),
    /// It stays, and another row has a higher number, or it has none.
    Below,
}

/// Whether a row is a sheet or a page of an epoch that is over.
fn is_left_over(now: u32, pages: &[PageId], key: &RowKey) -> bool {
    match (key.table(), key.suffix()) {
        (Some(table::SHEET), suffix) => suffix.try_into().is_ok_and(|epoch| u32::from_be_bytes(epoch) < now),
        (Some(table::PAGE), suffix) => suffix.try_into().is_ok_and(|page| {
            let page = PageId::from_bytes(page);
            page.epoch <= now && !pages.contains(&page)
        }),
        (Some(_) | None, _) => false,
    }
}

/// A nonce that was drawn for the same plaintext under another key.
struct SameNonce([u8; 12]);

impl crypto::Rng for SameNonce {
    fn fill(&mut self, bytes: &mut [u8]) {
        for (to, from) in bytes.iter_mut().zip(self.0) {
            *to = from;
        }
    }
}
