//! What the C library is asked about the thread that asks. Source: sched_setscheduler(2), sched(7).

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
mod glibc {
    use std::ffi::c_int;

    /// See sched(7); sched.h has it as 5.
    const SCHED_IDLE: c_int = 5;
    /// The thread that calls.
    const THIS: c_int = 0;

    /// `struct sched_param`, of which this policy wants a zero.
    #[repr(C)]
    struct Parameters {
        priority: c_int,
    }

    unsafe extern "C" {
        fn sched_setscheduler(thread: c_int, policy: c_int, parameters: *const Parameters) -> c_int;
    }

    pub(crate) fn run_when_idle() -> bool {
        let parameters = Parameters { priority: 0 };
        // SAFETY: sched_setscheduler(2) reads the parameters, which outlive the call, and keeps nothing of them.
        unsafe { sched_setscheduler(THIS, SCHED_IDLE, &raw const parameters) == 0 }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
pub(crate) use glibc::run_when_idle;

/// Other systems have other ways, or none.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(miri))))]
pub(crate) fn run_when_idle() -> bool {
    false
}
