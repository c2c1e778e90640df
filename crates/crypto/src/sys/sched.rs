//! What the system is told about how a thread shares the processor with others. Source: sched_setattr(2).

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod linux {
    use std::ffi::c_long;

    #[cfg(target_arch = "x86_64")]
    const SCHED_SETATTR: c_long = 314;
    #[cfg(target_arch = "aarch64")]
    const SCHED_SETATTR: c_long = 274;
    /// Bytes of the fields below.
    const ATTR_BYTES: u32 = 48;

    /// The first version of it, which every kernel since 3.14 takes.
    #[repr(C)]
    struct Attr {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime_ns: u64,
        deadline_ns: u64,
        period_ns: u64,
    }

    unsafe extern "C" {
        fn syscall(number: c_long, ...) -> c_long;
    }

    pub(crate) fn schedule(policy: u32) -> bool {
        const { assert!(size_of::<Attr>() == ATTR_BYTES as usize) };
        let attr = Attr {
            size: ATTR_BYTES,
            policy,
            flags: 0,
            nice: 0,
            priority: 0,
            runtime_ns: 0,
            deadline_ns: 0,
            period_ns: 0,
        };
        let (this_thread, flags): (c_long, c_long) = (0, 0);
        // SAFETY: sched_setattr(2) reads as many bytes as `size` says, all of which are there until it returns, and
        // refuses what it does not know.
        unsafe { syscall(SCHED_SETATTR, this_thread, &raw const attr, flags) == 0 }
    }
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
pub(crate) use linux::schedule;

/// Other systems have other ways, or none.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
pub(crate) fn schedule(_policy: u32) -> bool {
    false
}
