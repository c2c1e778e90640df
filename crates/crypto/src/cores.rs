//! Keeps the memory of a process to itself: no core when it crashes, no other process of the same user that reads it, no page of it
//! in swap (P12).
//!
//! It stands beside the locked memory, which no core has either: this is for everything else that keys pass through.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From now on this process leaves no core, and what it starts does not either until it says otherwise itself; on Linux
/// nobody but the system's administrator may read its memory.
///
/// # Errors
///
/// When the system refuses.
pub fn forbid() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    // Where cores go to a program instead of a file the limit is not asked.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Keeps all that this process has in memory, now and later, out of swap. False where the system does not let it have as much
/// locked memory as it likes: what is more than a bound could not be had at all then.
#[must_use]
pub fn lock() -> bool {
    #[cfg(target_os = "linux")]
    let is_locked = {
        use rustix::mm::{MlockAllFlags, mlockall};
        let unbounded = Rlimit { current: None, maximum: None };
        // Not all of it is ever used, and only what is used has to be anywhere.
        let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
        let is_exempt = || {
            let has = rustix::thread::capabilities(None);
            has.is_ok_and(|has| has.effective.contains(rustix::thread::CapabilitySet::IPC_LOCK))
        };
        (setrlimit(Resource::Memlock, unbounded).is_ok() || is_exempt()) && mlockall(all).is_ok()
    };
    #[cfg(not(target_os = "linux"))]
    let is_locked = false;
    is_locked
}
