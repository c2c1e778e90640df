//! The transaction: what every rule of the domain works on.
//!
//! `&Tx` reads, `&mut Tx` writes. Writes gather in the transaction and reach the engine together when the function
//! ends well; when it fails they are dropped, so a failed function leaves nothing behind. A function may be run again
//! on a fresh `Tx`, so it keeps no state of its own.

use std::ops::{Bound, RangeBounds};

use ids::{BoxId, Pts, UnixTime};
use sealed::{AtRest, RowKey};

use crate::engine::{Batch, Commit, Order, Row, Scan, Session, View};
use crate::outbox::{self, OutboxRow};
use crate::suffix::SuffixWriter;
use crate::table::{Class, Ordered, Owner, OwnerKind, Table, TableInfo};
use crate::{Corrupt, Door, Fault, Page, Record, StoreError, Suffix, overlay};

/// A box whose event counter this transaction moved: what push and the box's sessions hear of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touched {
    /// The box.
    pub of: BoxId,
    /// Where its counter stood before the transaction. What lies between is the caller's own doing; what a session
    /// has not seen up to here is pushed before the caller's answer.
    pub before: Pts,
    /// Where its counter stands after the commit.
    pub head: Pts,
}

/// Which rows of a range, counted from which end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    order: Order,
    skip: usize,
    limit: usize,
}

impl Window {
    /// The first `limit` rows, smallest key first.
    pub const fn first(limit: usize) -> Self {
        Self { order: Order::Ascending, skip: 0, limit }
    }

    /// The last `limit` rows, greatest key first.
    pub const fn last(limit: usize) -> Self {
        Self { order: Order::Descending, skip: 0, limit }
    }

    /// The same, after passing over `skip` rows.
    #[must_use]
    pub const fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }
}

/// A transaction.
pub struct Tx<'a> {
    base: Base<'a>,
    door: Door,
    writes: Batch,
    entered: Vec<Owner>,
    touched: Vec<Touched>,
}

enum Base<'a> {
    View(Box<dyn View + 'a>),
    Session(Box<dyn Session + 'a>),
}

/// Reading.
impl Tx<'_> {
    /// The row of `owner` under `suffix`.
    ///
    /// # Errors
    /// When the engine fails, or the row is there but does not decode.
    pub fn get<O: OwnerKind, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
    ) -> Result<Option<V>, StoreError> {
        let key = self.key(table.info, owner.owner(), suffix);
        match overlay::get(self.view(), &self.writes, &key)? {
            Some(stored) => self.open(table.info, &key, stored).map(Some),
            None => Ok(None),
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
        let keys: Vec<_> =
            suffixes.iter().map(|suffix| self.key(table.info, owner.owner(), suffix)).collect();
        let values = overlay::multi_get(self.view(), &self.writes, &keys)?;
        let rows = keys.iter().zip(values);
        rows.map(|(key, value)| value.map(|stored| self.open(table.info, key, stored)).transpose()).collect()
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
        let owner = owner.owner();
        let from = match span.start_bound() {
            Bound::Included(suffix) => self.key(table.info, owner, suffix).into_bytes(),
            Bound::Excluded(suffix) => after(self.key(table.info, owner, suffix).into_bytes()),
            Bound::Unbounded => self.prefix(table.info, owner),
        };
        let to = match span.end_bound() {
            Bound::Included(suffix) => after(self.key(table.info, owner, suffix).into_bytes()),
            Bound::Excluded(suffix) => self.key(table.info, owner, suffix).into_bytes(),
            Bound::Unbounded => past(self.prefix(table.info, owner)),
        };
        let Window { order, skip, limit } = window;
        if limit == 0 {
            return Ok(Vec::new());
        }
        let scan = Scan { from: &from, to: &to, skip, limit, order };
        let prefix_bytes = self.prefix(table.info, owner).len();
        let rows = overlay::range(self.view(), &self.writes, &scan)?;
        rows.into_iter().map(|row| self.row::<S, V>(table.info, prefix_bytes, row)).collect()
    }

    /// The row of `owner` with the greatest suffix. Its own operation, since it is asked before each write to a
    /// log and an engine can remember the answer.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn last<O: Ordered, S: Suffix, V: Record>(
        &self,
        table: &Table<O, S, V>,
        owner: O,
    ) -> Result<Option<(S::Clear, V)>, StoreError> {
        self.range(table, owner, .., Window::last(1)).map(|mut rows| rows.pop())
    }

    /// The index page that a name belongs to.
    pub fn page(&self, name: &[u8]) -> Page {
        self.door.page(name)
    }
}

