//! What one request does to the rows: everything or nothing, and durable before it is over.
//!
//! Pages are opened as their rows are asked for. Those that changed are sealed under new keys into new pack files; the
//! table with the new keys then takes the place of the old one. Until then an error, a full disk or a panic leaves the
//! state before, in memory as on the disk. Source: docs/keys.md 6.1.

use std::{
    collections::BTreeSet,
    mem,
    ops::Bound::{Excluded, Unbounded},
};

use ids::limits;

use crate::{
    book::{self, Book, Pack, Packs},
    fault::{Fault, Part},
    page::{Entry, Plain, Rows, Value},
    row_key::RowKey,
    table::Head,
};
use zeroize::Zeroizing;

/// Pages that are open at a time. Requests go through the handles in order, so that few suffice.
const OPEN_PAGES_MAX: usize = 8;
/// A page that shrank below this takes the next one in.
const SMALL_PAGE_BYTES: usize = limits::VAULT_PAGE_BYTES_MAX / 4;

/// A request's view of the rows.
pub(crate) struct Work<'a> {
    book: &'a mut Book,
    /// The counters as they will be.
    pub(crate) head: Head,
    open: Vec<Open>,
    /// The page that was only read from last; it is gone when another is opened, since that may change it.
    read: Option<Read>,
    /// How often a page was asked for.
    asked: u64,
    /// Entries of the table before that are no longer in it.
    replaced: Vec<(RowKey, Entry)>,
    /// Borders whose entries are new.
    added: BTreeSet<RowKey>,
    /// The pack that is being filled; its number is `head.next_pack`.
    filling: Vec<u8>,
    filling_live: u64,
    /// Packs written.
    written: Vec<u64>,
    is_over: bool,
}

/// A page that is only read from: what lies from `first` up to `end`.
struct Read {
    first: RowKey,
    end: Option<RowKey>,
    rows: Plain,
}

/// A page in memory: what lies from `first` up to `end`, which is where the next one begins.
struct Open {
    first: RowKey,
    end: Option<RowKey>,
    rows: Rows,
    is_changed: bool,
    asked: u64,
}

