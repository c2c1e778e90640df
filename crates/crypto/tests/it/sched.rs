//! Threads that stand behind others, as the kernel sees them.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]

use crypto::sched::run_when_idle;

/// proc(5): the policy is the 41st field of stat, and the fields after the name begin with the third.
fn policy() -> Option<u32> {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(41 - 3)?.parse().ok()
}

#[test]
fn a_thread_that_runs_when_idle_is_one_to_the_kernel_and_others_are_not() {
    let behind = std::thread::spawn(|| (run_when_idle(), policy())).join().unwrap();
    assert_eq!(behind, (true, Some(5)));
    assert_eq!(policy(), Some(0));
}
