//! Reading typed rows. A row that lies under keys which are not in memory is a need, never a missing row.

use std::ops::{Bound, RangeBounds};

use sealed::{AtRest, OwnerNames, OwnerTag};

use super::keys::Place;
use super::{Tx, Window, after};
use crate::engine::{Row, Scan, past};
use crate::table::{Ordered, Owner, OwnerKind, Table, TableInfo};
use crate::{Corrupt, Fault, Mark, Page, Record, StoreError, Suffix, overlay};

impl Tx<'_> {
    /// The row of `owner` under `suffix`.
    ///
    /// # Errors
    /// When the engine fails, keys are needed, or the row is there but does not open or decode.
    pub fn get<O: OwnerKind, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
    ) -> Result<Option<V>, StoreError> {
        let place = self.place(table.info.id, owner.owner(), suffix)?;
        match overlay::get(self.view(), &self.writes, &place.key)? {
            Some(at_rest) => self.open(table.info, &place, &at_rest),
            None => {
                self.note_absent(&place.key);
                Ok(None)
            }
        }
    }

    /// Many rows of one owner, in the order asked; in one trip where the engine is far away.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn multi_get<O: OwnerKind, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        suffixes: &[S],
    ) -> Result<Vec<Option<V>>, StoreError> {
        let places = suffixes.iter().map(|suffix| self.place(table.info.id, owner.owner(), suffix));
        let (tags, keys): (Vec<_>, Vec<_>) =
            places.map(|place| place.map(|Place { tag, key }| (tag, key))).collect::<Result<_, _>>()?;
        let values = overlay::multi_get(self.view(), &self.writes, &keys)?;
        let rows = tags.into_iter().zip(keys).zip(values);
        rows.map(|((tag, key), value)| match value {
            Some(at_rest) => self.open(table.info, &Place { tag, key }, &at_rest),
            None => {
                self.note_absent(&key);
                Ok(None)
            }
        })
        .collect()
    }

    /// The rows of `owner` whose suffix lies in `span`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn range<O: Ordered, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        span: impl RangeBounds<S>,
        window: Window,
    ) -> Result<Vec<(S::Clear, V)>, StoreError> {
        let mut found = Vec::new();
        for row in self.rows(table, owner, span, window)? {
            found.extend(self.row::<S, V>(table.info, owner.owner(), row)?);
        }
        Ok(found)
    }

    /// The row of `owner` with the greatest suffix.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn last<O: Ordered, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
    ) -> Result<Option<(S::Clear, V)>, StoreError> {
        let all = self.names(tag_of(owner.owner()))?.row(table.info.id, &[]);
        match overlay::last(self.view(), &self.writes, &all)? {
            Some(row) => self.row::<S, V>(table.info, owner.owner(), row),
            None => Ok(None),
        }
    }

    /// As [`range`](Self::range), with the mark of each row.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn range_marked<O: Ordered, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        span: impl RangeBounds<S>,
        window: Window,
    ) -> Result<Vec<(S::Clear, V, Mark)>, StoreError> {
        let mut found = Vec::new();
        for row in self.rows(table, owner, span, window)? {
            let mark = Mark::of(self.door.names(), &row.0, &row.1);
            found
                .extend(self.row::<S, V>(table.info, owner.owner(), row)?.map(|(key, row)| (key, row, mark)));
        }
        Ok(found)
    }

    /// The mark of a row as it is now; that of a row which is not there is zero.
    ///
    /// # Errors
    /// When the engine fails or keys are needed.
    pub fn mark<O: OwnerKind, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
    ) -> Result<Mark, StoreError> {
        let place = self.place(table.info.id, owner.owner(), suffix)?;
        let mark = |at_rest: &AtRest| Mark::of(self.door.names(), &place.key, at_rest);
        let at_rest = match self.writes.get(&place.key) {
            Some(written) => return Ok(written.as_ref().map_or(Mark::ZERO, mark)),
            None => self.view().get(&place.key)?,
        };
        Ok(at_rest.as_ref().map_or(Mark::ZERO, mark))
    }

    /// The index page that a name belongs to.
    pub fn page(&self, name: &[u8]) -> Page {
        Page(self.door.names().page(name).page)
    }

    fn rows<O: Ordered, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        span: impl RangeBounds<S>,
        window: Window,
    ) -> Result<Vec<Row>, StoreError> {
        let Window { order, skip, limit } = window;
        let names = self.names(tag_of(owner.owner()))?;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let row = |suffix: &S| names.row(table.info.id, self.suffix(&names, suffix).as_slice());
        let all = names.row(table.info.id, &[]).into_bytes();
        let from = match span.start_bound() {
            Bound::Included(suffix) => row(suffix).into_bytes(),
            Bound::Excluded(suffix) => after(row(suffix)),
            Bound::Unbounded => all.clone(),
        };
        let to = match span.end_bound() {
            Bound::Included(suffix) => after(row(suffix)),
            Bound::Excluded(suffix) => row(suffix).into_bytes(),
            Bound::Unbounded => past(all),
        };
        let scan = Scan { from: &from, to: &to, skip, limit, order };
        Ok(overlay::range(self.view(), &self.writes, &scan)?)
    }

    fn row<S: Suffix, V: Record>(
        &self,
        table: TableInfo,
        owner: Owner,
        (key, at_rest): Row,
    ) -> Result<Option<(S::Clear, V)>, StoreError> {
        let place = Place { tag: tag_of(owner), key };
        let Some(value) = self.open(table, &place, &at_rest)? else { return Ok(None) };
        let mut suffix = place.key.suffix();
        match S::read(&mut suffix) {
            Some(clear) if suffix.is_empty() => Ok(Some((clear, value))),
            Some(_) | None => Err(Corrupt { table: table.name, fault: Fault::Key }.into()),
        }
    }

    /// All rows of an owner, whatever their table, from a key on.
    pub(super) fn all_rows(
        &self,
        names: &OwnerNames,
        from: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let prefix = names.prefix().to_vec();
        let from = from.map_or_else(|| prefix.clone(), <[u8]>::to_vec);
        let to = past(prefix);
        let scan = Scan { from: &from, to: &to, skip: 0, limit, order: crate::Order::Ascending };
        Ok(overlay::range(self.view(), &self.writes, &scan)?)
    }
}

/// The tag of an owner whose rows have an order, which those of the directory have not.
fn tag_of(owner: Owner) -> OwnerTag {
    match owner {
        Owner::Box(id) => OwnerTag::of_box(id),
        Owner::Device(id) => OwnerTag::Device(id),
        Owner::Directory | Owner::System => OwnerTag::System,
    }
}
