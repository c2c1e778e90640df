//! What the shred tick, a restore and the move of survivors do with a store: erasure states, pending punctures, and the
//! list of boxes that have some. Nothing here needs a box's C; sheets and pages come and go sealed.
//! Source: docs/keys.md 5, 5.1, 5.2.

use ids::BoxId;
use sealed::{AtRest, Number, NumberRange, OwnerNames, OwnerTag, PageId, RowKey, table};

use crate::engine::past;
use crate::tx::Swept;
use crate::{
    Batch, Class, Commit, Corrupt, Deletion, EngineError, Fault, Order, Scan, Store, StoreError, TableInfo,
    Versions, View,
};

/// The format's own tables, which are written in bytes and not as typed rows (P47).
pub const TABLES: &[TableInfo] = &[SHEETS, PAGES, PENDING, DIRTY];

const SHEETS: TableInfo = own(table::SHEET, "SHEETS", Class::Box, Deletion::WithOwner);
pub(crate) const PAGES: TableInfo = own(table::PAGE, "PAGES", Class::Box, Deletion::WithOwner);
const PENDING: TableInfo = own(table::PENDING, "PENDING", Class::Box, Deletion::WithOwner);
const DIRTY: TableInfo = own(table::DIRTY, "DIRTY", Class::System, Deletion::WhenDone);

const fn own(id: u16, name: &'static str, class: Class, deletion: Deletion) -> TableInfo {
    TableInfo { id, name, class, deletion, versions: Versions::Static }
}

/// All numbers there are.
const ALL: NumberRange = NumberRange { first: Number(0), last: Number(u64::MAX) };

/// Pending rows removed in one transaction.
const SETTLE_ROWS: usize = 10_000;

/// Some of the boxes that a tick looks after.
pub struct Dirty {
    /// Them.
    pub boxes: Vec<BoxId>,
    /// Rows passed over that do not say which box they mean.
    pub corrupt: usize,
    /// Where the next step begins; nothing when there are no more.
    pub next: Option<RowKey>,
}

/// A row of the list, and the box that it names.
type DirtyRow = (RowKey, Result<BoxId, StoreError>);

