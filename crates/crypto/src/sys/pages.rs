//! Whole pages of memory for keys: locked, out of core dumps, wiped in a forked child, a guard page on either side.

use std::ffi::c_void;
use std::ptr::{self, NonNull};

use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mlock, mmap_anonymous, mprotect, munmap,
};

use super::out_of_memory;

/// Zeroed memory that is given back on drop; whoever wrote to it has erased it by then.
pub(crate) struct Pages {
    /// The guard page before.
    map: NonNull<u8>,
    page: usize,
    /// Without the guards; a whole number of pages.
    bytes: usize,
    locked: bool,
}

// SAFETY: the memory is owned like a box's; this type never reads or writes it.
unsafe impl Send for Pages {}
// SAFETY: as above: all that is shared are the numbers.
unsafe impl Sync for Pages {}

impl Pages {
    /// At least `bytes` bytes, of which the system need not lock any.
    pub(crate) fn new(bytes: usize) -> Pages {
        let page = rustix::param::page_size();
        let Some(bytes) = bytes.max(1).checked_next_multiple_of(page) else { out_of_memory() };
        let Some(all) = bytes.checked_add(2 * page) else { out_of_memory() };
        // SAFETY: a new mapping at a place the system chooses touches no other memory.
        let map = unsafe { mmap_anonymous(ptr::null_mut(), all, ProtFlags::empty(), MapFlags::PRIVATE) };
        let Some(map) = map.ok().and_then(|map| NonNull::new(map.cast::<u8>())) else { out_of_memory() };
        let mut pages = Pages { map, page, bytes, locked: false };
        let start: *mut c_void = pages.start().cast();
        // SAFETY: these are `bytes` bytes of the mapping just made, which nobody uses yet.
        unsafe {
            if mprotect(start, bytes, MprotectFlags::READ | MprotectFlags::WRITE).is_err() {
                out_of_memory();
            }
            #[cfg(target_os = "linux")]
            let kept_in = [Advice::LinuxDontDump, Advice::LinuxWipeOnFork]
                .into_iter()
                .all(|advice| madvise(start, bytes, advice).is_ok());
            #[cfg(not(target_os = "linux"))]
            let kept_in = true;
            pages.locked = mlock(start, bytes).is_ok() && kept_in;
        }
        pages
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.locked
    }

    /// The first byte between the guards.
    pub(crate) fn start(&self) -> *mut u8 {
        self.map.as_ptr().wrapping_add(self.page)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the whole mapping made by `new`, to which nothing refers any more. That unlocks it too. It fails for
        // no argument that `new` can have given.
        let _ = unsafe { munmap(self.map.as_ptr().cast(), self.bytes + 2 * self.page) };
    }
}
