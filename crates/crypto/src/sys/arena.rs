//! Which slot of the locked memory belongs to whom. One slot has one owner; it goes back when its owner is dropped.
//!
//! The memory itself is made by [`Pages`]. Miri checks this file with pages of the allocator (`make miri`).

use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroize;

use super::pages::Pages;

const SLOT_BYTES: usize = 32;

/// A fixed number of slots of 32 bytes in locked memory. Clones share the slots.
#[derive(Clone)]
pub struct Arena(Arc<Slots>);

/// 32 bytes of the arena. They do not change while it lives, and are erased when it is dropped.
pub struct Slot {
    slots: Arc<Slots>,
    index: usize,
}

/// All slots are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

struct Slots {
    pages: Pages,
    count: usize,
    /// Those nobody owns; each index is either in here, once, or in one `Slot`.
    free: Mutex<Vec<usize>>,
}

impl Arena {
    /// An arena of `slots` slots, locked if the system allows it. Without memory the process ends.
    #[must_use]
    pub fn new(slots: usize) -> Arena {
        let pages = Pages::new(slots.saturating_mul(SLOT_BYTES));
        // The first slots come out first.
        Arena(Arc::new(Slots { pages, count: slots, free: Mutex::new((0..slots).rev().collect()) }))
    }

    /// Whether the memory is locked: if not, it may be written to swap.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.0.pages.is_locked()
    }

    /// How many slots there are in all.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.0.count
    }

    /// How many slots nobody owns.
    #[must_use]
    pub fn free(&self) -> usize {
        self.0.free().len()
    }

    /// Copies a key into a slot. The caller erases where it came from.
    pub fn keep(&self, key: &[u8; 32]) -> Result<Slot, Full> {
        let index = self.0.free().pop().ok_or(Full)?;
        let slot = Slot { slots: Arc::clone(&self.0), index };
        // SAFETY: the place is writable memory of 32 bytes, and until `keep` returns nobody else has this index.
        unsafe { ptr::copy_nonoverlapping(key.as_ptr(), self.0.place(index).cast(), SLOT_BYTES) }
        Ok(slot)
    }
}

impl Slot {
    /// Lends the key. What is made of it in there is the caller's to erase.
    pub fn expose<R>(&self, reader: impl FnOnce(&[u8; 32]) -> R) -> R {
        // SAFETY: the place was written by `keep`, has no alignment to keep, and is written again only when this slot
        // is dropped, which cannot be while it is borrowed.
        reader(unsafe { &*self.slots.place(self.index) })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: this slot is the only one with this index, and nobody borrows it any more.
        unsafe { (*self.slots.place(self.index)).zeroize() }
        self.slots.free().push(self.index);
    }
}

impl Slots {
    /// Where a slot lies; its index is below `count`, so the place is within the pages.
    fn place(&self, index: usize) -> *mut [u8; SLOT_BYTES] {
        self.pages.start().wrapping_add(index * SLOT_BYTES).cast()
    }

    fn free(&self) -> MutexGuard<'_, Vec<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
