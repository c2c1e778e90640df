//! The memory of the arena under Miri, which knows neither `mmap` nor `mlock`: the allocator's. It stands in for
//! `pages.rs`, so that Miri sees every access the arena makes, and any that would be outside.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use super::out_of_memory;

/// Zeroed memory that is given back on drop.
pub(crate) struct Pages {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory is owned like a box's; this type never reads or writes it.
unsafe impl Send for Pages {}
// SAFETY: as above: all that is shared are the numbers.
unsafe impl Sync for Pages {}

impl Pages {
    /// Exactly `bytes` bytes, but at least one: less than `mmap` would give, so that nothing beyond is in reach.
    pub(crate) fn new(bytes: usize) -> Pages {
        let Ok(layout) = Layout::from_size_align(bytes.max(1), 1) else { out_of_memory() };
        // SAFETY: the layout is not of size 0.
        let Some(start) = NonNull::new(unsafe { alloc_zeroed(layout) }) else { out_of_memory() };
        Pages { start, layout }
    }

    pub(crate) fn is_locked(&self) -> bool {
        false
    }

    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: allocated by `new` with this layout; nothing refers to it any more.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}
