//! How the heap is divided among threads, and that what is freed is erased. It stands here because the C library is asked for
//! it, as it is for locked memory.

/// An allocator for a whole program (`#[global_allocator]`): the system's, which overwrites what is freed (P13). Words of users pass
/// through many buffers, of which no type can tell; here none is forgotten. What libraries in C allocate for themselves it
/// does not see; AWS-LC erases what it frees by itself.
pub use crate::sys::Erasing;

/// Has the threads of this process share so many arenas, at least one; to be called before there are other threads. False where
/// the C library is not glibc, whose malloc gives nearly each thread an arena of its own, up to eight for each core: what one
/// of them has freed no other uses, so short-lived values of one thread keep pages that the connections of another need.
pub fn share_arenas(count: u16) -> bool {
    crate::sys::limit_arenas(count)
}
