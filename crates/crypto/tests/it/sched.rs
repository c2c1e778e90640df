//! Threads that stand behind others, as the kernel sees them.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]

use crypto::sched::{make_way, run_when_idle};

fn niceness() -> i32 {
    rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap()
}

/// proc(5): the policy is the 41st field of stat, and the fields after the name begin with the third.
fn policy() -> Option<u32> {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(41 - 3)?.parse().ok()
}

#[test]
fn who_makes_way_stands_behind_with_those_he_starts_and_nobody_else_does() {
    let before = niceness();
    let seen = std::thread::spawn(|| {
        assert!(make_way());
        [niceness(), std::thread::spawn(niceness).join().unwrap()]
    });
    assert_eq!(seen.join().unwrap(), [5; 2]);
    assert_eq!(niceness(), before);
}

#[test]
fn a_thread_that_runs_when_idle_is_one_to_the_kernel_and_others_are_not() {
    let behind = std::thread::spawn(|| (run_when_idle(), policy())).join().unwrap();
    assert_eq!(behind, (true, Some(5)));
    assert_eq!(policy(), Some(0));
}
