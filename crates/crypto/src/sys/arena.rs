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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use super::*;

    fn address(slot: &Slot) -> usize {
        slot.expose(|key| key.as_ptr().addr())
    }

    #[test]
    fn every_slot_is_somebody_elses() {
        let arena = Arena::new(5);
        assert_eq!((arena.slots(), arena.free()), (5, 5));
        let slots: Vec<Slot> = (0..5).map(|byte| arena.keep(&[byte; 32]).unwrap()).collect();
        assert_eq!(arena.free(), 0);
        assert_eq!(arena.keep(&[9; 32]).err(), Some(Full));
        for (byte, slot) in (0..).zip(&slots) {
            assert!(slot.expose(|key| *key == [byte; 32]));
        }
        let addresses: BTreeSet<usize> = slots.iter().map(address).collect();
        let spans: Vec<usize> = addresses.iter().zip(addresses.iter().skip(1)).map(|(a, b)| b - a).collect();
        assert_eq!(spans, [SLOT_BYTES; 4]);
    }

    #[test]
    fn a_slot_that_was_given_up_is_used_again_and_the_others_stay() {
        let arena = Arena::new(2);
        let (first, second) = (arena.keep(&[1; 32]).unwrap(), arena.keep(&[2; 32]).unwrap());
        let place = address(&first);
        drop(first);
        assert_eq!(arena.free(), 1);
        let third = arena.clone().keep(&[3; 32]).unwrap();
        assert_eq!(address(&third), place);
        assert!(third.expose(|key| *key == [3; 32]) && second.expose(|key| *key == [2; 32]));
    }

    #[test]
    fn an_arena_without_slots_is_full() {
        assert_eq!(Arena::new(0).keep(&[1; 32]).err(), Some(Full));
    }

    #[test]
    fn what_a_reader_gives_is_handed_on_and_slots_outlive_the_arena() {
        let slot = Arena::new(1).keep(&[4; 32]).unwrap();
        assert_eq!(slot.expose(|key| key.iter().map(|byte| u32::from(*byte)).sum::<u32>()), 128);
    }

    /// A reader that panics takes nothing with it.
    #[test]
    fn a_panic_in_a_reader_leaves_the_slot_whole() {
        let arena = Arena::new(1);
        let slot = arena.keep(&[5; 32]).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            slot.expose(|_| std::panic::panic_any(0_u8));
        }));
        assert!(panicked.is_err());
        assert!(slot.expose(|key| *key == [5; 32]));
        drop(slot);
        assert_eq!(arena.free(), 1);
    }

    /// Threads take, read, lend and give up slots at once; each finds in its own what it put there (R15).
    #[test]
    fn r15_threads_share_an_arena() {
        const THREADS: u8 = 4;
        let rounds = if cfg!(miri) { 8 } else { 2_000 };
        let arena = Arena::new(usize::from(THREADS) + 1);
        let lent = arena.keep(&[0xff; 32]).unwrap();
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (arena, lent) = (arena.clone(), &lent);
                scope.spawn(move || {
                    for round in 0..rounds {
                        let key = [thread << 4 | (round % 16) as u8; 32];
                        let slot = arena.keep(&key).unwrap();
                        assert!(lent.expose(|lent| *lent == [0xff; 32]));
                        assert!(slot.expose(|kept| *kept == key));
                    }
                });
            }
        });
        assert_eq!(arena.free(), usize::from(THREADS));
    }
}
