//! Repair of a store that was found behind, or restored: rows may be there whose numbers are dead, and counts and counters
//! may be lower than what clients were told. The store counts such events in generations; a box says up to which it is
//! repaired, and until it is nobody else reads it. Source: docs/keys.md 6.3; DESIGN 5, Backups.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ids::BoxId;
use sealed::{Incarnation, Number, State};

use crate::{Commit, Page, Pruned, Store, StoreError, System};

crate::record! {
    /// A generation of repairs.
    #[derive(Copy)]
    pub struct RepairRow v1 {
        /// How often the store was found behind.
        pub generation: u32,
    }
}

crate::record! {
    /// How far boxes were gone over whose owners need not come.
    #[derive(Copy)]
    pub struct WalkedRow v1 {
        /// In which generation.
        pub generation: u32,
        /// Pages of the phone index that are done.
        pub pages: u16,
    }
}

crate::tables! {
    /// How often the store was found behind.
    REPAIR = 0xff06: System, () => RepairRow, NoUserData, Static;
    /// Up to which generation a box is repaired.
    REPAIRED = 0xff07: BoxId, () => RepairRow, WithOwner, Kept;
    /// How far boxes were gone over.
    WALKED = 0xff0a: System, () => WalkedRow, NoUserData, Static;
}

/// What is in memory of it.
#[derive(Default)]
pub(crate) struct Repairs {
    generation: AtomicU32,
    boxes: Mutex<Boxes>,
}

#[derive(Default)]
struct Boxes {
    /// Found repaired since the last event.
    done: HashSet<BoxId>,
    /// To be repaired once more, whatever their rows say.
    again: HashSet<BoxId>,
}

impl Repairs {
    /// The newest generation; 0 if the store never was behind.
    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// Whether a box was found repaired since the last event.
    pub(crate) fn is_done(&self, of: BoxId) -> bool {
        self.boxes().done.contains(&of)
    }

    pub(crate) fn note_done(&self, of: BoxId) {
        self.boxes().done.insert(of);
    }

    /// A row of a box turned out dead. If the store was behind, a tick that began before it was put back may have ended
    /// after the repair and cut out what had come back: then the box is repaired again. Whether it is.
    pub(crate) fn reopen(&self, of: BoxId) -> bool {
        if self.generation() == 0 {
            return false;
        }
        let mut boxes = self.boxes();
        boxes.done.remove(&of);
        boxes.again.insert(of);
        true
    }

    /// Whether a box is to be repaired once more.
    pub(crate) fn is_reopened(&self, of: BoxId) -> bool {
        self.boxes().again.contains(&of)
    }

    /// It has been.
    pub(crate) fn close(&self, of: BoxId) {
        self.boxes().again.remove(&of);
    }

    fn boxes(&self) -> MutexGuard<'_, Boxes> {
        self.boxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, generation: u32) {
        let mut boxes = self.boxes();
        if self.generation.swap(generation, Ordering::AcqRel) != generation {
            boxes.done.clear();
        }
    }
}

impl Store {
    /// Reads how often the store was found behind. At every start, before anything else is read.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub fn load_repairs(&self) -> Result<u32, StoreError> {
        let row = self.read(|tx| tx.get(&REPAIR, System, &())).result?;
        let generation = row.map_or(0, |row| row.generation);
        self.door().repairs().set(generation);
        Ok(generation)
    }

    /// Whether a box was found repaired by this process, since the store was last found behind.
    #[must_use]
    pub fn is_repaired(&self, of: BoxId) -> bool {
        self.door().repairs().is_done(of)
    }

    /// Does for a box of a store that was found behind what needs no key that opens it: one step of at most `limit` rows,
    /// from where the one before it ended. Rows go whose leaves `state` has not, and in the end all numbers are left
    /// behind that starts before this one have issued since the rows were written.
    ///
    /// # Errors
    /// When the engine fails or a page is not what was sealed; [`StoreError::NeedKeys`] when the state is of an epoch that is
    /// over.
    pub fn prune(
        &self,
        of: BoxId,
        state: &State,
        before: &Pruned,
        limit: usize,
    ) -> Result<Pruned, StoreError> {
        let below = Incarnation::new(self.last_start()?).map_or(Number(0), Number::first_of);
        self.write(|tx| tx.prune(of, state, below, before, limit)).result
    }

    /// How far the boxes of a store that was found behind were gone over: pages of the phone index. Nothing when there is
    /// nothing to go over any more.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub fn walked(&self) -> Result<Option<u16>, StoreError> {
        let generation = self.door().repairs().generation();
        if generation == 0 {
            return Ok(None);
        }
        let row = self.read(|tx| tx.get(&WALKED, System, &())).result?;
        let pages = row.filter(|row| row.generation == generation).map_or(0, |row| row.pages);
        Ok((pages < Page::COUNT).then_some(pages))
    }

    /// So many pages are gone over.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn note_walked(&self, pages: u16) -> Result<(), StoreError> {
        let row = WalkedRow { generation: self.door().repairs().generation(), pages };
        self.write(|tx| tx.put(&WALKED, System, &(), &row)).result
    }

    /// The store is behind what was reported of it, or was restored: every box is repaired before it is read again. Answers
    /// the commit that has to be durable before anybody is served.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub fn mark_behind(&self) -> Result<Commit, StoreError> {
        let ran = self.write(|tx| {
            let generation = tx.get(&REPAIR, System, &())?.map_or(1, |row| row.generation.saturating_add(1));
            tx.put(&REPAIR, System, &(), &RepairRow { generation })?;
            Ok::<_, StoreError>(generation)
        });
        self.door().repairs().set(ran.result?);
        Ok(ran.seen)
    }
}

// The record is part of the public interface, so its version must not move by accident.
const _: () = assert!(<RepairRow as crate::Record>::VERSION == 1);
const _: () = assert!(<WalkedRow as crate::Record>::VERSION == 1);
