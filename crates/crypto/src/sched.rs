//! How a thread shares the processor with others. It stands here because the C library is asked for it.
//!
//! Policies and their numbers: sched(7), linux/sched.h.

/// The ordinary policy.
const SCHED_OTHER: u32 = 0;
/// That of who runs only when nobody else would.
const SCHED_IDLE: u32 = 5;
/// How far behind others, of 19.
const NICE: i32 = 5;
/// The shortest turn that there is: a thread is left alone for as long as its turn is, whoever wakes meanwhile.
const SLICE_NS: u64 = 100_000;

/// Has this thread, and those that it starts from now on, make way for all others at once: its turns on the processor are as
/// short as can be, and the share of each other is three times its own. False where the system does not do that, or does not say so.
pub fn make_way() -> bool {
    crate::sys::schedule(SCHED_OTHER, NICE, SLICE_NS)
}

/// From now on this thread, and those that it starts, run when a core has nothing else to do, and give way at once when it
/// has. It cannot be undone without rights that servers have not. False where the system knows no such thing.
///
/// Whoever calls it must hold nothing then that others wait for: as long as all cores are busy he hardly moves.
pub fn run_when_idle() -> bool {
    crate::sys::schedule(SCHED_IDLE, 0, 0)
}
