//! How the heap is divided among threads. It stands here because the C library is asked for it, as it is for locked memory.

/// Has the threads of this process share so many arenas, at least one; to be called before there are other threads. False where
/// the C library is not glibc, whose malloc gives nearly each thread an arena of its own, up to eight for each core: what one
/// of them has freed no other uses, so short-lived values of one thread keep pages that the connections of another need.
pub fn share_arenas(count: u16) -> bool {
    crate::sys::limit_arenas(count)
}
