//! How a thread shares the processor with others. It stands here because the C library is asked for it.
//!
//! Policies and their numbers: sched(7), linux/sched.h.

/// That of who runs only when nobody else would.
const SCHED_IDLE: u32 = 5;
/// From now on this thread, and those that it starts, run when a core has nothing else to do, and give way at once when it
/// has. It cannot be undone without rights that servers have not. False where the system knows no such thing.
///
/// Whoever calls it must hold nothing then that others wait for: as long as all cores are busy he hardly moves.
pub fn run_when_idle() -> bool {
    crate::sys::schedule(SCHED_IDLE)
}
