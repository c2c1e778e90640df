//! Keeps the memory of a process to itself: no core when it crashes, no other process of the same user that reads it (P12).
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