impl<'a> Work<'a> {
    pub(crate) fn begin(book: &'a mut Book) -> Result<Work<'a>, Fault> {
        if book.is_unsure {
            return Err(Fault::Unsure);
        }
        Ok(Work {
            head: book.head.clone(),
            book,
            open: Vec::new(),
            read: None,
            asked: 0,
            replaced: Vec::new(),
            added: BTreeSet::new(),
            filling: Vec::new(),
            filling_live: 0,
            written: Vec::new(),
            is_over: false,
        })
    }

    /// The value of a row.
    pub(crate) fn value(&mut self, key: &RowKey) -> Result<Option<&Value>, Fault> {
        Ok(self.page(key)?.rows.value(key))
    }

    /// The value of a row that is only read. To find it among its neighbours costs a third of taking all of them out.
    pub(crate) fn peek(&mut self, key: &RowKey) -> Result<Option<Value>, Fault> {
        if let Some(page) = self.open.iter().find(|page| page.covers(key)) {
            return Ok(page.rows.value(key).cloned());
        }
        if !self.read.as_ref().is_some_and(|read| read.first <= *key && read.end.is_none_or(|end| *key < end))
        {
            self.read = self.read(key)?;
        }
        let value = self.read.as_ref().and_then(|read| read.rows.value(key));
        Ok(value.map(|value| Value::new(value.to_vec())))
    }

    /// The page that a key belongs into, for reading; nothing if there is none yet.
    fn read(&mut self, key: &RowKey) -> Result<Option<Read>, Fault> {
        let Some((first, entry)) = self.book.pages.range(..=key).next_back() else { return Ok(None) };
        let end = self.book.pages.range((Excluded(*first), Unbounded)).next().map(|(end, _)| *end);
        let sealed = if entry.pack == self.head.next_pack {
            self.sealed_filling(entry)?
        } else {
            book::sealed(&mut *self.book.disk, entry)?
        };
        let rows = Plain::open(entry, sealed).map_err(|_| Fault::Damaged(Part::Pack(entry.pack)))?;
        if !rows.are_between(first, end.as_ref()) {
            return Err(Fault::Damaged(Part::Table));
        }
        Ok(Some(Read { first: *first, end, rows }))
    }

    /// Writes a row, over one that may be there.
    pub(crate) fn put(&mut self, key: RowKey, value: Value) -> Result<(), Fault> {
        let len = value.len() as u64;
        self.remove(&key)?;
        let page = self.page(&key)?;
        page.rows.insert(key, value);
        page.is_changed = true;
        self.head.rows += 1;
        self.head.bytes += len;
        Ok(())
    }

    /// Takes a row away.
    pub(crate) fn remove(&mut self, key: &RowKey) -> Result<Option<Value>, Fault> {
        let page = self.page(key)?;
        let value = page.rows.remove(key);
        if let Some(value) = &value {
            page.is_changed = true;
            self.head.rows = self.head.rows.saturating_sub(1);
            self.head.bytes = self.head.bytes.saturating_sub(value.len() as u64);
        }
        Ok(value)
    }

    /// The keys that begin with `beginning`, in order.
    pub(crate) fn keys(&mut self, beginning: &RowKey) -> Result<Vec<RowKey>, Fault> {
        let mut keys = Vec::new();
        let mut from = *beginning;
        loop {
            let page = self.page(&from)?;
            let found = page.rows.keys_from(&from).take_while(|key| key.starts_with(beginning));
            keys.extend(found.copied());
            match page.end {
                Some(end) if end.starts_with(beginning) => from = end,
                Some(_) | None => return Ok(keys),
            }
        }
    }

    /// Whether a key may be given out: counted, if keys are.
    pub(crate) fn may_give(&mut self, handle: custody::wire::Handle) -> Result<bool, Fault> {
        let Book { meter, disk, rng, .. } = &mut *self.book;
        match meter {
            Some(meter) => Ok(meter.gives(handle, &mut **disk, &mut **rng)?),
            None => Ok(true),
        }
    }

    /// Whether anything is to become durable.
    pub(crate) fn is_changed(&self) -> bool {
        let has_new_pages = !self.added.is_empty() || !self.replaced.is_empty();
        has_new_pages || self.head != self.book.head || self.open.iter().any(|page| page.is_changed)
    }

    /// Makes everything durable.
    pub(crate) fn commit(mut self) -> Result<(), Fault> {
        if !self.is_changed() {
            self.is_over = true;
            return Ok(());
        }
        while let Some(page) = self.open.pop() {
            self.close(page)?;
        }
        self.sweep()?;
        let last = self.take_pack();
        self.head.commit += 1;
        let packs = if self.written.is_empty() { Packs::None } else { Packs::New(last) };
        let replaced = self.book.replace_table(self.head.clone(), packs);
        self.is_over = !matches!(replaced, Err(Fault::Disk(_)));
        replaced?;
        self.book.remove_dead();
        Ok(())
    }

    /// The page that a key belongs into.
    fn page(&mut self, key: &RowKey) -> Result<&mut Open, Fault> {
        self.asked += 1;
        self.read = None;
        let at = match self.open.iter().position(|page| page.covers(key)) {
            Some(at) => at,
            None => {
                self.make_room()?;
                let page = self.load(key)?;
                self.open.push(page);
                self.open.len() - 1
            }
        };
        let asked = self.asked;
        // It is there: its place was just found or made.
        let page = self.open.get_mut(at).ok_or(Fault::Damaged(Part::Table))?;
        page.asked = asked;
        Ok(page)
    }

    fn load(&mut self, key: &RowKey) -> Result<Open, Fault> {
        let found = self.book.pages.range(..=key).next_back();
        let (first, rows) = match found {
            Some((first, entry)) if entry.pack == self.head.next_pack => (*first, self.read_filling(entry)?),
            Some((first, entry)) => (*first, book::read(&mut *self.book.disk, entry)?),
            None => (RowKey::FIRST, Rows::default()),
        };
        let end = self.book.pages.range((Excluded(first), Unbounded)).next().map(|(end, _)| *end);
        if !rows.are_between(&first, end.as_ref()) {
            return Err(Fault::Damaged(Part::Table));
        }
        Ok(Open { first, end, rows, is_changed: false, asked: 0 })
    }

    /// Opens a page of the pack that is not written yet.
    fn read_filling(&self, entry: &Entry) -> Result<Rows, Fault> {
        let sealed = self.sealed_filling(entry)?;
        Rows::open(entry, sealed).map_err(|_| Fault::Damaged(Part::Pack(entry.pack)))
    }

    /// The bytes of a page of the pack that is not written yet.
    fn sealed_filling(&self, entry: &Entry) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let damaged = Fault::Damaged(Part::Pack(entry.pack));
        let end = entry.at.checked_add(entry.len).ok_or(damaged)?;
        let sealed = self.filling.get(entry.at as usize..end as usize).ok_or(damaged)?;
        Ok(Zeroizing::new(sealed.to_vec()))
    }

    /// Closes the page that was not asked for the longest, if many are open.
    fn make_room(&mut self) -> Result<(), Fault> {
        if self.open.len() < OPEN_PAGES_MAX {
            return Ok(());
        }
        let oldest = self.open.iter().enumerate().min_by_key(|(_, page)| page.asked).map(|(at, _)| at);
        match oldest {
            Some(at) => {
                let page = self.open.swap_remove(at);
                self.close(page)
            }
            None => Ok(()),
        }
    }

