//! Which threads go last. It stands here because the C library is asked for it, as it is for the heap.

/// From now on the calling thread runs when a core has nothing else to do, and gives way at once when it has. It cannot be
/// undone without rights that servers have not. False where the system knows no such thing.
///
/// Whoever calls it must hold nothing then that others wait for: as long as all cores are busy he hardly moves.
pub fn run_when_idle() -> bool {
    crate::sys::run_when_idle()
}

#[cfg(all(test, target_os = "linux", target_env = "gnu", not(miri)))]
mod tests {
    /// proc(5): the policy is the 41st field of stat, and the fields after the name begin with the third.
    fn policy() -> Option<u32> {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(41 - 3)?.parse().ok()
    }

    #[test]
    fn a_thread_that_runs_when_idle_is_one_to_the_kernel_and_others_are_not() {
        let behind = std::thread::spawn(|| (super::run_when_idle(), policy())).join().unwrap();
        assert_eq!(behind, (true, Some(5)));
        assert_eq!(policy(), Some(0));
    }
}
