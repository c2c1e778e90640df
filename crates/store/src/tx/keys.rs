//! Keys and names that a transaction has opened, and what it lacked.

use ids::{AuthKeyId, BoxId};
use sealed::{
    BoxKeys, Few, LeafError, Missing, Need, OpenError, OwnerNames, OwnerTag, PageId, RowKey, StateError,
    table,
};

use super::Tx;
use crate::suffix::SuffixWriter;
use crate::table::Owner;
use crate::{Corrupt, Fault, StoreError, Suffix, state};

/// Pages of an erasure state that one operation may have to read: its own, and, since the next number skips dead ones,
/// the page after.
const PAGES_PER_OPERATION: usize = 4;

/// Masked numbers that a transaction remembers.
const MASKS_MAX: usize = 16;

/// What a transaction has opened so far. Holding keys pins them, so they are there until it ends.
#[derive(Default)]
pub(super) struct Open {
    boxes: Vec<(BoxId, BoxKeys)>,
    devices: Vec<(AuthKeyId, OwnerNames)>,
    pub(super) under: Vec<(AuthKeyId, super::device::Under)>,
}

/// Masked numbers: a transaction asks for the same few again and again, and each costs a PRF.
pub(super) type Masks = Vec<([u8; 12], u64, [u8; 8])>;

/// Where a row lies.
pub(super) struct Place {
    pub(super) tag: OwnerTag,
    pub(super) key: RowKey,
}