    /// Seals what a page holds, if that has changed, in as many pages as it takes.
    fn close(&mut self, mut page: Open) -> Result<(), Fault> {
        if !page.is_changed {
            return Ok(());
        }
        self.retire(&page.first);
        if page.rows.is_empty() {
            // What is before it reaches further now.
            for before in self.open.iter_mut().filter(|before| before.end == Some(page.first)) {
                before.end = page.end;
            }
            return Ok(());
        }
        self.absorb_next(&mut page)?;
        let mut first = page.first;
        let mut last: Option<RowKey> = None;
        for rows in page.rows.split(limits::VAULT_PAGE_BYTES_MAX) {
            if let (Some(last), Some(next)) = (last, rows.first()) {
                first = RowKey::between(&last, next);
            }
            last = rows.last().copied();
            let entry = rows.seal(&mut *self.book.rng, self.head.next_pack, &mut self.filling);
            self.filling_live += u64::from(entry.len);
            self.book.pages.insert(first, entry);
            self.added.insert(first);
            if self.filling.len() >= limits::VAULT_PACK_BYTES {
                self.finish_pack()?;
            }
        }
        Ok(())
    }

    /// Takes the next page in, if both are small: what has shrunk must not stay in many pages.
    fn absorb_next(&mut self, page: &mut Open) -> Result<(), Fault> {
        let Some(next) = page.end.filter(|_| page.rows.bytes() < SMALL_PAGE_BYTES) else { return Ok(()) };
        let is_small = |entry: &Entry| (entry.len as usize) < limits::VAULT_PAGE_BYTES_MAX / 2;
        if self.open.iter().any(|open| open.first == next)
            || !self.book.pages.get(&next).is_some_and(is_small)
        {
            return Ok(());
        }
        page.rows.append(self.load(&next)?.rows);
        self.retire(&next);
        Ok(())
    }

    /// Takes an entry out of the table.
    fn retire(&mut self, first: &RowKey) {
        let Some(entry) = self.book.pages.remove(first) else { return };
        if entry.pack == self.head.next_pack {
            self.filling_live -= u64::from(entry.len);
        } else if let Some(pack) = self.book.packs.get_mut(&entry.pack) {
            pack.live -= u64::from(entry.len);
        }
        if !self.added.remove(first) {
            self.replaced.push((*first, entry));
        }
    }

    /// Empties the packs that hold most that nothing opens, while that is too much in all.
    fn sweep(&mut self) -> Result<(), Fault> {
        loop {
            let (mut dead, mut live) = (0, self.filling_live);
            let mut most: Option<(u64, u64)> = None;
            for (number, pack) in self.book.packs.iter().filter(|(_, pack)| pack.live > 0) {
                live += pack.live;
                dead += pack.len - pack.live;
                let share = (pack.len - pack.live) * 1000 / pack.len;
                if most.is_none_or(|(_, least)| share > least) {
                    most = Some((*number, share));
                }
            }
            let Some((worst, _)) = most.filter(|_| dead > live / 2 + limits::VAULT_DEAD_BYTES_MAX) else {
                return Ok(());
            };
            let pages = self.book.pages.iter().filter(|(_, entry)| entry.pack == worst);
            for first in pages.map(|(first, _)| *first).collect::<Vec<_>>() {
                // It may have gone into the one before it.
                if self.book.pages.contains_key(&first) {
                    let page = Open { is_changed: true, ..self.load(&first)? };
                    self.close(page)?;
                }
            }
        }
    }

    /// Writes the pack that was filled.
    fn finish_pack(&mut self) -> Result<(), Fault> {
        match self.take_pack() {
            Some((name, bytes)) => Ok(self.book.disk.write(&name, &bytes)?),
            None => Ok(()),
        }
    }

    /// The pack that was filled, under its name. It counts as written, so whoever takes it writes it before the table.
    fn take_pack(&mut self) -> Option<(String, Vec<u8>)> {
        if self.filling.is_empty() {
            return None;
        }
        let number = self.head.next_pack;
        self.written.push(number);
        let pack = Pack { len: self.filling.len() as u64, live: mem::take(&mut self.filling_live) };
        self.book.packs.insert(number, pack);
        self.head.next_pack += 1;
        Some((book::pack_name(number), mem::take(&mut self.filling)))
    }

    /// Puts back the table in memory, and removes what was written.
    fn take_back(&mut self) {
        for first in mem::take(&mut self.added) {
            self.book.pages.remove(&first);
        }
        self.book.pages.extend(mem::take(&mut self.replaced));
        for number in mem::take(&mut self.written) {
            // It may be there in part. A number is not used again, so a file that cannot be removed does no harm.
            self.book.packs.insert(number, Pack { len: 0, live: 0 });
            self.book.head.next_pack = self.book.head.next_pack.max(number + 1);
        }
        if self.book.count_live().is_err() {
            self.book.is_unsure = true;
            return;
        }
        self.book.remove_dead();
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.take_back();
        }
    }
}

impl Open {
    fn covers(&self, key: &RowKey) -> bool {
        self.first <= *key && self.end.is_none_or(|end| *key < end)
    }
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