/// Writing.
impl Tx<'_> {
    /// Names the boxes that will be written, before the first write. Here the keys of a box are asked for once
    /// boxes have keys, and here an engine with locks takes them, in one order for everybody.
    pub fn enter(&mut self, boxes: &[BoxId]) {
        for owner in boxes.iter().map(|&id| Owner::Box(id)) {
            if !self.entered.contains(&owner) {
                self.entered.push(owner);
            }
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// [`StoreError::NotEntered`] for a row of a box that was not entered.
    pub fn put<O: OwnerKind, S: Suffix, V: Record>(
        &mut self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
        value: &V,
    ) -> Result<(), StoreError> {
        let key = self.writable(table.info, owner.owner(), suffix)?;
        let closed = self.door.close(&key, value.encode());
        self.writes.insert(key, Some(closed));
        Ok(())
    }

    /// Deletes a row, whether it is there or not.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn delete<O: OwnerKind, S: Suffix, V: Record>(
        &mut self,
        table: &Table<O, S, V>,
        owner: O,
        suffix: &S,
    ) -> Result<(), StoreError> {
        let key = self.writable(table.info, owner.owner(), suffix)?;
        self.writes.insert(key, None);
        Ok(())
    }

    /// Says that a box's counter stood at `before` and now stands at `head`: after the commit its sessions are
    /// brought up to it.
    pub fn touch(&mut self, of: BoxId, before: Pts, head: Pts) {
        match self.touched.iter_mut().find(|touched| touched.of == of) {
            Some(touched) => touched.head = head,
            None => self.touched.push(Touched { of, before, head }),
        }
    }

    /// Leaves work to be done at `due`, with this commit or not at all. The row refers to what it is about and
    /// holds nothing of it.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn enqueue(&mut self, due: UnixTime, row: &OutboxRow) -> Result<(), StoreError> {
        outbox::append(self, due, row)
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn reading(view: Box<dyn View + 'a>, door: Door) -> Self {
        Self::on(Base::View(view), door)
    }

    pub(crate) fn writing(session: Box<dyn Session + 'a>, door: Door) -> Self {
        Self::on(Base::Session(session), door)
    }

    fn on(base: Base<'a>, door: Door) -> Self {
        Self { base, door, writes: Batch::new(), entered: Vec::new(), touched: Vec::new() }
    }

    /// The newest commit that this transaction saw.
    pub(crate) fn seen(&self) -> Commit {
        self.view().commit()
    }

    /// Applies the writes, if there are any.
    pub(crate) fn finish(self) -> Result<(Commit, Vec<Touched>), StoreError> {
        let seen = self.seen();
        match self.base {
            Base::Session(session) if !self.writes.is_empty() => {
                let commit = session.apply(self.writes)?;
                Ok((commit, self.touched))
            }
            Base::Session(_) | Base::View(_) => Ok((seen, Vec::new())),
        }
    }

    fn view(&self) -> &dyn View {
        match &self.base {
            Base::View(view) => &**view,
            Base::Session(session) => &**session,
        }
    }

    fn prefix(&self, table: TableInfo, owner: Owner) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        self.door.prefix(owner, table.id, &mut out);
        out
    }

    fn key(&self, table: TableInfo, owner: Owner, suffix: &impl Suffix) -> RowKey {
        let mut out = self.prefix(table, owner);
        suffix.write(&mut SuffixWriter { door: self.door, out: &mut out });
        RowKey::read_back(out)
    }

    fn writable(&self, table: TableInfo, owner: Owner, suffix: &impl Suffix) -> Result<RowKey, StoreError> {
        if table.class == Class::Box && !self.entered.contains(&owner) {
            return Err(StoreError::NotEntered { table: table.name });
        }
        Ok(self.key(table, owner, suffix))
    }

    fn open<V: Record>(&self, table: TableInfo, key: &RowKey, stored: AtRest) -> Result<V, StoreError> {
        let opened = self.door.open(key, stored).and_then(|value| V::decode(&value));
        opened.map_err(|fault| Corrupt { table: table.name, fault }.into())
    }

    fn row<S: Suffix, V: Record>(
        &self,
        table: TableInfo,
        prefix_bytes: usize,
        (key, stored): Row,
    ) -> Result<(S::Clear, V), StoreError> {
        let value = self.open(table, &key, stored)?;
        let mut suffix = key.as_bytes().get(prefix_bytes..).unwrap_or_default();
        match S::read(&mut suffix) {
            Some(clear) if suffix.is_empty() => Ok((clear, value)),
            Some(_) | None => Err(Corrupt { table: table.name, fault: Fault::Key }.into()),
        }
    }
}

/// The first key after `key`.
fn after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

/// The first key that does not begin with `prefix`. A prefix ends in a table's number, which is never the greatest.
fn past(mut prefix: Vec<u8>) -> Vec<u8> {
    while let Some(last) = prefix.pop() {
        if last < u8::MAX {
            prefix.push(last + 1);
            break;
        }
    }
    prefix
}