impl Store {
    /// The sheet of an epoch of a box.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn sheet(&self, of: BoxId, epoch: u32) -> Result<Option<AtRest>, StoreError> {
        Ok(self.engine().view()?.get(&sheet_row(&self.names_of(of), epoch))?)
    }

    /// A page of a box's erasure state.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn page(&self, of: BoxId, page: PageId) -> Result<Option<AtRest>, StoreError> {
        Ok(self.engine().view()?.get(&page_row(&self.names_of(of), page))?)
    }

    /// Writes a sheet and pages beside what is there. They count once the commit is durable.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn write_state(
        &self,
        of: BoxId,
        epoch: u32,
        sheet: &AtRest,
        pages: &[(PageId, AtRest)],
    ) -> Result<Commit, StoreError> {
        let names = self.names_of(of);
        self.change(|_, batch| {
            batch.insert(sheet_row(&names, epoch), Some(sheet.clone()));
            batch
                .extend(pages.iter().map(|(page, at_rest)| (page_row(&names, *page), Some(at_rest.clone()))));
            Ok(())
        })
    }

    /// The numbers of a box that are to be cut out, lowest first, of at most `limit` rows.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub fn pending(&self, of: BoxId, limit: usize) -> Result<Vec<NumberRange>, StoreError> {
        let rows = self.pending_rows(&*self.engine().view()?, of, ALL, limit)?;
        Ok(rows.into_iter().map(|(_, range)| range).collect())
    }

    /// Boxes that have numbers to be cut out, or vaults that have not heard of the last cut, in no order, at most `limit`.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub fn dirty(&self, limit: usize) -> Result<Vec<BoxId>, StoreError> {
        self.dirty_rows(None, limit)?.into_iter().map(|(_, of)| of).collect()
    }

    /// As [`dirty`](Self::dirty), for whoever goes over all of them, whatever becomes of some: begins where the step before
    /// ended, and passes over rows that are corrupt.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn dirty_from(&self, from: Option<RowKey>, limit: usize) -> Result<Dirty, StoreError> {
        let mut rows = self.dirty_rows(from, limit.saturating_add(1))?;
        let next = if rows.len() > limit { rows.pop().map(|(key, _)| key) } else { None };
        let all = rows.len();
        let boxes: Vec<BoxId> = rows.into_iter().filter_map(|(_, of)| of.ok()).collect();
        Ok(Dirty { corrupt: all - boxes.len(), boxes, next })
    }

    fn dirty_rows(&self, from: Option<RowKey>, limit: usize) -> Result<Vec<DirtyRow>, StoreError> {
        let all = self.door().system_names().row(table::DIRTY, &[]).into_bytes();
        let to = past(all.clone());
        let from = from.map_or(all, RowKey::into_bytes);
        let scan = Scan { from: &from, to: &to, skip: 0, limit, order: Order::Ascending };
        let rows = self.engine().view()?.range(&scan)?.into_iter();
        let of = |key: &RowKey, at_rest: &AtRest| {
            self.number(DIRTY, key, at_rest).map(|of| BoxId(of.cast_signed()))
        };
        Ok(rows
            .map(|(key, at_rest)| {
                let of = of(&key, &at_rest);
                (key, of)
            })
            .collect())
    }

    /// Ends a tick whose receipts are there: what was cut is not pending any more, every sheet but that of `epoch` goes, and
    /// every page but `pages`, also those of ticks that were taken back. Answers the last commit of possibly several.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub fn settle(
        &self,
        of: BoxId,
        cut: &[NumberRange],
        epoch: u32,
        pages: &[PageId],
    ) -> Result<Commit, StoreError> {
        self.unpend(of, cut)?;
        let names = self.names_of(of);
        let mut stay: Vec<RowKey> = pages.iter().map(|page| page_row(&names, *page)).collect();
        stay.push(sheet_row(&names, epoch));
        self.change(|view, batch| {
            for table in [table::SHEET, table::PAGE] {
                let from = names.row(table, &[]).into_bytes();
                let to = past(from.clone());
                let scan = Scan { from: &from, to: &to, skip: 0, limit: usize::MAX, order: Order::Ascending };
                let rows = view.range(&scan)?.into_iter().map(|(key, _)| key);
                batch.extend(rows.filter(|key| !stay.contains(key)).map(|key| (key, None)));
            }
            Ok(())
        })
    }

    /// Removes the pending rows whose numbers are all among those cut.
    fn unpend(&self, of: BoxId, cut: &[NumberRange]) -> Result<(), StoreError> {
        for range in NumberRange::joined(cut) {
            loop {
                let mut removed = 0;
                self.change(|view, batch| {
                    let rows = self.pending_rows(view, of, range, SETTLE_ROWS)?;
                    removed = rows.len();
                    let inside = rows.into_iter().filter(|(_, pending)| pending.last <= range.last);
                    batch.extend(inside.map(|(key, _)| (key, None)));
                    Ok(())
                })?;
                if removed < SETTLE_ROWS {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Puts a box on the list of [`dirty`](Self::dirty) ones: vaults that were away have to hear of its epoch.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn soil(&self, of: BoxId) -> Result<(), StoreError> {
        let written = self.write(|tx| {
            tx.write_dirty(of);
            Ok(())
        });
        written.result
    }

    /// Takes a box off the list of [`dirty`](Self::dirty) ones, unless it has numbers to be cut out again. Whether it is off.
    ///
    /// # Errors
    /// When the engine fails or a row is corrupt.
    pub fn clean(&self, of: BoxId) -> Result<bool, StoreError> {
        let mut off = false;
        self.change(|view, batch| {
            off = self.pending_rows(view, of, ALL, 1)?.is_empty();
            if off {
                let names = self.door().system_names();
                batch.insert(names.row(table::DIRTY, &names.mask(of.0.cast_unsigned())), None);
            }
            Ok(())
        })?;
        Ok(off)
    }

    /// Moves rows of a box that are numbered below `below` to fresh numbers, at most `limit` rows at a time; `from` is
    /// where the step before ended. After the last step all numbers below are pending.
    ///
    /// # Errors
    /// When the engine fails, the box is not in memory or a row does not open. [`StoreError::NotOwn`] for the short-lived
    /// tree: rows under its numbers lie in other boxes, would not be found and would all die.
    pub fn move_survivors(
        &self,
        of: BoxId,
        below: Number,
        from: Option<RowKey>,
        limit: usize,
    ) -> Result<Swept, StoreError> {
        if of == OwnerTag::SHORT_LIVED {
            return Err(StoreError::NotOwn);
        }
        self.write(|tx| {
            tx.enter(&[of])?;
            tx.move_survivors(of, below, from.clone(), limit)
        })
        .result
    }

    fn names_of(&self, of: BoxId) -> OwnerNames {
        self.door().names().owner(OwnerTag::of_box(of))
    }

    /// The pending rows of a box that begin in a range.
    fn pending_rows(
        &self,
        view: &dyn View,
        of: BoxId,
        within: NumberRange,
        limit: usize,
    ) -> Result<Vec<(RowKey, NumberRange)>, StoreError> {
        let names = self.names_of(of);
        let from = names.row(table::PENDING, &within.first.0.to_be_bytes()).into_bytes();
        let mut to = names.row(table::PENDING, &within.last.0.to_be_bytes()).into_bytes();
        to.push(0);
        let scan = Scan { from: &from, to: &to, skip: 0, limit, order: Order::Ascending };
        let rows = view.range(&scan)?.into_iter();
        rows.map(|(key, at_rest)| {
            let last = Number(self.number(PENDING, &key, &at_rest)?);
            let first = key.suffix().try_into().map(|first| Number(u64::from_be_bytes(first)));
            let first = first.map_err(|_| Corrupt { table: PENDING.name, fault: Fault::Key })?;
            Ok((key, NumberRange { first, last }))
        })
        .collect()
    }

    /// The number in a row that says version 1 and a number.
    fn number(&self, table: TableInfo, key: &RowKey, at_rest: &AtRest) -> Result<u64, StoreError> {
        let corrupt = |fault| StoreError::Corrupt(Corrupt { table: table.name, fault });
        let plain = self.door().system().open(key, at_rest).map_err(|_| corrupt(Fault::Forged))?;
        match plain.expose().split_first() {
            Some((1, number)) => {
                number.try_into().map(u64::from_be_bytes).map_err(|_| corrupt(Fault::Number))
            }
            Some(_) | None => Err(corrupt(Fault::Version)),
        }
    }

    /// Changes rows in one transaction that stands on what it reads; nothing is committed when nothing is written.
    fn change(
        &self,
        mut write: impl FnMut(&dyn View, &mut Batch) -> Result<(), StoreError>,
    ) -> Result<Commit, StoreError> {
        let mut reruns = 0;
        loop {
            let session = self.engine().session()?;
            let mut batch = Batch::new();
            write(&*session, &mut batch)?;
            if batch.is_empty() {
                return Ok(session.commit());
            }
            match session.apply(batch) {
                Err(EngineError::Conflict) if reruns < ids::limits::CONFLICT_RERUNS_MAX => reruns += 1,
                applied => return Ok(applied?),
            }
        }
    }
}

fn sheet_row(names: &OwnerNames, epoch: u32) -> RowKey {
    names.row(table::SHEET, &epoch.to_be_bytes())
}

fn page_row(names: &OwnerNames, page: PageId) -> RowKey {
    names.row(table::PAGE, &page.to_bytes())
}