impl Tx<'_> {
    /// Where the row of a table with this suffix lies.
    pub(super) fn place(&self, table: u16, owner: Owner, suffix: &impl Suffix) -> Result<Place, StoreError> {
        let tag = match owner {
            Owner::Directory => {
                let (shelf, suffix) = SuffixWriter::of_directory(self.door.names(), suffix);
                let key = self.with_box(shelf.id(), |keys| keys.names().row(table, suffix.as_slice()))?;
                return Ok(Place { tag: OwnerTag::Directory(shelf), key });
            }
            Owner::Box(id) => {
                let key = self.with_box(id, |keys| {
                    let names = keys.names();
                    let mask = |number| self.mask(names, number, || keys.mask(number));
                    names.row(table, SuffixWriter::of_owner(&mask, suffix).as_slice())
                })?;
                return Ok(Place { tag: OwnerTag::of_box(id), key });
            }
            Owner::Device(id) => OwnerTag::Device(id),
            Owner::System => OwnerTag::System,
        };
        let names = self.names(tag)?;
        let suffix = self.suffix(&names, suffix);
        Ok(Place { tag, key: names.row(table, suffix.as_slice()) })
    }

    /// The bytes of a suffix of an owner's rows.
    pub(super) fn suffix(&self, names: &OwnerNames, suffix: &impl Suffix) -> Few {
        SuffixWriter::of_owner(&|number| self.mask(names, number, || names.mask(number)), suffix)
    }

    fn mask(&self, names: &OwnerNames, number: u64, make: impl Fn() -> [u8; 8]) -> [u8; 8] {
        let mut masks = self.masks.borrow_mut();
        let prefix = names.prefix();
        let known = masks.iter().find(|(of, masked, _)| (*of, *masked) == (prefix, number));
        if let Some(&(.., mask)) = known {
            return mask;
        }
        let mask = make();
        if masks.len() < MASKS_MAX {
            masks.push((prefix, number, mask));
        }
        mask
    }

    /// What makes the row keys of an owner. Those of a box come with its keys: who cannot open a row is not told
    /// whether it is there.
    pub(super) fn names(&self, tag: OwnerTag) -> Result<OwnerNames, StoreError> {
        match tag {
            OwnerTag::Box(id) => Ok(self.box_keys(id)?.names().clone()),
            OwnerTag::Directory(shelf) => Ok(self.box_keys(shelf.id())?.names().clone()),
            OwnerTag::Device(id) => Ok(self.device_names(id)),
            OwnerTag::System => Ok(self.door.system_names().clone()),
        }
    }

    fn device_names(&self, id: AuthKeyId) -> OwnerNames {
        let mut open = self.open.borrow_mut();
        if let Some((_, names)) = open.devices.iter().find(|(device, _)| *device == id) {
            return names.clone();
        }
        let names = self.door.names().owner(OwnerTag::Device(id));
        open.devices.push((id, names.clone()));
        names
    }

    /// Does something with the keys of a box, as [`box_keys`](Self::box_keys) gives them, that opens no other box.
    pub(super) fn with_box<R>(&self, of: BoxId, act: impl FnOnce(&BoxKeys) -> R) -> Result<R, StoreError> {
        let open = self.open.borrow();
        if let Some((_, keys)) = open.boxes.iter().find(|(id, _)| *id == of) {
            return Ok(act(keys));
        }
        drop(open);
        self.box_keys(of).map(|keys| act(&keys))
    }

    /// The keys of a box, which must be in memory and the box in repair.
    pub(super) fn box_keys(&self, of: BoxId) -> Result<BoxKeys, StoreError> {
        if let Some((_, keys)) = self.open.borrow().boxes.iter().find(|(id, _)| *id == of) {
            return Ok(keys.clone());
        }
        let keys = self.door.keyring().warm(of).map_err(|missing| self.lacks(missing))?;
        self.open.borrow_mut().boxes.push((of, keys.clone()));
        if self.mending.contains(&of) || of.0 <= 0 || self.in_repair(of)? {
            return Ok(keys);
        }
        // Whoever brings the keys of a box repairs it, so that is what is asked for.
        self.open.borrow_mut().boxes.retain(|(id, _)| *id != of);
        Err(self.lacks(Missing::Key(Need::Box(of))))
    }

    /// Notes what is missing; the function ends with the error and runs again later.
    pub(super) fn lacks(&self, missing: Missing) -> StoreError {
        match missing {
            Missing::Roots => StoreError::Sealed,
            Missing::Key(need) => {
                let mut needs = self.needs.borrow_mut();
                if !needs.contains(&need) {
                    needs.push(need);
                }
                StoreError::NeedKeys
            }
        }
    }

    /// Does something with the keys of a box, and reads the pages of its erasure state that it turns out to need.
    pub(super) fn with_pages<T>(
        &self,
        table: &'static str,
        tree: &BoxKeys,
        mut run: impl FnMut() -> Result<T, OpenError>,
    ) -> Result<T, StoreError> {
        for _ in 0..PAGES_PER_OPERATION {
            match run() {
                Ok(done) => return Ok(done),
                Err(OpenError::Leaf(LeafError::PageMissing(page))) => self.open_page(tree, page)?,
                Err(error) => return Err(self.refused(table, tree.id(), error)),
            }
        }
        Err(self.lacks(Missing::Key(Need::Box(tree.id()))))
    }

    fn open_page(&self, tree: &BoxKeys, page: PageId) -> Result<(), StoreError> {
        let row = tree.names().row(table::PAGE, &page.to_bytes());
        // A view can be older than the epoch that the keys went over to meanwhile; a later one has the page.
        let moved_on = || self.lacks(Missing::Key(Need::Box(tree.id())));
        let Some(at_rest) = self.view().get(&row)? else { return Err(moved_on()) };
        match tree.open_page(page, &at_rest) {
            Ok(()) => Ok(()),
            Err(StateError::Stale | StateError::Closed | StateError::Full) => Err(moved_on()),
            Err(StateError::Sealed) => Err(StoreError::Sealed),
            Err(StateError::Forged | StateError::Sheet) => {
                Err(Corrupt { table: state::PAGES.name, fault: Fault::Forged }.into())
            }
        }
    }

    pub(super) fn refused(&self, table: &'static str, of: BoxId, error: OpenError) -> StoreError {
        let fault = match error {
            OpenError::Forged | OpenError::OtherKind => Fault::Forged,
            OpenError::Leaf(LeafError::Dead) if self.door.repairs().reopen(of) => {
                return self.lacks(Missing::Key(Need::Box(of)));
            }
            OpenError::Leaf(LeafError::Dead) => Fault::Dead,
            OpenError::Leaf(LeafError::Exhausted) => return StoreError::Exhausted,
            OpenError::Leaf(LeafError::Closed | LeafError::PageMissing(_)) => {
                return self.lacks(Missing::Key(Need::Box(of)));
            }
        };
        Corrupt { table, fault }.into()
    }
}
