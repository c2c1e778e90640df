//! Rows on a disk that forgets: pages under keys of their own in pack files, and one table that holds the keys.
//!
//! Reading and replacing pages; what a request changes passes through [`crate::work`]. Source: docs/keys.md 6.1.
//! Invariants: a pack file is written once, before the table that names it; a page's key stands in the table only.

use std::collections::BTreeMap;

use crypto::{Rng, aead};
use zeroize::Zeroizing;

use crate::{
    disk::{Disk, DiskError},
    fault::{Fault, OpenError, Part},
    meter::Meter,
    page::{Entry, Rows},
    table::{self, Head, Pages},
};

/// A file of pages.
pub(crate) struct Pack {
    /// Its length in bytes.
    pub(crate) len: u64,
    /// Bytes of it that the table names. What nothing names is removed.
    pub(crate) live: u64,
}

/// What a table names that the one before did not.
pub(crate) enum Packs {
    /// No new pack.
    None,
    /// New packs; all are written but the last one, if it is here.
    New(Option<(String, Vec<u8>)>),
}

/// What is open of a folder. Page keys are in memory, rows are not.
pub(crate) struct Book {
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) rng: Box<dyn Rng + Send>,
    table_key: aead::Key,
    pub(crate) head: Head,
    pub(crate) pages: Pages,
    pub(crate) packs: BTreeMap<u64, Pack>,
    /// Whether a failed disk left open which state is the durable one.
    pub(crate) is_unsure: bool,
    /// Where somebody has said how many keys may go out.
    pub(crate) meter: Option<Meter>,
}

impl Book {
    /// The first table of a folder.
    pub(crate) fn make(
        mut disk: Box<dyn Disk>,
        mut rng: Box<dyn Rng + Send>,
        table_key: aead::Key,
    ) -> Result<Book, DiskError> {
        let (head, pages) = (Head::default(), Pages::new());
        let sealed = table::seal(&table_key, &head, &pages, &mut *rng);
        disk.write(table::NEXT, &sealed)?;
        disk.rename(table::NEXT, table::NAME)?;
        disk.settle()?;
        Ok(Book { disk, rng, table_key, head, pages, packs: BTreeMap::new(), is_unsure: false, meter: None })
    }

    /// Reads the table and removes what a crash left over.
    pub(crate) fn open(
        mut disk: Box<dyn Disk>,
        rng: Box<dyn Rng + Send>,
        table_key: aead::Key,
        files: &[(String, u64)],
    ) -> Result<Book, OpenError> {
        // What was found must be what is found after the next crash too.
        disk.settle()?;
        let damaged = OpenError::Damaged(Part::Table);
        let len = files.iter().find(|(name, _)| name == table::NAME).ok_or(OpenError::NotAVault)?.1;
        let mut sealed = Zeroizing::new(vec![0; usize::try_from(len).map_err(|_| damaged)?]);
        disk.read(table::NAME, 0, &mut sealed)?;
        let (head, pages) = table::open(&table_key, sealed).ok_or(damaged)?;
        let mut book =
            Book { disk, rng, table_key, head, pages, packs: BTreeMap::new(), is_unsure: false, meter: None };
        for (name, len) in files {
            if let Some(number) = pack_number(name) {
                book.packs.insert(number, Pack { len: *len, live: 0 });
            }
        }
        book.count_live().map_err(|number| OpenError::Damaged(Part::Pack(number)))?;
        book.remove_dead();
        if files.iter().any(|(name, _)| name == table::NEXT) {
            // If it stays it is overwritten by the next one.
            let _ = book.disk.remove(table::NEXT);
        }
        Ok(book)
    }

    /// Puts the table in place of the one before: the commit.
    ///
    /// An error of [`Fault::Disk`] means that nothing has changed.
    pub(crate) fn replace_table(&mut self, head: Head, packs: Packs) -> Result<(), Fault> {
        let sealed = table::seal(&self.table_key, &head, &self.pages, &mut *self.rng);
        let written = match packs {
            Packs::None => self.disk.write(table::NEXT, &sealed),
            // Until it is renamed the table means nothing, so it need not wait for the packs that it names.
            Packs::New(None) => self.disk.write_and_settle(&[(table::NEXT, &sealed)]),
            Packs::New(Some((name, pack))) => {
                self.disk.write_and_settle(&[(&name, &pack), (table::NEXT, &sealed)])
            }
        };
        if let Err(error) = written {
            // A full disk has more use for the room. If it stays it is overwritten by the next one.
            let _ = self.disk.remove(table::NEXT);
            return Err(error.into());
        }
        // From here on the new table may be the one that is found after a crash.
        let replaced = self.disk.rename(table::NEXT, table::NAME).and_then(|()| self.disk.settle());
        if replaced.is_err() {
            self.is_unsure = true;
            return Err(Fault::Unsure);
        }
        self.head = head;
        Ok(())
    }

    /// Opens every page.
    pub(crate) fn examine(&mut self) -> Result<(), Fault> {
        let mut pages = self.pages.iter().peekable();
        while let Some((first, entry)) = pages.next() {
            let rows = read(&mut *self.disk, entry)?;
            if !rows.are_between(first, pages.peek().map(|(end, _)| *end)) {
                return Err(Fault::Damaged(Part::Table));
            }
        }
        Ok(())
    }

    /// Counts anew how much of each pack is named; the number of one that is named and not there, or too short.
    pub(crate) fn count_live(&mut self) -> Result<(), u64> {
        for pack in self.packs.values_mut() {
            pack.live = 0;
        }
        for entry in self.pages.values() {
            let pack = self.packs.get_mut(&entry.pack).ok_or(entry.pack)?;
            pack.live += u64::from(entry.len);
            let is_within = u64::from(entry.at) + u64::from(entry.len) <= pack.len && pack.live <= pack.len;
            if !is_within || entry.pack >= self.head.next_pack {
                return Err(entry.pack);
            }
        }
        Ok(())
    }

    /// Removes the packs that nothing names. What cannot be removed opens with nothing, and is tried again.
    pub(crate) fn remove_dead(&mut self) {
        let disk = &mut self.disk;
        self.packs.retain(|number, pack| {
            pack.live > 0 || !matches!(disk.remove(&pack_name(*number)), Ok(()) | Err(DiskError::Missing))
        });
    }
}

/// Opens a page that lies in a file.
pub(crate) fn read(disk: &mut dyn Disk, entry: &Entry) -> Result<Rows, Fault> {
    Rows::open(entry, sealed(disk, entry)?).map_err(|_| Fault::Damaged(Part::Pack(entry.pack)))
}

/// The bytes of a page that lies in a file.
pub(crate) fn sealed(disk: &mut dyn Disk, entry: &Entry) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let damaged = Fault::Damaged(Part::Pack(entry.pack));
    let mut sealed = Zeroizing::new(vec![0; usize::try_from(entry.len).map_err(|_| damaged)?]);
    match disk.read(&pack_name(entry.pack), u64::from(entry.at), &mut sealed) {
        Ok(()) => Ok(sealed),
        Err(DiskError::Missing | DiskError::Short) => Err(damaged),
        Err(error @ (DiskError::Full | DiskError::Failed(_))) => Err(error.into()),
    }
}

/// The name of a file of pages.
pub(crate) fn pack_name(number: u64) -> String {
    format!("p{number:016x}")
}

/// The number in a name; nothing in any other name.
fn pack_number(name: &str) -> Option<u64> {
    let number = u64::from_str_radix(name.strip_prefix('p')?, 16).ok()?;
    (pack_name(number) == name).then_some(number)
}
