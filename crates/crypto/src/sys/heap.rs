//! The heap that all of this process lives on: how many parts it has, and that what is freed is erased. Sources: mallopt(3), and
//! `GlobalAlloc` of the standard library.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;

/// See [`crate::heap`].
pub struct Erasing;

// SAFETY: all memory is the system allocator's, asked for and given back with the layouts that it was asked for with; what is
// written to lies within it and is nobody's any more.
unsafe impl GlobalAlloc for Erasing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` has these bytes, and after this call nobody uses them.
        unsafe {
            erase(at, layout.size());
            System.dealloc(at, layout);
        }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size <= layout.size() {
            // SAFETY: what is beyond `size` is nobody's any more, and is within the layout; the caller keeps the promises of
            // `realloc`. What it may move then is within `size`, and a smaller block stays where it is.
            return unsafe {
                erase(at.add(size), layout.size() - size);
                System.realloc(at, layout, size)
            };
        }
        // SAFETY: the caller says that `size` makes a layout with this alignment, and is not zero.
        let new = unsafe { System.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: the new block is larger and another one; the old one is given back as `dealloc` demands.
            unsafe {
                ptr::copy_nonoverlapping(at, new, layout.size());
                self.dealloc(at, layout);
            }
        }
        new
    }
}

/// Overwrites what is about to be freed.
///
/// # Safety
///
/// `at` must have `size` bytes that may be written.
unsafe fn erase(at: *mut u8, size: usize) {
    // SAFETY: as promised.
    unsafe { ptr::write_bytes(at, 0, size) }
    // What is freed is never read, so the compiler would leave the writing out.
    #[cfg(not(miri))]
    // SAFETY: no instructions.
    unsafe {
        std::arch::asm!("/* {0} */", in(reg) at, options(nostack, preserves_flags));
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod glibc {
    use std::ffi::c_int;

    /// See mallopt(3); malloc.h has it as -8.
    const M_ARENA_MAX: c_int = -8;

    // SAFETY: mallopt(3): it takes two numbers, answers one, and refuses what it does not know. Any thread may call it.
    unsafe extern "C" {
        safe fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }

    pub(crate) fn limit_arenas(count: u16) -> bool {
        mallopt(M_ARENA_MAX, count.max(1).into()) == 1
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub(crate) use glibc::limit_arenas;

/// Other allocators divide their memory in ways of their own.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
pub(crate) fn limit_arenas(_count: u16) -> bool {
    false
}
