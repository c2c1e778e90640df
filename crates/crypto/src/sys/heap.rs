//! What the C library is told about the heap that all of this process lives on. Source: mallopt(3).

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
