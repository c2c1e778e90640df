//! One row between its typed form and what lies on the disk. Source: docs/keys.md 4.2, 5.1.

use ids::BoxId;
use sealed::{
    AtRest, Header, LeafError, Missing, Number, NumberRange, OpenError, OwnerTag, Plaintext, RowKey, Version,
    table,
};

use super::Tx;
use super::device::Under;
use super::keys::Place;
use crate::table::{TableInfo, Versions};
use crate::{Corrupt, Fault, Record, StoreError, breach, overlay};

/// What lies under a row key before a write: which number dies with it.
#[derive(Clone, Copy)]
pub(super) enum Before {
    /// No row.
    Nothing,
    /// A row without a number of its own.
    Plain,
    /// A version of a record.
    Numbered {
        version: Version,
        /// Its number is one of the short-lived tree.
        short: bool,
        /// This transaction wrote it, so it never lay on a disk.
        own: bool,
    },
}

impl Before {
    fn of(header: Header) -> Self {
        match header {
            Header::Record(version) => Self::Numbered { version, short: false, own: false },
            Header::Short(number) => {
                Self::Numbered { version: Version::first(number), short: true, own: false }
            }
            Header::Device | Header::Day(_) | Header::System | Header::State => Self::Plain,
        }
    }
}

impl Tx<'_> {
    /// Opens a value and reads it as a record. Nothing if it lies under the key of a day that is over, or under a number of the
    /// short-lived tree that is cut out: then it is gone, though its bytes are still there.
    pub(super) fn open<V: Record>(
        &self,
        table: TableInfo,
        place: &Place,
        at_rest: &AtRest,
    ) -> Result<Option<V>, StoreError> {
        let decode = |plain: &[u8]| V::decode(plain).map_err(|fault| Corrupt { table: table.name, fault });
        let record = match self.held(place, at_rest, decode)? {
            Some(record) => record?,
            None => match self.unseal(table.name, place.tag, &place.key, at_rest)? {
                Some(plain) => decode(plain.expose())?,
                None => return Ok(None),
            },
        };
        if let (true, Some(header)) = (self.writes(), Header::of(at_rest)) {
            self.known.borrow_mut().note(&place.key, Before::of(header));
        }
        Ok(Some(record))
    }

    /// Reads a value that its box holds opened, where it is: whoever writes asks for the same rows again and again.
    fn held<R>(
        &self,
        place: &Place,
        at_rest: &AtRest,
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, StoreError> {
        match place.tag {
            OwnerTag::Box(_) | OwnerTag::Directory(_) if self.writes() => {
                self.with_box(box_of(place.tag), |keys| keys.held(&place.key, at_rest, read))
            }
            OwnerTag::Box(_) | OwnerTag::Directory(_) | OwnerTag::Device(_) | OwnerTag::System => Ok(None),
        }
    }

    /// Opens a value; nothing if the key of its day is over, or its short-lived number cut out: nobody walks all boxes when
    /// that tree is cut, so its rows may be found later.
    pub(super) fn unseal(
        &self,
        name: &'static str,
        tag: OwnerTag,
        key: &RowKey,
        at_rest: &AtRest,
    ) -> Result<Option<Plaintext>, StoreError> {
        let forged = StoreError::Corrupt(Corrupt { table: name, fault: Fault::Forged });
        let keyring = self.door.keyring();
        let opened = match (Header::of(at_rest).ok_or(forged)?, tag) {
            (Header::Record(_), OwnerTag::Box(_) | OwnerTag::Directory(_)) => {
                let keys = self.box_keys(box_of(tag))?;
                let open = || match self.writes() {
                    true => keys.open_and_hold(key, at_rest),
                    false => keys.open(key, at_rest),
                };
                return self.with_pages(name, &keys, open).map(Some);
            }
            (Header::Short(_), OwnerTag::Box(_) | OwnerTag::Directory(_)) => {
                let (keys, short) = (self.box_keys(box_of(tag))?, self.box_keys(OwnerTag::SHORT_LIVED)?);
                return self.with_pages(name, &short, || match keys.open_short(&short, key, at_rest) {
                    Err(OpenError::Leaf(LeafError::Dead)) => Ok(None),
                    opened => opened.map(Some),
                });
            }
            (Header::Device, OwnerTag::Device(id)) => {
                let own = keyring.device(id).map_err(|missing| self.lacks(missing))?;
                match own.open(key, at_rest) {
                    // In a store that was behind it may lie under the key of a login that has ended since: gone with it.
                    Err(_) if self.door.repairs().generation() != 0 => return Ok(None),
                    opened => opened,
                }
            }
            (Header::Day(day), OwnerTag::Device(_)) => {
                match keyring.day(day).map_err(|missing| self.lacks(missing))? {
                    Some(day) => day.open(key, at_rest),
                    None => return Ok(None),
                }
            }
            (Header::System, OwnerTag::System) => self.door.system().open(key, at_rest),
            (
                Header::Record(_)
                | Header::Short(_)
                | Header::Device
                | Header::Day(_)
                | Header::System
                | Header::State,
                _,
            ) => return Err(forged),
        };
        opened.map(Some).map_err(|_not_this_row| forged)
    }

    /// What lies under a key. What this transaction has not read it reads now, and opens: a number that somebody else
    /// wrote into a row must not die in place of the row's own.
    pub(super) fn before(&self, table: TableInfo, place: &Place) -> Result<Before, StoreError> {
        if let Some(before) = self.known.borrow().get(&place.key) {
            return Ok(before);
        }
        let before = match overlay::get(self.view(), &self.writes, &place.key)? {
            None => Before::Nothing,
            Some(at_rest) => {
                self.unseal(table.name, place.tag, &place.key, &at_rest)?;
                Header::of(&at_rest).map_or(Before::Plain, Before::of)
            }
        };
        self.known.borrow_mut().insert(&place.key, before);
        Ok(before)
    }

    /// Notes that there is no row under a key.
    pub(super) fn note_absent(&self, key: &RowKey) {
        if self.writes() {
            self.known.borrow_mut().insert(key, Before::Nothing);
        }
    }

    /// Seals a record for its place and puts it among the writes.
    pub(super) fn seal<V: Record>(
        &mut self,
        table: TableInfo,
        place: Place,
        value: &V,
        before: Before,
    ) -> Result<(), StoreError> {
        let plain = value.encode();
        let (at_rest, now) = match table.versions {
            Versions::Static => (self.seal_static(&place, &plain)?, Before::Plain),
            Versions::Fresh => self.seal_fresh(table, &place, &plain, before)?,
            Versions::Kept => match before {
                Before::Numbered { version, short: false, own } => match version.again() {
                    Some(version) => {
                        let at_rest = self.seal_as(table, &place, &plain, version)?;
                        // The number lies on the disk already if it did before.
                        (at_rest, Before::Numbered { version, short: false, own })
                    }
                    None => self.seal_fresh(table, &place, &plain, before)?,
                },
                Before::Nothing | Before::Plain | Before::Numbered { .. } => {
                    self.seal_fresh(table, &place, &plain, before)?
                }
            },
            Versions::Short => self.seal_short(table, &place, &plain, before)?,
        };
        self.known.borrow_mut().insert(&place.key, now);
        if let Some(clear) = breach::in_clear(&plain) {
            let beside = self.door.system_names().row(u16::MAX, place.key.as_bytes());
            self.writes.insert(beside, Some(clear));
        }
        self.writes.insert(place.key, Some(at_rest));
        Ok(())
    }

    /// Takes a row away; its number is cut out at the next tick.
    pub(super) fn remove(&mut self, place: Place, before: Before) {
        self.bury(box_of(place.tag), before);
        self.known.borrow_mut().insert(&place.key, Before::Nothing);
        self.writes.insert(place.key, None);
    }

    fn seal_fresh(
        &mut self,
        table: TableInfo,
        place: &Place,
        plain: &[u8],
        before: Before,
    ) -> Result<(AtRest, Before), StoreError> {
        let keys = self.box_keys(box_of(place.tag))?;
        let key =
            self.with_pages(table.name, &keys, || keys.next_key(&place.key).map_err(OpenError::Leaf))?;
        let version = Version::first(key.number());
        let at_rest = keys.seal_under(&key, version.write, &place.key, plain, &mut self.nonces);
        self.bury(keys.id(), before);
        Ok((at_rest, Before::Numbered { version, short: false, own: true }))
    }

    fn seal_as(
        &mut self,
        table: TableInfo,
        place: &Place,
        plain: &[u8],
        version: Version,
    ) -> Result<AtRest, StoreError> {
        let keys = self.box_keys(box_of(place.tag))?;
        let key = self.with_pages(table.name, &keys, || {
            keys.record_key_again(version.number, &place.key).map_err(OpenError::Leaf)
        })?;
        Ok(keys.seal_under(&key, version.write, &place.key, plain, &mut self.nonces))
    }

    fn seal_short(
        &mut self,
        table: TableInfo,
        place: &Place,
        plain: &[u8],
        before: Before,
    ) -> Result<(AtRest, Before), StoreError> {
        let keys = self.box_keys(box_of(place.tag))?;
        let short = self.box_keys(OwnerTag::SHORT_LIVED)?;
        let number = self.with_pages(table.name, &short, || short.next_number().map_err(OpenError::Leaf))?;
        let sealed = keys.seal_short(&short, &place.key, number, plain, &mut self.nonces);
        let at_rest = sealed.map_err(|error| self.refused(table.name, short.id(), error.into()))?;
        self.bury(keys.id(), before);
        Ok((at_rest, Before::Numbered { version: Version::first(number), short: true, own: true }))
    }

    fn seal_static(&mut self, place: &Place, plain: &[u8]) -> Result<AtRest, StoreError> {
        match place.tag {
            OwnerTag::Device(id) => {
                let under = self.under(id)?;
                self.seal_under(&under, &place.key, plain)
            }
            OwnerTag::System | OwnerTag::Box(_) | OwnerTag::Directory(_) => {
                Ok(self.door.system().seal(&place.key, plain, &mut self.nonces))
            }
        }
    }

    pub(super) fn seal_under(
        &mut self,
        under: &Under,
        key: &RowKey,
        plain: &[u8],
    ) -> Result<AtRest, StoreError> {
        match under {
            Under::Own(own) => Ok(own.seal(key, plain, &mut self.nonces)),
            Under::Day => {
                let today = self.door.keyring().today().map_err(|missing: Missing| self.lacks(missing))?;
                Ok(today.seal(key, plain, &mut self.nonces))
            }
        }
    }

    /// Notes the number of a version that goes.
    fn bury(&mut self, of: BoxId, before: Before) {
        if let Before::Numbered { version, short, own: false } = before {
            let tree = if short { OwnerTag::SHORT_LIVED } else { of };
            self.dead.entry(tree).or_default().push(version.number);
        }
    }

    /// Writes the numbers that died as rows: what the shred tick cuts out, and that it has something to do.
    pub(super) fn write_punctures(&mut self) {
        for (of, numbers) in std::mem::take(&mut self.dead) {
            let ones: Vec<_> = numbers.into_iter().map(NumberRange::one).collect();
            for range in NumberRange::joined(&ones) {
                self.write_pending(of, range);
            }
        }
    }

    /// Writes that these numbers of a box are to be cut out.
    pub(crate) fn write_pending(&mut self, of: BoxId, range: NumberRange) {
        let names = self.door.names().owner(OwnerTag::of_box(of));
        let Number(first) = range.first;
        self.put_system(names.row(table::PENDING, &first.to_be_bytes()), range.last.0);
        self.write_dirty(of);
    }

    /// Puts a box on the list of those that the next tick looks after.
    pub(crate) fn write_dirty(&mut self, of: BoxId) {
        let dirty = self.door.system_names();
        let dirty = dirty.row(table::DIRTY, &dirty.mask(of.0.cast_unsigned()));
        self.put_system(dirty, of.0.cast_unsigned());
    }

    /// Writes version 1 and a number, under the system key.
    fn put_system(&mut self, key: RowKey, number: u64) {
        let mut plain = vec![1];
        plain.extend_from_slice(&number.to_be_bytes());
        let at_rest = self.door.system().seal(&key, &plain, &mut self.nonces);
        self.writes.insert(key, Some(at_rest));
    }
}

/// The box whose tree an owner's rows lie under; only boxes and the directory have one.
fn box_of(tag: OwnerTag) -> BoxId {
    match tag {
        OwnerTag::Box(id) => id,
        OwnerTag::Directory(shelf) => shelf.id(),
        OwnerTag::Device(_) | OwnerTag::System => BoxId(0),
    }
}
