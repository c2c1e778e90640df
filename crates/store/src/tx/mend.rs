//! Work on all rows of a box, whatever their tables: dropping those whose numbers are dead, and moving survivors to fresh
//! numbers. Both go in steps, so that a box of any size needs no transaction of that size.

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

/// One step over the rows of a box.
pub struct Swept {
    /// Rows that were dropped, or moved.
    pub rows: usize,
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

    /// Drops, among the next `limit` rows of a box, those whose numbers are dead, and what is left of earlier epochs.
    ///
    /// # Errors
    /// When the engine fails or keys are needed.
    pub fn sweep(&mut self, of: BoxId, from: Option<RowKey>, limit: usize) -> Result<Swept, StoreError> {
        let keys = self.box_keys(of)?;
        let state = keys.state().map_err(|error| self.refused(state::PAGES.name, of, error.into()))?;
        let (epoch, pages) = (state.epoch(), state.pages());
        let (rows, next) = self.stretch(&keys, from, limit)?;
        let mut dropped = 0;
        for (key, at_rest) in rows {
            if self.is_dead(&keys, &key, &at_rest)? || is_left_over(epoch, &pages, &key) {
                dropped += 1;
                self.known.borrow_mut().insert(key.clone(), Before::Nothing);
                self.writes.insert(key, None);
            }
        }
        Ok(Swept { rows: dropped, next })
    }

    /// Moves, among the next `limit` rows of a box, those numbered below `below` to fresh numbers. After the last step
    /// everything below is pending at once. Marks stay as they are, since nonces do.
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
        const TABLE: &str = "a box's rows";
        let keys = self.box_keys(of)?;
        let (rows, next) = self.stretch(&keys, from, limit)?;
        let mut moved = 0;
        for (key, at_rest) in rows {
            let (Some(Header::Record(version)), Some(nonce)) = (Header::of(&at_rest), at_rest.nonce()) else {
                continue;
            };
            if version.number >= below {
                continue;
            }
            let plain = self.with_pages(TABLE, &keys, || keys.open(&key, &at_rest))?;
            let number = self.with_pages(TABLE, &keys, || keys.next_number().map_err(OpenError::Leaf))?;
            let fresh = Version::first(number);
            let sealed = keys.seal(&key, fresh, plain.expose(), &mut SameNonce(nonce));
            let sealed = sealed.map_err(|error| self.refused(TABLE, of, error.into()))?;
            self.known
                .borrow_mut()
                .insert(key.clone(), Before::Numbered { version: fresh, short: false, own: true });
            self.writes.insert(key, Some(sealed));
            moved += 1;
        }
        if let (None, Some(all)) = (&next, NumberRange::below(below)) {
            self.write_pending(of, all);
        }
        Ok(Swept { rows: moved, next })
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
        self.with_pages("a box's rows", &tree, || match tree.record_key(number, key) {
            Ok(_) => Ok(false),
            Err(LeafError::Dead) => Ok(true),
            Err(error) => Err(error.into()),
        })
    }
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
